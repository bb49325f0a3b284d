import { type Selectable, sql } from 'kysely'
import type { Db } from '../store/db.ts'
import type { AccountId } from '../store/ids.ts'
import type { AccountChangesTable } from './tables.ts'

export type ChangeRow = Selectable<AccountChangesTable>

/** Adds the account's next change. The account is locked, so its number is its own. */
export async function insertChange(tx: Db, row: Omit<ChangeRow, 'seq' | 'undone_at'>): Promise<number> {
  const { seq } = await tx
    .insertInto('account_changes')
    .values((eb) => ({
      ...row,
      undone_at: null,
      seq: eb
        .selectFrom('account_changes')
        .select(sql<number>`coalesce(max(seq), 0) + 1`.as('seq'))
        .where('account_id', '=', row.account_id),
    }))
    .returning('seq')
    .executeTakeFirstOrThrow()
  return seq
}

const LISTED = ['seq', 'kind', 'at', 'client_id', 'session_hash', 'undo_until', 'undone_at'] as const
export type ListedRow = Pick<ChangeRow, (typeof LISTED)[number]>

/** The latest changes first; `before`: those with a lower number. */
export async function listChanges(
  db: Db,
  accountId: AccountId,
  { before, limit }: { readonly before: number | undefined; readonly limit: number },
): Promise<readonly ListedRow[]> {
  return db
    .selectFrom('account_changes')
    .select(LISTED)
    .where('account_id', '=', accountId)
    .$if(before !== undefined, (query) => query.where('seq', '<', before ?? 0))
    .orderBy('seq', 'desc')
    .limit(limit)
    .execute()
}

/** What was needed to undo a change is kept no longer than it can be undone: it holds secrets that were given up. Returns how many are left without. */
export async function forgetUndoData(db: Db, now: Date, limit: number): Promise<number> {
  const { numUpdatedRows } = await db
    .updateTable('account_changes')
    .set({ undo_sealed: null })
    .where(({ eb, refTuple, selectFrom }) =>
      eb(
        refTuple('account_id', 'seq'),
        'in',
        selectFrom('account_changes')
          .select(['account_id', 'seq'])
          .where('undo_sealed', 'is not', null)
          .where('undo_until', '<', now)
          .limit(limit)
          .$asTuple('account_id', 'seq'),
      ),
    )
    .executeTakeFirst()
  return Number(numUpdatedRows)
}

/** Leaves with at most `limit` changes from before. */
export async function deleteOldChanges(db: Db, before: Date, limit: number): Promise<number> {
  const { numDeletedRows } = await db
    .deleteFrom('account_changes')
    .where(({ eb, refTuple, selectFrom }) =>
      eb(
        refTuple('account_id', 'seq'),
        'in',
        selectFrom('account_changes').select(['account_id', 'seq']).where('at', '<', before).limit(limit).$asTuple('account_id', 'seq'),
      ),
    )
    .executeTakeFirst()
  return Number(numDeletedRows)
}
