import { once } from 'node:events'
import { type AddressInfo, connect, createServer } from 'node:net'
import pg from 'pg'
import type { BenchContext } from './bench.ts'

export interface StatementProxy {
  /** Where Atrium connects instead of the database. */
  readonly url: string
  /** Texts of the statements executed since the last call, in their order. */
  take(): string[]
}

/** Stands between Atrium and PostgreSQL and notes every statement that is executed. It costs time, so what is measured does not pass it. */
export async function startStatementProxy({ after }: BenchContext, databaseUrl: string): Promise<StatementProxy> {
  const { host, port, user = '', password, database = '' } = new pg.Client({ connectionString: databaseUrl })
  let executed: string[] = []
  const server = createServer((client) => {
    const path = host.startsWith('/') ? { path: `${host}/.s.PGSQL.${port}` } : { host, port }
    const upstream = connect(path)
    const end = () => {
      client.destroy()
      upstream.destroy()
    }
    client.on('error', end).on('close', end)
    upstream.on('error', end).on('close', end)
    const read = statementReader((text) => executed.push(text))
    client.on('data', read)
    client.pipe(upstream)
    upstream.pipe(client)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  after(async () => void server.close())
  const { port: own } = server.address() as AddressInfo // a TCP server that listens
  const secret = typeof password === 'string' ? `:${encodeURIComponent(password)}` : ''
  return {
    url: `postgres://${encodeURIComponent(user)}${secret}@127.0.0.1:${own}/${database}`,
    take() {
      const taken = executed
      executed = []
      return taken
    },
  }
}

const LENGTH_BYTES = 4
const [QUERY, PARSE, BIND, EXECUTE] = ['Q', 'P', 'B', 'E'].map((letter) => letter.charCodeAt(0))

/**
 * Follows the frontend's half of the protocol (PostgreSQL, "Message Formats"): a first message without a type, then type, length and content.
 */
function statementReader(note: (text: string) => void): (chunk: Buffer) => void {
  const prepared = new Map<string, string>()
  let pending = Buffer.alloc(0)
  let started = false
  let bound = ''
  const take = (type: number | undefined, content: Buffer): void => {
    const [first = '', second = ''] = content.toString('latin1').split('\0', 2)
    if (type === QUERY) note(first)
    if (type === PARSE) prepared.set(first, second)
    if (type === BIND) bound = prepared.get(second) ?? ''
    if (type === EXECUTE) note(bound)
  }
  return (chunk) => {
    pending = Buffer.concat([pending, chunk])
    for (;;) {
      const head = started ? 1 : 0
      if (pending.length < head + LENGTH_BYTES) return
      const end = head + pending.readInt32BE(head)
      if (pending.length < end) return
      take(started ? pending[0] : undefined, pending.subarray(head + LENGTH_BYTES, end))
      started = true
      pending = pending.subarray(end)
    }
  }
}
