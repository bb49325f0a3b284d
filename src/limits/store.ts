import { sql } from 'kysely'
import type { Db } from '../store/db.ts'
import { type WaitRule, type WindowRule, waitsOf } from './rules.ts'

export type Take = { readonly ok: true; readonly taken: number } | { readonly ok: false; readonly retryAfterS: number }

interface Taken {
  readonly taken: number
  readonly refused: number
  readonly retry_after_s: number
}

/**
 * Takes one from a window, or refuses: decided in one statement, so that of any number of takes together no more than the rule's are allowed. A
 * clock that was set back keeps what was counted and never makes a window longer than the rule's (SEC-39).
 */
export async function takeFromWindow(db: Db, keyHash: Buffer, { most, windowS }: WindowRule, now: Date): Promise<Take> {
  const at = sql`${now}::timestamptz`
  // raw: the decision is in the update's expressions, which see the row as it is once the lock is held
  const { rows } = await sql<Taken>`
    insert into rate_limits as l (key_hash, window_started_at, taken, refused, expires_at)
    values (${keyHash}, ${at}, 1, 0, ${after(now, windowS)})
    on conflict (key_hash) do update set
      window_started_at = case when l.expires_at <= ${at} then ${at} else least(l.window_started_at, ${at}) end,
      taken = case when l.expires_at <= ${at} then 1 when l.taken < ${most}::int then l.taken + 1 else l.taken end,
      refused = case when l.expires_at <= ${at} or l.taken < ${most}::int then 0 else l.refused + 1 end,
      expires_at = case when l.expires_at <= ${at} then excluded.expires_at else least(l.expires_at, excluded.expires_at) end
    returning l.taken, l.refused, ceil(extract(epoch from l.expires_at - ${at}))::int as retry_after_s`.execute(db)
  return asTake(rows[0])
}

/** Counts one more try in a row and sets the wait after it, or refuses while the wait before it lasts. One statement, as {@link takeFromWindow}. */
export async function takeWithWait(db: Db, keyHash: Buffer, rule: WaitRule, now: Date): Promise<Take> {
  const at = sql`${now}::timestamptz`
  const waits = waitsOf(rule)
  const waitAfter = sql`make_interval(secs => (${waits}::int[])[least(l.taken, ${waits.length}::int)])`
  // what the clock says now, when it was set back since: a wait then begins anew and is no longer than the rule's
  const since = sql`least(l.window_started_at, ${at})`
  const isAllowed = sql`(l.taken = 0 or l.expires_at <= ${at} or ${since} + ${waitAfter} <= ${at})`
  const { rows } = await sql<Taken>`
    insert into rate_limits as l (key_hash, window_started_at, taken, refused, expires_at)
    values (${keyHash}, ${at}, 1, 0, ${after(now, rule.keptS)})
    on conflict (key_hash) do update set
      window_started_at = case when ${isAllowed} then ${at} else ${since} end,
      taken = case when l.expires_at <= ${at} then 1 when ${isAllowed} then l.taken + 1 else l.taken end,
      refused = case when ${isAllowed} then 0 else l.refused + 1 end,
      expires_at = case when ${isAllowed} then excluded.expires_at else least(l.expires_at, excluded.expires_at) end
    returning l.taken, l.refused, ceil(extract(epoch from l.window_started_at + ${waitAfter} - ${at}))::int as retry_after_s`.execute(db)
  return asTake(rows[0])
}

const after = (now: Date, seconds: number): Date => new Date(now.getTime() + seconds * 1000)

function asTake(row: Taken | undefined): Take {
  if (!row) throw new Error('a take returns its row')
  if (row.refused === 0) return { ok: true, taken: row.taken }
  return { ok: false, retryAfterS: Math.max(1, row.retry_after_s) }
}

/** What was taken was not used after all. */
export async function giveBack(db: Db, keyHash: Buffer): Promise<void> {
  await db
    .updateTable('rate_limits')
    .set((row) => ({ taken: row('taken', '-', 1) }))
    .where('key_hash', '=', keyHash)
    .where('taken', '>', 0)
    .execute()
}

/** Ends a row of failures. */
export async function forget(db: Db, keyHash: Buffer): Promise<void> {
  await db.deleteFrom('rate_limits').where('key_hash', '=', keyHash).execute()
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
    .where('key_hash', 'in', (q) => q.selectFrom('rate_limits').select('key_hash').where('expires_at', '<=', now).limit(limit))
    .where('expires_at', '<=', now) // one that was taken from meanwhile stays
    .executeTakeFirst()
  return Number(deleted.numDeletedRows)
}
