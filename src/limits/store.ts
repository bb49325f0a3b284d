import { sql } from 'kysely'
import type { Db } from '../store/db.ts'
import { type WaitRule, type WindowRule, waitsOf } from './rules.ts'

export type Take = { readonly ok: true; readonly taken: number } | { readonly ok: false; readonly retryAfterS: number }

/** Something counted, and how much of it is allowed. */
export interface Counter {
  readonly key: Buffer
  readonly rule: WindowRule | WaitRule
}

interface Taken {
  readonly key_hash: Buffer
  readonly taken: number
  readonly refused: number
  readonly retry_after_s: number
}

/**
 * Takes one from each counter, or refuses it: decided in one statement, so that of any number of takes together no more than the rule's are
 * allowed. A window is refused once it is empty; of a row of tries the next is refused while the wait after the last one lasts. A clock that was
 * set back keeps what was counted and makes neither window nor wait longer than the rule's (SEC-39).
 *
 * Rows are locked in the order given. What one counter refuses does not undo the others: that is the caller's transaction.
 *
 * @param counters at least one, all different
 * @returns one for each counter
 */
export async function takeEach(db: Db, counters: readonly Counter[], now: Date): Promise<readonly Take[]> {
  // raw: the decision is in the update's expressions, which see the row as it is once the lock is held
  const { rows } = await sql<Taken>`
    with rule (n, key_hash, at, expires_at, most, waits) as (values ${sql.join(counters.map((counter, n) => ruleRow(counter, n, now)))})
    insert into rate_limits as l (key_hash, window_started_at, taken, refused, expires_at)
    select key_hash, at, 1, 0, expires_at from rule order by n
    on conflict (key_hash) do update set (window_started_at, taken, refused, expires_at) = (
      select case when is_new then at else since end,
             case when is_over then 1 when is_allowed then l.taken + 1 else l.taken end,
             case when is_allowed then 0 else l.refused + 1 end,
             case when is_new then r.expires_at else least(l.expires_at, r.expires_at) end
      from rule r,
        lateral (select l.expires_at <= at as is_over, least(l.window_started_at, at) as since) a,
        lateral (select is_over or l.taken = 0 or case when waits is null then l.taken < most else since + ${WAIT} <= at end as is_allowed) b,
        lateral (select is_over or l.taken = 0 or (is_allowed and waits is not null) as is_new) c
      where r.key_hash = l.key_hash)
    returning l.key_hash, l.taken, l.refused, (
      select ceil(extract(epoch from case when waits is null then l.expires_at else l.window_started_at + ${WAIT} end - at))::int
      from rule r where r.key_hash = l.key_hash) as retry_after_s`.execute(db)
  return counters.map(({ key }) => asTake(rows.find((row) => row.key_hash.equals(key))))
}

/** How long to wait after as many tries in a row as were taken. */
const WAIT = sql`make_interval(secs => waits[least(l.taken, cardinality(waits))])`

function ruleRow({ key, rule }: Counter, n: number, now: Date) {
  const [most, waits, lifeS] = 'waits' in rule ? [null, waitsOf(rule), rule.keptS] : [rule.most, null, rule.windowS]
  return sql`(${n}::int, ${key}::bytea, ${now}::timestamptz, ${after(now, lifeS)}::timestamptz, ${most}::int, ${waits}::int[])`
}

/** Takes one from one counter, as {@link takeEach}. */
export async function takeOne(db: Db, key: Buffer, rule: WindowRule | WaitRule, now: Date): Promise<Take> {
  const [take] = await takeEach(db, [{ key, rule }], now)
  return take ?? asTake(undefined)
}

const after = (now: Date, seconds: number): Date => new Date(now.getTime() + seconds * 1000)

function asTake(row: Taken | undefined): Take {
  if (!row) throw new Error('a take returns its row')
  if (row.refused === 0) return { ok: true, taken: row.taken }
  return { ok: false, retryAfterS: Math.max(1, row.retry_after_s) }
}

/** Gives back one of each counter: what was taken was not used after all. Of those in `all` everything is given back: a row of failures ends. */
export async function giveBack(db: Db, { all = [], one = [] }: { all?: readonly Buffer[]; one?: readonly Buffer[] }): Promise<void> {
  // raw: locks the rows in the order in which takeEach locks them
  await sql`
    with given as materialized (
      select r.key_hash, w.n <= ${all.length} as is_all
      from unnest(${[...all, ...one]}::bytea[]) with ordinality as w (key_hash, n) join rate_limits r on r.key_hash = w.key_hash
      order by w.n for update of r)
    update rate_limits l set taken = case when is_all then 0 else l.taken - 1 end,
      expires_at = case when is_all then l.window_started_at else l.expires_at end
    from given where l.key_hash = given.key_hash and l.taken > 0`.execute(db)
}

/** Whether nothing can be taken from a window now. Takes nothing. */
export async function isExhausted(db: Db, keyHash: Buffer, { most }: WindowRule, now: Date): Promise<boolean> {
  const row = await db
    .selectFrom('rate_limits')
    .select('taken')
    .where('key_hash', '=', keyHash)
    .where('expires_at', '>', now)
    .executeTakeFirst()
  return (row?.taken ?? 0) >= most
}

/** Leaves with at most `limit` counters that count for nothing any more. */
export async function deleteExpiredCounters(db: Db, now: Date, limit: number): Promise<number> {
  const deleted = await db
    .deleteFrom('rate_limits')
    // One that somebody has locked stays: takeEach locks several, in an order that is not this one's, and would wait for us as we wait for it.
    .where('key_hash', 'in', (q) =>
      q.selectFrom('rate_limits').select('key_hash').where('expires_at', '<=', now).limit(limit).forUpdate().skipLocked(),
    )
    .where('expires_at', '<=', now) // one that was taken from meanwhile stays
    .executeTakeFirst()
  return Number(deleted.numDeletedRows)
}
