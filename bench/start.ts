import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type AtriumOptions, startAtrium } from './atrium.ts'
import type { Bench, BenchContext } from './bench.ts'
import { openPostgres } from './postgres.ts'
import { cpuOf, residentMib } from './process-cpu.ts'
import { median, rounded } from './statistics.ts'
import { table } from './table.ts'

const DEFAULT_STARTS = 5
/** After this long nothing of the start is still at work. */
const REST_MS = 3_000

const FROM_BEFORE: ReadonlySet<string> = new Set(['existing_database', 'own_postgres'])

interface Start {
  readonly readyMs: number
  readonly cpuMs: number
  readonly residentMib: number
}

/** PERF-10: from the start of the process to its port, and what it holds when nobody asks anything. */
export const start: Bench = {
  summary:
    'ready time, CPU and resident memory of the server at rest: on an existing database, on an empty one, with its own PostgreSQL (PERF-10; --rows: starts of each)',
  async run(context) {
    const postgres = await openPostgres(context)
    const existing = await postgres.createDatabase()
    const own = await ownDataDir(context)
    const kinds: Readonly<Record<string, () => Promise<AtriumOptions>>> = {
      existing_database: async () => ({ databaseUrl: existing }),
      empty_database: async () => ({ databaseUrl: await postgres.createDatabase() }),
      own_postgres: async () => ({ dataDir: own }),
      own_postgres_first_run: async () => ({ dataDir: await ownDataDir(context) }),
    }
    const chosen = Object.entries(kinds).filter(([kind]) => context.only.length === 0 || context.only.includes(kind))
    const starts = new Map<string, Start[]>(chosen.map(([kind]) => [kind, []]))
    // what is to exist already is made by a start that does not count
    for (const [kind, options] of chosen) if (FROM_BEFORE.has(kind)) await startOnce(context, await options())
    for (let round = 0; round < (context.rows ?? DEFAULT_STARTS); round++) {
      for (const [kind, options] of chosen) starts.get(kind)?.push(await startOnce(context, await options()))
      context.say(`round ${round + 1} done`)
    }
    const rows = [...starts].map(([kind, all]) => ({
      case: kind,
      ready_ms: Math.round(median(all.map((s) => s.readyMs))),
      cpu_ms: Math.round(median(all.map((s) => s.cpuMs))),
      resident_mib: rounded(median(all.map((s) => s.residentMib)), 1),
    }))
    const lines = rows.map((r) => [r.case, String(r.ready_ms), String(r.cpu_ms), String(r.resident_mib)])
    return {
      rows,
      text: `${table(['case', 'ready ms', 'server CPU ms', 'resident MiB'], lines)}\n\nAsked (PERF-10): 600 ms on an existing database, 120 MiB at rest.`,
    }
  },
}

async function startOnce(context: BenchContext, options: AtriumOptions): Promise<Start> {
  const atrium = await startAtrium(context, options)
  const cpuMs = cpuOf(atrium.pid)
  await sleep(REST_MS)
  const start = { readyMs: atrium.readyMs, cpuMs, residentMib: residentMib(atrium.pid) }
  await atrium.stop()
  return start
}

/** A folder that does not exist yet, below one that the database's user may pass. */
async function ownDataDir({ after }: BenchContext): Promise<string> {
  const unused = await mkdtemp(join(tmpdir(), 'atrium-bench-'))
  await rm(unused, { recursive: true })
  after(() => rm(unused, { recursive: true, force: true }))
  return unused
}
