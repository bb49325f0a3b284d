import type { Selectable } from 'kysely'
import type { Db } from '../store/db.ts'
import type { AccountId } from '../store/ids.ts'
import type { AccountMergesTable, AccountsTable } from './tables.ts'

/** An account as far as it matters for whether it may become one with another. */
export interface MergeState extends Pick<Selectable<AccountsTable>, 'id' | 'status' | 'merged_into' | 'version'> {
  /** How many accounts it absorbed whose rows are not yet its own. */
  readonly absorbed: number
}

/** Holds both rows until the transaction ends, always in the same order, so that of two merges at once one waits for the other. */
export async function lockAccounts(tx: Db, ids: readonly AccountId[]): Promise<ReadonlyMap<AccountId, MergeState>> {
  // locked first, counted afterwards: the count of a statement that waited is from before the wait
  await tx.selectFrom('accounts').select('id').where('id', 'in', ids).orderBy('id').forUpdate().execute()
  return mergeStates(tx, ids)
}

export async function mergeStates(db: Db, ids: readonly AccountId[]): Promise<ReadonlyMap<AccountId, MergeState>> {
  const rows = await db
    .selectFrom('accounts')
    .select(['id', 'status', 'merged_into', 'version'])
    .select((eb) =>
      eb
        .selectFrom('account_merges')
        .select((count) => count.fn.countAll<number>().as('absorbed'))
        .whereRef('account_merges.account_id', '=', 'accounts.id')
        .where('ended_at', 'is', null)
        .as('absorbed'),
    )
    .where('id', 'in', ids)
    .execute()
  return new Map(rows.map((row) => [row.id, { ...row, absorbed: row.absorbed ?? 0 }]))
}

/** Makes an account, whose row is held, the alias of another. */
export async function markMerged(tx: Db, absorbed: AccountId, into: AccountId, now: Date): Promise<void> {
  await tx.updateTable('accounts').set({ status: 'merged', merged_into: into, updated_at: now }).where('id', '=', absorbed).execute()
}

/** Makes it an account of its own again. False: it is no alias of that one. */
export async function unmarkMerged(tx: Db, absorbed: AccountId, from: AccountId, now: Date): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable('accounts')
    .set({ status: 'active', merged_into: null, updated_at: now })
    .where('id', '=', absorbed)
    .where('merged_into', '=', from)
    .where('status', '=', 'merged')
    .executeTakeFirstOrThrow()
  return numUpdatedRows === 1n
}

/** Two that were one before and were parted leave one row: that of the latest merge. */
export async function insertMerge(tx: Db, row: Omit<Selectable<AccountMergesTable>, 'ended_at'>): Promise<void> {
  await tx
    .insertInto('account_merges')
    .values({ ...row, known_twice: [...row.known_twice], ended_at: null })
    .execute()
}

type OpenMergeRow = Pick<Selectable<AccountMergesTable>, 'absorbed_id' | 'merged_at' | 'undo_sealed' | 'known_twice'>

/** The accounts whose rows are read along with this one's, the latest first. */
export async function openMerges(db: Db, survivor: AccountId): Promise<readonly OpenMergeRow[]> {
  return db
    .selectFrom('account_merges')
    .select(['absorbed_id', 'merged_at', 'undo_sealed', 'known_twice'])
    .where('account_id', '=', survivor)
    .where('ended_at', 'is', null)
    .orderBy('merged_at', 'desc')
    .execute()
}

/** Merges that were made before `cutoff` and whose rows are still read along, the oldest first. */
export async function listDueMerges(
  db: Db,
  cutoff: Date,
  limit: number,
): Promise<readonly Pick<Selectable<AccountMergesTable>, 'account_id' | 'absorbed_id'>[]> {
  return db
    .selectFrom('account_merges')
    .select(['account_id', 'absorbed_id'])
    .where('ended_at', 'is', null)
    .where('merged_at', '<=', cutoff)
    .orderBy('merged_at')
    .limit(limit)
    .execute()
}

/** False: it was undone, or somebody else has ended it. */
export async function endMerge(tx: Db, survivor: AccountId, absorbed: AccountId, now: Date): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable('account_merges')
    .set({ ended_at: now, undo_sealed: null })
    .where('account_id', '=', survivor)
    .where('absorbed_id', '=', absorbed)
    .where('ended_at', 'is', null)
    .executeTakeFirstOrThrow()
  return numUpdatedRows === 1n
}

/** After an undo nothing is left of a merge but what was told. */
export async function deleteMerge(tx: Db, survivor: AccountId, absorbed: AccountId): Promise<boolean> {
  const { numDeletedRows } = await tx
    .deleteFrom('account_merges')
    .where('account_id', '=', survivor)
    .where('absorbed_id', '=', absorbed)
    .where('ended_at', 'is', null)
    .executeTakeFirst()
  return numDeletedRows === 1n
}
