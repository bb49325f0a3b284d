import type pg from 'pg'

/** A table partitioned by its rows' day of expiry (`bucket`). */
export interface PartitionedTable {
  readonly table: string
  /** Days that one partition holds. */
  readonly widthDays: 1 | 30
  /** How far ahead partitions must exist: the longest life of a row, in days. */
  readonly aheadDays: number
  /** Below 100 where rows are updated after they were written, so that the update stays on its page (HOT). */
  readonly fillfactor: number
}

const daily = { widthDays: 1, aheadDays: 3 } as const
const monthly = { widthDays: 30, fillfactor: 80 } as const

/** Every partitioned table. What expires in bulk leaves by dropping partitions, never by deleting rows. */
export const PARTITIONED: readonly PartitionedTable[] = [
  { table: 'oidc_codes', ...daily, fillfactor: 80 },
  { table: 'oidc_access_tokens', ...daily, fillfactor: 100 },
  { table: 'oidc_artifacts', ...daily, fillfactor: 80 },
  { table: 'oidc_refresh_tokens', ...monthly, aheadDays: 100 },
  { table: 'oidc_grants', ...monthly, aheadDays: 400, fillfactor: 90 }, // few are ever revoked, and no other update is made
  { table: 'oidc_sessions', ...monthly, aheadDays: 40, fillfactor: 50 },
  { table: 'oidc_session_clients', ...monthly, aheadDays: 40 },
  { table: 'sign_ins', ...monthly, aheadDays: 181, fillfactor: 90 }, // each is updated once, when its address goes
]

const DAY_MS = 86_400_000

/** The bucket an instant falls into: days since 1970-01-01 UTC. */
export const dayOf = (at: Date): number => Math.floor(at.getTime() / DAY_MS)

interface Partition extends PartitionedTable {
  readonly name: string
  /** First day. */
  readonly from: number
  /** The day after the last one. */
  readonly until: number
}

/** The partitions that must exist at `now`: yesterday's (clocks differ by seconds) up to the longest life of a row. */
export function neededPartitions(now: Date): Partition[] {
  const today = dayOf(now)
  return PARTITIONED.flatMap((spec) => {
    const first = Math.floor((today - 1) / spec.widthDays) * spec.widthDays
    const needed: Partition[] = []
    for (let from = first; from <= today + spec.aheadDays; from += spec.widthDays) {
      needed.push({ ...spec, name: nameOf(spec, from), from, until: from + spec.widthDays })
    }
    return needed
  })
}

/** Hundreds of tables, and the wait for another process that makes them just now. */
const CREATION_MS = 60_000

/**
 * The partition that has a day's rows, for a statement that names it: PostgreSQL then opens and locks one table and not all of them.
 *
 * @returns the table itself for a day whose partition need not exist
 */
export function partitionOf(table: string, bucket: number, now: Date): string {
  const spec = PARTITIONED.find((p) => p.table === table)
  const today = dayOf(now)
  if (!spec || bucket < today - 1 || bucket > today + spec.aheadDays) return table
  return nameOf(spec, bucket)
}

const nameOf = ({ table, widthDays }: PartitionedTable, day: number): string => `${table}_p${Math.floor(day / widthDays) * widthDays}`

/** Creates the partitions that are missing. Idempotent, safe when processes race, one round trip when nothing is missing. */
export async function ensurePartitions(pool: pg.Pool, now: Date): Promise<void> {
  const needed = neededPartitions(now)
  if ((await missingOf(pool, needed)).length === 0) return
  const client = await pool.connect()
  const run = (text: string) => client.query({ text, query_timeout: CREATION_MS } as pg.QueryConfig) // pg's own option, which its types leave out
  try {
    await run('begin')
    await run(`set local statement_timeout = ${CREATION_MS}; select pg_advisory_xact_lock(hashtext('atrium partitions'))`)
    const statements = (await missingOf(client, needed)).flatMap(creationOf)
    if (statements.length > 0) await run(statements.join(';'))
    await run('commit')
  } catch (error) {
    client.release(true) // and the transaction ends with the connection
    throw error
  }
  client.release()
}

/** Names of the partitions that {@link ensurePartitions} would create. */
export async function missingPartitions(pool: pg.Pool, now: Date): Promise<string[]> {
  return (await missingOf(pool, neededPartitions(now))).map(({ name }) => name)
}

async function missingOf(db: pg.Pool | pg.PoolClient, needed: readonly Partition[]): Promise<Partition[]> {
  const { rows } = await db.query<{ name: string }>('select name from unnest($1::text[]) name where to_regclass(name) is null', [
    needed.map((p) => p.name),
  ])
  const missing = new Set(rows.map((row) => row.name))
  return needed.filter((p) => missing.has(p.name))
}

/** Made beside the parent and attached: unlike `create … partition of`, attaching does not shut readers and writers out. */
function creationOf({ table, name, from, until, fillfactor }: Partition): string[] {
  return [
    `create table ${name} (like ${table} including all) with (fillfactor = ${fillfactor})`,
    `alter table ${table} attach partition ${name} for values from (${from}) to (${until})`,
  ]
}

/** Drops the partitions whose every row expired before yesterday; returns how many. One that is in use is left for the next time. */
export async function dropExpiredPartitions(pool: pg.Pool, now: Date): Promise<number> {
  const { rows } = await pool.query<{ name: string; parent: string }>(
    `select c.relname as name, p.relname as parent from pg_inherits i
     join pg_class c on c.oid = i.inhrelid join pg_class p on p.oid = i.inhparent
     where p.oid in (select to_regclass(t) from unnest($1::text[]) t)`,
    [PARTITIONED.map((spec) => spec.table)],
  )
  const yesterday = dayOf(now) - 1
  const expired = rows.filter(({ name, parent }) => lastDayOf(name, parent) < yesterday)
  let dropped = 0
  for (const { name } of expired) if (await drop(pool, name)) dropped++
  return dropped
}

function lastDayOf(name: string, parent: string): number {
  const spec = PARTITIONED.find((p) => p.table === parent)
  const from = Number(/_p(\d+)$/.exec(name)?.[1] ?? Number.NaN)
  return spec === undefined || Number.isNaN(from) ? Number.POSITIVE_INFINITY : from + spec.widthDays - 1
}

const LOCK_NOT_AVAILABLE = '55P03'

/** Dropping locks the parent, so it waits two seconds at most: queries queue behind it. */
async function drop(pool: pg.Pool, name: string): Promise<boolean> {
  try {
    await pool.query(`set local lock_timeout = '2s'; drop table if exists ${name}`)
    return true
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === LOCK_NOT_AVAILABLE) return false
    throw error
  }
}
