import { readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { type App, type AppOptions, createApp, type Ports } from '../../src/app.ts'
import { startDemoSites } from '../../src/demo/index.ts'
import { parseGroupFile } from '../../src/group/index.ts'
import { processClock, setClockOffset } from '../../src/ports/clock.ts'
import { createLogger, type Logger, type LogLevel } from '../../src/ports/log.ts'
import { systemRandom } from '../../src/ports/random.ts'
import { loadDataKeys } from '../../src/vault/index.ts'
import { createTestDatabaseUrl } from './database.ts'

const KEK = Buffer.alloc(32, 7).toString('base64url')
/** The key-encryption keys of every test. */
export const TEST_DATA_KEYS = JSON.stringify({ keys: [{ kty: 'oct', kid: 'test', alg: 'A256GCMKW', k: KEK }] })

export interface TestApp {
  readonly app: App
  readonly issuer: string
  readonly databaseUrl: string
  /** Ports of the demo sites, whether they run or not. */
  readonly ports: { readonly aurora: number; readonly borealis: number; readonly parcelly: number }
  readonly logLines: readonly string[]
  /** Moves the clock as an operator would: by `/dev/clock`. */
  advance(seconds: number): Promise<void>
  /** Mails to an address, newest first, once everything due was sent. */
  mailsTo(address: string): Promise<readonly { subject: string; text: string; html: string; links: string[] }[]>
}

interface Hooks {
  after(hook: () => Promise<void>): void
}

/** The demo group on a database of its own, at ports nobody else uses. `after` of a test or of a whole file ends it. */
export async function startTestApp(
  t: Hooks,
  options: {
    demoSites?: boolean
    databaseUrl?: string
    group?: (yaml: string) => string
    trustProxy?: readonly string[]
    /** What else the app is told. */
    app?: Partial<AppOptions>
    ports?: Partial<Ports>
    logLevel?: LogLevel
  } = {},
): Promise<TestApp> {
  const databaseUrl = options.databaseUrl ?? (await createTestDatabaseUrl(t))
  const [port, aurora, borealis, parcelly] = await freePorts(4)
  const issuer = `http://localhost:${port}`
  const logLines: string[] = []
  const app = await createApp(
    {
      issuer,
      production: false,
      listen: { hosts: ['127.0.0.1', '::1'], port: port! },
      ...(options.trustProxy && { trustProxy: options.trustProxy }),
      database: { url: databaseUrl },
      dataKeys: await loadDataKeys({ env: TEST_DATA_KEYS }, { generate: false }),
      ...options.app,
    },
    { clock: processClock, random: systemRandom, log: linesLogger(logLines, options.logLevel), ...options.ports },
  )
  const ports = { aurora: aurora!, borealis: borealis!, parcelly: parcelly! }
  await app.groups.apply(app.store.db, parsed((options.group ?? ((yaml) => yaml))(demoGroup(ports))))
  await app.listen()
  const sites = options.demoSites ? await startDemoSites({ issuer, ports, log: linesLogger(logLines) }) : undefined
  t.after(async () => {
    await sites?.close()
    await app.close()
    setClockOffset(0)
  })
  return {
    app,
    issuer,
    databaseUrl,
    ports,
    logLines,
    async advance(seconds) {
      const answer = await fetch(`${issuer}/dev/clock`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ advance_s: seconds }),
      })
      if (answer.status !== 200) throw new Error(`the clock did not move: ${answer.status}`)
    },
    async mailsTo(address) {
      await app.idle()
      const answer = await fetch(`${issuer}/dev/mailbox.json?to=${encodeURIComponent(address)}`)
      return (await answer.json()) as never
    },
  }
}

/** `config/demo.yaml` with the demo sites at other ports. */
export function demoGroup(ports: { aurora: number; borealis: number; parcelly: number }): string {
  const yaml = readFileSync(new URL('../../config/demo.yaml', import.meta.url), 'utf8')
  return yaml
    .replaceAll('localhost:3001', `localhost:${ports.aurora}`)
    .replaceAll('localhost:3002', `localhost:${ports.borealis}`)
    .replaceAll('localhost:3003', `localhost:${ports.parcelly}`)
}

function parsed(yaml: string) {
  const result = parseGroupFile(yaml, 'demo.yaml')
  if (!result.ok) throw new Error(result.problems.join('\n'))
  return result.file
}

function linesLogger(lines: string[], level: LogLevel = 'info'): Logger {
  return createLogger(level, { write: (line: string) => void lines.push(line) })
}

/** Below every system's range for outgoing connections, or somebody's connection takes a port between its choice and its use. */
const LOWEST_PORT = 12_000
const PORTS = 20_000
const PORTS_A_PROCESS = 40
let chosen = 0

/** Ports that are free on both loopback families, and that no other process of the test run chooses: each has a stretch of its own. */
export async function freePorts(count: number): Promise<number[]> {
  const ports: number[] = []
  while (ports.length < count) {
    const port = LOWEST_PORT + ((process.pid * PORTS_A_PROCESS + chosen++) % PORTS)
    if (await isFree(port)) ports.push(port)
  }
  return ports
}

async function isFree(port: number): Promise<boolean> {
  for (const host of ['127.0.0.1', '::1']) {
    const server = createServer()
    const code = await new Promise<string | undefined>((resolve) => {
      server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code))
      server.listen(port, host, () => resolve(undefined))
    })
    if (code === undefined) await new Promise((resolve) => server.close(resolve))
    else if (code === 'EADDRINUSE') return false
  }
  return true
}
