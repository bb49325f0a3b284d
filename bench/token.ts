import type { HttpBrowser } from '../test/harness/http-browser.ts'
import { type AtriumProcess, startAtrium } from './atrium.ts'
import { startBare } from './bare.ts'
import type { Bench, BenchContext, Outcome, Row } from './bench.ts'
import { openCaller } from './caller.ts'
import { type Driven, driveSlice, type Slice } from './drive.ts'
import { type BenchPostgres, openPostgres } from './postgres.ts'
import { cpuOf, residentMib } from './process-cpu.ts'
import { cookieOf, enterBare, shopper, signUp } from './shopper.ts'
import { startStatementProxy } from './statement-proxy.ts'
import { median, rounded } from './statistics.ts'
import { table } from './table.ts'
import { TOKEN_CASES, type TokenCase, type Work } from './token-cases.ts'

const CONCURRENCY = 8
const SLICE_MS = 500
const DEFAULT_SECONDS = 4
/** Each side's compiler has seen a case this long before anything counts. */
const WARM_UP_MS = 1_000
const COUNTED_REQUESTS = 15

interface Side extends AtriumProcess {
  readonly cookies: readonly string[]
  cpuMs(): Readonly<Record<string, number>>
}

interface Measured {
  readonly name: string
  readonly asked: TokenCase['asked']
  readonly atrium: readonly Slice[]
  readonly bare: readonly Slice[]
  readonly statements: number
}

export const token: Bench = {
  summary:
    'CPU per request of the protocol endpoints, server and PostgreSQL, against a bare oidc-provider; statements per request (PERF-1 … PERF-6, PERF-8)',
  async run(context) {
    const cases = Object.entries(TOKEN_CASES).filter(([name]) => context.only.length === 0 || context.only.includes(name))
    const postgres = await openPostgres(context)
    const databaseUrl = await postgres.createDatabase()
    const statements = await countStatements(context, databaseUrl, cases)
    const atrium = await atriumSide(context, postgres, databaseUrl)
    const bare = await bareSide(context)
    const measured: Measured[] = []
    for (const [name, { asked, prepare }] of cases) {
      const works = { atrium: await prepared(context, atrium, prepare), bare: await prepared(context, bare, prepare) }
      const slices = await interleaved(context, {
        atrium: { ...works.atrium, cpuMs: atrium.cpuMs },
        bare: { ...works.bare, cpuMs: bare.cpuMs },
      })
      measured.push({ name, asked, statements: statements.get(name) ?? Number.NaN, ...slices })
      context.say(`${name}: ratio ${ratioOf(slices).toFixed(2)}`)
    }
    const memory = `Resident after the run: Atrium ${residentMib(atrium.pid).toFixed(0)} MiB, bare ${residentMib(bare.pid).toFixed(0)} MiB.`
    await atrium.stop() // which writes its profile, if one was asked for
    return outcome(measured, memory)
  },
}

async function atriumSide(context: BenchContext, postgres: BenchPostgres, databaseUrl: string): Promise<Side> {
  const atrium = await startAtrium(context, { databaseUrl })
  const browsers = await signedIn(CONCURRENCY, (number) => signUp(atrium.issuer, shopper(100 + number)))
  return { ...atrium, cookies: browsers.map(cookieOf), cpuMs: () => ({ server: cpuOf(atrium.pid), postgres: postgres.cpuMs() }) }
}

async function bareSide(context: BenchContext): Promise<Side> {
  const bare = await startBare(context)
  const browsers = await signedIn(CONCURRENCY, () => enterBare(bare.issuer))
  return { ...bare, cookies: browsers.map(cookieOf), cpuMs: () => ({ server: cpuOf(bare.pid) }) }
}

const signedIn = (count: number, enter: (number: number) => Promise<HttpBrowser>): Promise<HttpBrowser[]> =>
  Promise.all(Array.from({ length: count }, (_, number) => enter(number)))

async function prepared(context: BenchContext, side: Side, prepare: TokenCase['prepare']): Promise<{ works: readonly Work[] }> {
  const call = openCaller(context, side, side.cookies.length)
  return { works: await Promise.all(side.cookies.map((cookie) => prepare({ call, cookie }))) }
}

/** Short slices in turn, so that whatever else the machine does meets both alike. */
async function interleaved({ seconds = DEFAULT_SECONDS }: BenchContext, sides: { atrium: Driven; bare: Driven }) {
  const atrium: Slice[] = []
  const bare: Slice[] = []
  await driveSlice(sides.atrium, WARM_UP_MS)
  await driveSlice(sides.bare, WARM_UP_MS)
  for (let round = 0; round < Math.ceil((seconds * 1000) / SLICE_MS); round++) {
    atrium.push(await driveSlice(sides.atrium, SLICE_MS))
    bare.push(await driveSlice(sides.bare, SLICE_MS))
  }
  return { atrium, bare }
}

/** In a process of its own, one request at a time: the median leaves out what the process does beside. */
async function countStatements(
  context: BenchContext,
  databaseUrl: string,
  cases: readonly (readonly [string, TokenCase])[],
): Promise<ReadonlyMap<string, number>> {
  const proxy = await startStatementProxy(context, databaseUrl)
  const atrium = await startAtrium(context, { databaseUrl: proxy.url })
  const cookie = cookieOf(await signUp(atrium.issuer, shopper(0)))
  const call = openCaller(context, atrium, 1)
  const counted = new Map<string, number>()
  for (const [name, { prepare }] of cases) {
    const work = await prepare({ call, cookie })
    const counts: number[] = []
    for (let i = 0; i < COUNTED_REQUESTS; i++) {
      proxy.take()
      await work()
      const texts = proxy.take()
      counts.push(texts.length)
      if (context.statements && i === COUNTED_REQUESTS - 1) context.say([`${name}:`, ...texts].join('\n  '))
    }
    counted.set(name, median(counts))
  }
  await atrium.stop()
  return counted
}

const cpuOfSlices = (slices: readonly Slice[]): number => median(slices.map((s) => s.totalMs))
const rpsOfSlices = (slices: readonly Slice[]): number => median(slices.map((s) => s.rps))
const ratioOf = ({ atrium, bare }: Pick<Measured, 'atrium' | 'bare'>): number => cpuOfSlices(atrium) / cpuOfSlices(bare)

const figures = (slices: readonly Slice[]) => ({ cpu_ms: rounded(cpuOfSlices(slices), 3), rps: Math.round(rpsOfSlices(slices)) })

function outcome(measured: readonly Measured[], memory: string): Outcome {
  const rows: Row[] = measured.map((m) => ({
    case: m.name,
    ratio: rounded(ratioOf(m), 2),
    atrium: figures(m.atrium),
    bare: figures(m.bare),
  }))
  const head = ['case', 'ratio', 'asked', 'server ms', 'pg ms', 'bare ms', 'rps', 'bare rps', 'statements', 'asked']
  const part = (slices: readonly Slice[], who: string) => median(slices.map((s) => s.cpuMs[who] ?? 0)).toFixed(2)
  const lines = measured.map((m) => [
    m.name,
    ratioOf(m).toFixed(2),
    m.asked ? `${m.asked.ratio.toFixed(1)} ${m.asked.rule}` : '',
    part(m.atrium, 'server'),
    part(m.atrium, 'postgres'),
    part(m.bare, 'server'),
    String(Math.round(rpsOfSlices(m.atrium))),
    String(Math.round(rpsOfSlices(m.bare))),
    String(m.statements),
    m.asked?.statements === undefined ? '' : String(m.asked.statements),
  ])
  return { rows, text: `${table(head, lines)}\n\n${memory}` }
}
