import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { performance } from 'node:perf_hooks'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { startAtrium } from './atrium.ts'
import type { Bench, BenchContext } from './bench.ts'
import { openCaller } from './caller.ts'
import { type Driven, driveSlice, type Slice } from './drive.ts'
import { openPostgres } from './postgres.ts'
import { cpuOf } from './process-cpu.ts'
import { arrived, newBrowser, open, type Shopper, shopper, signUp } from './shopper.ts'
import { startStatementProxy } from './statement-proxy.ts'
import { median, quantile, rounded } from './statistics.ts'
import { table } from './table.ts'
import { TOKEN_CASES, type Work } from './token-cases.ts'

const HASH_ALONE = fileURLToPath(new URL('hash-alone.ts', import.meta.url))
const CONCURRENCY = 8
const DEFAULT_SECONDS = 10
const SLICE_MS = 1_000
/** Of a slice of the hash alone; as many at once as Atrium's queue lets run on a pool of four threads. */
const HASHES = { count: 40, atOnce: 2 } as const
const TOKEN_EVERY_MS = 25
/** A compiler that has seen a page a dozen times has compiled little of it. */
const WARM_UP_MS = 6_000
const COUNTED_SIGN_INS = 9

/** PERF-7, PERF-13: what the pages and the storage add to the hash, and what tokens notice of it. */
export const signin: Bench = {
  summary: 'password sign-ins with all their pages against the argon2 hash alone (PERF-7), token p99 meanwhile (PERF-13)',
  async run(context) {
    const postgres = await openPostgres(context)
    const databaseUrl = await postgres.createDatabase()
    const statements = await countStatements(context, databaseUrl)
    const atrium = await startAtrium(context, { databaseUrl })
    const shoppers = Array.from({ length: CONCURRENCY }, (_, number) => shopper(number))
    await Promise.all(shoppers.map((who) => signUp(atrium.issuer, who)))
    const tokenWork = await TOKEN_CASES.client_credentials?.prepare({ call: openCaller(context, atrium, 2), cookie: '' })
    if (!tokenWork) throw new Error('there is no such case')
    const cpuMs = () => ({ server: cpuOf(atrium.pid), postgres: postgres.cpuMs() })
    const side: Driven = { works: shoppers.map((who) => signInWork(atrium.issuer, who)), cpuMs }
    const hash = await startHashAlone(context)
    await driveSlice(side, WARM_UP_MS)
    const [slices, hashes]: [Slice[], Slice[]] = [[], []]
    for (let second = 0; second < (context.seconds ?? DEFAULT_SECONDS); second++) {
      slices.push(await driveSlice(side, SLICE_MS))
      hashes.push(await hash())
    }
    const idle = await paced(tokenWork, context.seconds ?? DEFAULT_SECONDS, async () => {})
    const busy = await paced(tokenWork, context.seconds ?? DEFAULT_SECONDS, async (ms) => void (await driveSlice(side, ms)))
    await atrium.stop() // which writes its profile, if one was asked for
    return outcome({ slices, hashes, statements, idle, busy })
  },
}

const signInWork =
  (origin: string, { email, password }: Shopper): Work =>
  async () => {
    const browser = newBrowser(origin)
    const page = await browser.submit(await open(browser), { identifier: email })
    arrived(await browser.submit(page, { password }))
  }

/** In a process of its own, one sign-in at a time: the median leaves out what the process does beside. */
async function countStatements(context: BenchContext, databaseUrl: string): Promise<number> {
  const proxy = await startStatementProxy(context, databaseUrl)
  const atrium = await startAtrium(context, { databaseUrl: proxy.url })
  const who = shopper(CONCURRENCY)
  await signUp(atrium.issuer, who)
  const work = signInWork(atrium.issuer, who)
  const counts: number[] = []
  for (let i = 0; i < COUNTED_SIGN_INS; i++) {
    proxy.take()
    await work()
    const texts = proxy.take()
    counts.push(texts.length)
    if (context.statements && i === COUNTED_SIGN_INS - 1) context.say(['password_sign_in:', ...texts].join('\n  '))
  }
  await atrium.stop()
  return median(counts)
}

/** A process that hashes and does nothing else, so that its CPU is the hash's. */
async function startHashAlone({ after }: BenchContext): Promise<() => Promise<Slice>> {
  const child = spawn(process.execPath, [HASH_ALONE], { stdio: ['pipe', 'pipe', 'inherit'] })
  after(async () => {
    const ended = once(child, 'exit')
    child.stdin.end()
    await ended
  })
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]()
  const { pid = 0 } = child
  return async () => {
    const [cpu, startedMs] = [cpuOf(pid), performance.now()]
    child.stdin.write(`${HASHES.count} ${HASHES.atOnce}\n`)
    await lines.next()
    const totalMs = (cpuOf(pid) - cpu) / HASHES.count
    return { totalMs, cpuMs: { server: totalMs }, rps: (HASHES.count * 1000) / (performance.now() - startedMs) }
  }
}

/** Durations of one token request every so often, whether the one before was answered or not, while something else goes on. */
async function paced(work: Work, seconds: number, meanwhile: (ms: number) => Promise<void>): Promise<number[]> {
  const durations: number[] = []
  const under: Promise<void>[] = []
  const one = async (): Promise<void> => {
    const startedMs = performance.now()
    await work()
    durations.push(performance.now() - startedMs)
  }
  const other = meanwhile(seconds * 1000)
  for (let n = 0; n < (seconds * 1000) / TOKEN_EVERY_MS; n++) {
    under.push(one())
    await sleep(TOKEN_EVERY_MS)
  }
  await Promise.all([other, ...under])
  return durations
}

interface Measured {
  readonly slices: readonly Slice[]
  readonly hashes: readonly Slice[]
  readonly statements: number
  /** Durations of token requests, in milliseconds: alone, and while shoppers sign in. */
  readonly idle: readonly number[]
  readonly busy: readonly number[]
}

function outcome({ slices, hashes, statements, idle, busy }: Measured) {
  const cpu = (of: readonly Slice[]) => median(of.map((s) => s.totalMs))
  const rps = (of: readonly Slice[]) => median(of.map((s) => s.rps))
  const figures = (of: readonly Slice[]) => ({ cpu_ms: rounded(cpu(of), 2), rps: rounded(rps(of), 1) })
  const p99 = (of: readonly number[]) => rounded(quantile(of, 0.99), 1)
  const rows = [
    { case: 'password_sign_in', ratio: rounded(cpu(slices) / cpu(hashes), 2), atrium: figures(slices), bare: figures(hashes), statements },
    {
      case: 'token_meanwhile',
      p50_ms: rounded(median(busy), 1),
      p99_ms: p99(busy),
      idle_p50_ms: rounded(median(idle), 1),
      idle_p99_ms: p99(idle),
    },
  ]
  const part = (who: string) => median(slices.map((s) => s.cpuMs[who] ?? 0)).toFixed(1)
  const text = [
    table(
      ['', 'CPU ms', 'a second'],
      [
        ['sign-in, all pages', cpu(slices).toFixed(1), rps(slices).toFixed(1)],
        ['  of that server', part('server'), ''],
        ['  of that PostgreSQL', part('postgres'), ''],
        ['the hash alone', cpu(hashes).toFixed(1), rps(hashes).toFixed(1)],
      ],
    ),
    `Ratio ${(cpu(slices) / cpu(hashes)).toFixed(2)}; asked 1.3 (PERF-7). ${statements} statements.`,
    `Token p99 ${p99(busy)} ms while they sign in, ${p99(idle)} ms without; asked 50 ms (PERF-13).`,
  ].join('\n\n')
  return { rows, text }
}
