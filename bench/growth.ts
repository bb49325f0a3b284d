import pg from 'pg'
import { startAtrium } from './atrium.ts'
import type { Bench, BenchContext } from './bench.ts'
import { openCaller } from './caller.ts'
import { type Driven, driveSlice, type Slice } from './drive.ts'
import { fillTokens, sizeOf } from './fill-tokens.ts'
import { type BenchPostgres, openPostgres } from './postgres.ts'
import { cpuOf } from './process-cpu.ts'
import { cookieOf, shopper, signUp } from './shopper.ts'
import { median, rounded } from './statistics.ts'
import { table } from './table.ts'
import { refresh } from './token-cases.ts'

const SMALL_ROWS = 10_000
const DEFAULT_ROWS = 100_000
const DEFAULT_SECONDS = 6
const SLICE_MS = 500
const CONCURRENCY = 8

interface Grown extends Driven {
  readonly rows: number
  readonly tokenBytes: number
  readonly grantBytes: number
}

/** PERF-11, PERF-12: what a live refresh token takes, and whether many of them make one refresh dearer. */
export const growth: Bench = {
  summary:
    'bytes per live refresh token with its indexes (PERF-11), CPU of one refresh among 10,000 and among --rows tokens (PERF-12; 100,000)',
  async run(context) {
    const postgres = await openPostgres(context)
    const few = await grown(context, postgres, SMALL_ROWS)
    const many = await grown(context, postgres, context.rows ?? DEFAULT_ROWS)
    const slices = new Map<Grown, Slice[]>([
      [few, []],
      [many, []],
    ])
    for (const side of slices.keys()) await driveSlice(side, SLICE_MS)
    for (let round = 0; round < Math.ceil(((context.seconds ?? DEFAULT_SECONDS) * 1000) / SLICE_MS); round++) {
      for (const [side, done] of slices) done.push(await driveSlice(side, SLICE_MS))
    }
    const cost = (side: Grown) => median((slices.get(side) ?? []).map((s) => s.totalMs))
    const rows = [few, many].map((side) => ({
      case: `refresh_among_${side.rows}`,
      rows: side.rows,
      token_bytes: rounded(side.tokenBytes, 1),
      grant_bytes: rounded(side.grantBytes, 1),
      cpu_ms: rounded(cost(side), 3),
      ratio: rounded(cost(side) / cost(few), 2),
    }))
    const lines = rows.map((r) => [r.case, String(r.token_bytes), String(r.grant_bytes), String(r.cpu_ms), String(r.ratio)])
    const head = ['case', 'bytes per token', 'bytes per grant', 'CPU ms', 'against 10,000']
    return { rows, text: `${table(head, lines)}\n\nAsked: 220 bytes (PERF-11), 0.9 to 1.1 (PERF-12).` }
  },
}

async function grown(context: BenchContext, postgres: BenchPostgres, rows: number): Promise<Grown> {
  const databaseUrl = await postgres.createDatabase()
  const atrium = await startAtrium(context, { databaseUrl })
  const call = openCaller(context, atrium, CONCURRENCY)
  const shoppers = Array.from({ length: CONCURRENCY }, (_, number) => shopper(number))
  const browsers = await Promise.all(shoppers.map((who) => signUp(atrium.issuer, who)))
  const workers = browsers.map((browser) => ({ call, cookie: cookieOf(browser) }))
  await Promise.all(workers.map(refresh)) // leaves rows to copy
  const client = new pg.Client({ connectionString: databaseUrl })
  await client.connect()
  try {
    await fillTokens(client, rows, (done) => context.say(`${done} of ${rows} tokens made`))
    const tokenBytes = (await sizeOf(client, 'oidc_refresh_tokens')) / rows
    const grantBytes = (await sizeOf(client, 'oidc_grants')) / rows
    const cpuMs = () => ({ server: cpuOf(atrium.pid), postgres: postgres.cpuMs() })
    return { rows, tokenBytes, grantBytes, works: await Promise.all(workers.map(refresh)), cpuMs }
  } finally {
    await client.end()
  }
}
