import { sql } from 'kysely'
import type { Db } from '../store/db.ts'
import type { OutboxTable } from './tables.ts'

export interface OutboxRow {
  readonly id: string
  readonly payload_sealed: Buffer
  /** The attempt this claim is. */
  readonly attempts: number
}

/** What a worker can take: due, of a kind it handles, and not still in its hands. */
export interface Claimable {
  readonly kinds: readonly string[]
  readonly now: Date
  readonly except: readonly string[]
}

export async function insertEvent(db: Db, row: OutboxTable): Promise<void> {
  await db.insertInto('outbox').values(row).execute()
}

/**
 * Takes the events that are due longest, each for one worker: its `due_at` moves to the end of the lease, after which any worker may take it again.
 * One statement, so no transaction stays open while an event is delivered.
 */
export async function claimDueEvents(db: Db, due: Claimable, lease: { until: Date; limit: number }): Promise<readonly OutboxRow[]> {
  return db
    .with('due', (cte) => dueEvents(cte, due).orderBy('due_at').limit(lease.limit).forUpdate().skipLocked())
    .updateTable('outbox')
    .from('due')
    .set((row) => ({ due_at: lease.until, attempts: row('outbox.attempts', '+', 1) }))
    .whereRef('outbox.id', '=', 'due.id')
    .returning(['outbox.id', 'outbox.payload_sealed', 'outbox.attempts'])
    .execute()
}

export async function hasDueEvent(db: Db, due: Claimable): Promise<boolean> {
  return (await dueEvents(db, due).limit(1).executeTakeFirst()) !== undefined
}

export async function deleteEvent(db: Db, id: string): Promise<void> {
  await db.deleteFrom('outbox').where('id', '=', id).execute()
}

/** Has an event wait after a failure; for ever without `dueAt`. Nothing happens when another worker has taken it since. */
export async function postponeEvent(db: Db, failed: { row: OutboxRow; dueAt: Date | undefined; error: string }): Promise<void> {
  const { row, dueAt, error } = failed
  await db
    .updateTable('outbox')
    .set({ due_at: dueAt ?? sql<Date>`'infinity'`, last_error: error })
    .where('id', '=', row.id)
    .where('attempts', '=', row.attempts)
    .execute()
}

function dueEvents(db: Pick<Db, 'selectFrom'>, { kinds, now, except }: Claimable) {
  const due = db.selectFrom('outbox').select('id').where('due_at', '<=', now).where('kind', 'in', kinds)
  return except.length === 0 ? due : due.where('id', 'not in', except)
}

/** Leaves with at most `limit` events that were given up and are older. */
export async function deleteGivenUp(db: Db, before: Date, limit: number): Promise<number> {
  const { numDeletedRows } = await db
    .deleteFrom('outbox')
    .where('id', 'in', (q) =>
      q.selectFrom('outbox').select('id').where('due_at', '=', sql<Date>`'infinity'`).where('created_at', '<', before).limit(limit),
    )
    .executeTakeFirst()
  return Number(numDeletedRows)
}

const MOST_MEASURED = 100_000

/** What is still to be delivered. */
export async function measureOutbox(db: Db): Promise<{ pending: number; oldest_at: Date | null }> {
  return db
    .selectFrom((q) =>
      q.selectFrom('outbox').select('created_at').where('due_at', '<', sql<Date>`'infinity'`).limit(MOST_MEASURED).as('waiting'),
    )
    .select((q) => [q.fn.countAll<number>().as('pending'), q.fn.min('created_at').as('oldest_at')])
    .executeTakeFirstOrThrow()
}

export async function insertDevMail(db: Db, mail: { id: string; mail_sealed: Buffer; at: Date }): Promise<void> {
  await db.insertInto('dev_mailbox').values(mail).execute()
}

/** Newest first. */
export async function listDevMails(db: Db): Promise<readonly { id: string; mail_sealed: Buffer; at: Date }[]> {
  return db.selectFrom('dev_mailbox').select(['id', 'mail_sealed', 'at']).orderBy('at', 'desc').orderBy('id', 'desc').execute()
}

export async function deleteOldDevMails(db: Db, keep: number): Promise<void> {
  await db
    .deleteFrom('dev_mailbox')
    .where('id', 'in', (q) => q.selectFrom('dev_mailbox').select('id').orderBy('at', 'desc').orderBy('id', 'desc').offset(keep))
    .execute()
}
