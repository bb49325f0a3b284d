import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'

/** What the proxy does to the connections that pass it. */
export interface Disturbance {
  /** Milliseconds that each message from the server to the database waits. */
  readonly delayMs?: number
  /** Connections are taken and nothing is ever answered: a network that swallows packets. */
  readonly silent?: boolean
  /** Connections are closed at once, those that were open too. */
  readonly closed?: boolean
  /**
   * Looks at each message that asks PostgreSQL to do something.
   * `before`: the connection ends and PostgreSQL never hears of it. `after`: PostgreSQL does it, and the connection ends in place of the answer.
   * An SQLSTATE: PostgreSQL never hears of it, and the answer is that error.
   */
  readonly at?: (statement: string) => 'before' | 'after' | { readonly sqlState: string } | undefined
}

export interface DatabaseProxy {
  readonly url: string
  disturb(disturbance: Disturbance): void
  heal(): void
  /** Ends every open connection, once. */
  cutAll(): void
}

/** Stands between the servers and PostgreSQL, and reads their side of the protocol so that a connection can end exactly where it hurts. */
export async function databaseProxy(
  t: { after(hook: () => Promise<void>): void },
  to: { url: string; socket: string },
): Promise<DatabaseProxy> {
  let disturbance: Disturbance = {}
  const open = new Set<() => void>()
  const server = createServer((client) => {
    const end = pass(client, connect(to.socket), () => disturbance)
    open.add(end)
    client.once('close', () => open.delete(end))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const cutAll = () => {
    for (const end of open) end()
  }
  t.after(async () => {
    server.close()
    cutAll()
  })
  const [, owner = ''] = /^postgres:\/\/([^@]*)@/.exec(to.url) ?? []
  const database = /@\/([^?]*)/.exec(to.url)?.[1] ?? ''
  return {
    url: `postgres://${owner}@127.0.0.1:${port}/${database}`,
    cutAll,
    disturb(wanted) {
      disturbance = wanted
      if (wanted.closed) cutAll()
    },
    heal() {
      // what was swallowed stays swallowed, as after a real partition
      if (disturbance.silent) cutAll()
      disturbance = {}
    },
  }
}

/** @returns ends both sides */
function pass(client: Socket, upstream: Socket, now: () => Disturbance): () => void {
  const end = () => {
    client.destroy()
    upstream.destroy()
  }
  if (now().closed) end()
  for (const socket of [client, upstream]) socket.on('error', end).on('close', end)
  let answersSwallowed = false
  let withheld: string | undefined
  upstream.on('data', (chunk: Buffer) => {
    if (answersSwallowed) return end() // PostgreSQL has done it and says so; nobody hears
    if (!now().silent) client.write(chunk)
  })
  const next = messageReader()
  let turn = Promise.resolve()
  client.on('data', (chunk: Buffer) => {
    turn = turn.then(async () => {
      const { delayMs } = now()
      if (delayMs) await wait(delayMs)
      for (const message of next(chunk)) {
        const { silent, at } = now()
        if (silent || client.destroyed) return
        const what = message.statement === undefined ? undefined : at?.(message.statement)
        if (what === 'before') return end()
        if (what === 'after') answersSwallowed = true
        if (typeof what === 'object') withheld = what.sqlState
        if (withheld === undefined) upstream.write(message.bytes)
        else if (message.isSync) {
          client.write(errorAndReady(withheld))
          withheld = undefined
        }
      }
    })
  })
  return end
}

interface Message {
  readonly bytes: Buffer
  /** Set on the message that executes it. */
  readonly statement: string | undefined
  /** Whether PostgreSQL answers it with ReadyForQuery. */
  readonly isSync: boolean
}

const [QUERY, PARSE, BIND, EXECUTE, SYNC] = ['Q', 'P', 'B', 'E', 'S'].map((letter) => letter.charCodeAt(0))

/** Cuts the frontend's half of the protocol into messages (PostgreSQL, "Message Formats"): a first one without a type, then type, length, content. */
function messageReader(): (chunk: Buffer) => Message[] {
  const prepared = new Map<string, string>()
  let pending = Buffer.alloc(0)
  let started = false
  let bound = ''
  const statementOf = (type: number | undefined, content: Buffer): string | undefined => {
    const [first = '', second = ''] = content.toString('latin1').split('\0', 2)
    if (type === PARSE) prepared.set(first, second)
    if (type === BIND) bound = prepared.get(second) ?? ''
    if (type === EXECUTE) return bound
    return type === QUERY ? first : undefined
  }
  return (chunk) => {
    pending = Buffer.concat([pending, chunk])
    const messages: Message[] = []
    for (;;) {
      const head = started ? 1 : 0
      if (pending.length < head + 4) return messages
      const length = head + pending.readInt32BE(head)
      if (pending.length < length) return messages
      const bytes = pending.subarray(0, length)
      const type = started ? bytes[0] : undefined
      messages.push({ bytes, statement: statementOf(type, bytes.subarray(head + 4)), isSync: type === SYNC || type === QUERY })
      started = true
      pending = pending.subarray(length)
    }
  }
}

/** ErrorResponse and ReadyForQuery (idle). */
function errorAndReady(sqlState: string): Buffer {
  const fields = Buffer.from(`SERROR\0VERROR\0C${sqlState}\0Mmade up by the test\0\0`)
  const head = Buffer.alloc(5)
  head.write('E')
  head.writeInt32BE(fields.length + 4, 1)
  return Buffer.concat([head, fields, Buffer.from([0x5a, 0, 0, 0, 5, 0x49])])
}
