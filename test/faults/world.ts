import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Agent, request } from 'undici'
import { demoGroup, freePorts, TEST_DATA_KEYS } from '../harness/app.ts'
import { type DatabaseProxy, databaseProxy } from './database-proxy.ts'
import { Hung } from './history.ts'
import { type OwnPostgres, ownPostgres } from './own-postgres.ts'
import { type ServerProcess, serverProcess } from './server-process.ts'

/** Two server processes behind a load balancer, a proxy that breaks connections, and a PostgreSQL: everything that can fail, in a test's hands. */
export interface World {
  readonly issuer: string
  readonly ports: { readonly aurora: number; readonly borealis: number; readonly parcelly: number }
  readonly nodes: readonly [ServerProcess, ServerProcess]
  readonly proxy: DatabaseProxy
  readonly postgres: OwnPostgres
  /** How long each answer of 503 since the last call took, in milliseconds. */
  takeOutagesMs(): number[]
  /** Moves the clock of all servers forward, as an operator would: by `/dev/clock`. */
  advance(seconds: number): Promise<void>
  /** One request to the issuer, by way of any node that runs. @throws Hung */
  send(url: URL, init?: RequestInit): Promise<Response>
}

/** Longer than every deadline of the server's together. */
const PATIENCE_MS = 10_000

export async function startWorld(t: { after(hook: () => Promise<void>): void }): Promise<World> {
  const postgres = await ownPostgres(t)
  const proxy = await databaseProxy(t, postgres)
  const [first, second, ops, otherOps, aurora, borealis, parcelly] = (await freePorts(7)) as [
    number,
    number,
    number,
    number,
    number,
    number,
    number,
  ]
  const ports = { aurora, borealis, parcelly }
  await listenAsShops(t, [aurora, borealis, parcelly])
  const folder = await mkdtemp(join(tmpdir(), 'atrium-world-'))
  await chmod(folder, 0o700)
  const group = join(folder, 'group.yaml')
  writeFileSync(group, demoGroup(ports))
  const issuer = `http://localhost:${first}`
  const env = {
    DATABASE_URL: proxy.url,
    TRUST_PROXY: '127.0.0.1',
    ATRIUM_ISSUER: issuer,
    ATRIUM_GROUP: group,
    ATRIUM_DATA_KEYS: 'env:FAULT_TEST_KEYS',
    FAULT_TEST_KEYS: TEST_DATA_KEYS,
  }
  const nodes = [
    serverProcess({ port: first, opsPort: ops, folder, env }),
    serverProcess({ port: second, opsPort: otherOps, folder, env }),
  ] as const
  const dispatcher = new Agent({ connect: { timeout: PATIENCE_MS }, headersTimeout: PATIENCE_MS, bodyTimeout: PATIENCE_MS })
  t.after(async () => {
    await Promise.all(nodes.map((node) => node.kill()))
    await dispatcher.destroy()
    await rm(folder, { recursive: true, force: true })
  })
  await nodes[0].start()
  await nodes[1].start()
  const outagesMs: number[] = []
  return {
    ...{ issuer, ports, nodes, proxy, postgres },
    takeOutagesMs: () => outagesMs.splice(0),
    async advance(advance_s) {
      const json = { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ advance_s }) }
      const { status } = await fetch(`${issuer}/dev/clock`, json)
      if (status !== 200) throw new Error(`the clock did not move: ${status}`)
    },
    async send(url, init) {
      const sentMs = performance.now()
      const answer = await sendTo(dispatcher, anyOf(nodes), url, init)
      if (answer.status === 503) outagesMs.push(performance.now() - sentMs)
      return answer
    },
  }
}

/** Shops take every logout token, so that the servers have no other trouble than the test's. */
async function listenAsShops(t: { after(hook: () => Promise<void>): void }, ports: readonly number[]): Promise<void> {
  for (const port of ports) {
    const shop = createServer((_req, res) => void res.end())
    shop.listen(port, 'localhost')
    await once(shop, 'listening')
    t.after(async () => void shop.close())
  }
}

/** As a load balancer with health checks does: a node that is known to be dead gets nothing. */
function anyOf(nodes: readonly ServerProcess[]): ServerProcess {
  const running = nodes.filter((node) => node.running)
  const among = running.length > 0 ? running : nodes
  return among[Math.floor(Math.random() * among.length)]!
}

/** Where the shops' own servers are. Customers come from anywhere, so that no limit of one place counts them together. */
const SHOPS = '203.0.113.7'
export const anyPlace = (): { readonly 'x-forwarded-for': string } => ({
  'x-forwarded-for': `10.${[1, 2, 3].map(() => Math.floor(Math.random() * 256)).join('.')}`,
})

async function sendTo(dispatcher: Agent, node: ServerProcess, url: URL, init: RequestInit = {}): Promise<Response> {
  const body = init.body instanceof URLSearchParams ? String(init.body) : (init.body as string | undefined) // the only kinds used here
  const form = body === undefined ? {} : { 'content-type': 'application/x-www-form-urlencoded' }
  const headers = { ...form, 'x-forwarded-for': SHOPS, ...(init.headers as Record<string, string>), host: url.host }
  try {
    const answered = await request(`${node.address}${url.pathname}${url.search}`, {
      dispatcher,
      method: (init.method ?? 'GET') as 'GET',
      headers,
      ...(body === undefined ? {} : { body }),
    })
    const received = Object.entries(answered.headers).flatMap(([name, value]) =>
      [value ?? []].flat().map((v) => [name, v] as [string, string]),
    )
    return new Response(await answered.body.text(), { status: answered.statusCode, headers: received })
  } catch (error) {
    if (/TIMEOUT/.test((error as { code?: string }).code ?? '')) throw new Hung('no answer', { cause: error })
    throw error
  }
}
