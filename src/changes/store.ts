import { type Selectable, sql } from 'kysely'
import type { Db } from '../store/db.ts'
import type { AccountId } from '../store/ids.ts'
import type { AccountChangesTable, UndoLinksTable } from './tables.ts'

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

/** What was needed to undo a change is kept no longer than it can be undone: it holds secrets that were given up. Returns whose it was. */
export async function forgetUndoData(db: Db, now: Date, limit: number): Promise<readonly AccountId[]> {
  const rows = await db
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
    .returning('account_id')
    .execute()
  return rows.map(({ account_id }) => account_id)
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

/** The changes of an account after this one that can be taken back, the latest first, a few at a time: those `before` one. */
export async function listUndoable(
  tx: Db,
  accountId: AccountId,
  after: number,
  { limit, before }: { readonly limit: number; readonly before?: number | undefined },
): Promise<readonly UndoableRow[]> {
  return tx
    .selectFrom('account_changes')
    .select(['seq', 'kind', 'undo_sealed'])
    .where('account_id', '=', accountId)
    .where('seq', '>', after)
    .$if(before !== undefined, (query) => query.where('seq', '<', before ?? 0))
    .where('undo_until', 'is not', null)
    .where('undone_at', 'is', null)
    .orderBy('seq', 'desc')
    .limit(limit)
    .execute()
}
export type UndoableRow = Pick<ChangeRow, 'seq' | 'kind' | 'undo_sealed'>

/** Spends the right to undo a change: of two who undo it at once, one does. */
export async function spendUndo(tx: Db, accountId: AccountId, seq: number, now: Date): Promise<UndoableRow | undefined> {
  return tx
    .updateTable('account_changes')
    .set({ undone_at: now })
    .where('account_id', '=', accountId)
    .where('seq', '=', seq)
    .where('undone_at', 'is', null)
    .where('undo_until', '>', now)
    .returning(['seq', 'kind', 'undo_sealed'])
    .executeTakeFirst()
}

/** Marks a change that went with an earlier one. */
export async function markUndone(tx: Db, accountId: AccountId, seq: number, now: Date): Promise<void> {
  await tx
    .updateTable('account_changes')
    .set({ undone_at: now, undo_sealed: null })
    .where('account_id', '=', accountId)
    .where('seq', '=', seq)
    .execute()
}

/** What takes from an account something that somebody may have proven themselves with, or says that it was somebody else. */
const VOIDING = [
  'undone',
  'sign_in_reported',
  'email_changed',
  'phone_changed',
  'phone_removed',
  'sms_removed',
  'passkey_removed',
  'totp_removed',
  'provider_removed',
  'recovery_codes_made',
] as const

/** Whether what was proven of the account at this moment may be proven no more: its owner took away what it was proven with. */
export async function wasVoidedSince(db: Db, accountId: AccountId, since: Date): Promise<boolean> {
  return happenedSince(db, accountId, VOIDING, since)
}

/** Whether something of the account was undone at this moment or later. */
export async function wasUndoneSince(db: Db, accountId: AccountId, since: Date): Promise<boolean> {
  return happenedSince(db, accountId, ['undone'], since)
}

async function happenedSince(db: Db, accountId: AccountId, kinds: readonly string[], since: Date): Promise<boolean> {
  const row = await db
    .selectFrom('account_changes')
    .select('seq')
    .where('account_id', '=', accountId)
    .where('kind', 'in', kinds)
    .where('at', '>=', since)
    .limit(1)
    .executeTakeFirst()
  return row !== undefined
}

export async function insertUndoLink(tx: Db, row: UndoLinksTable): Promise<void> {
  await tx.insertInto('undo_links').values(row).execute()
}

/** The change a link is about, as long as it can be undone. */
export async function findByLink(
  db: Db,
  tokenHash: Buffer,
  now: Date,
): Promise<{ readonly account_id: AccountId; readonly seq: number } | undefined> {
  return db
    .selectFrom('undo_links')
    .innerJoin('account_changes', (join) =>
      join.onRef('account_changes.account_id', '=', 'undo_links.account_id').onRef('account_changes.seq', '=', 'undo_links.seq'),
    )
    .select(['account_changes.account_id', 'account_changes.seq'])
    .where('undo_links.token_hash', '=', tokenHash)
    .where('account_changes.undone_at', 'is', null)
    .where('account_changes.undo_until', '>', now)
    .executeTakeFirst()
}

/** Leaves with at most `limit` links that are over. */
export async function deleteOldLinks(db: Db, now: Date, limit: number): Promise<number> {
  const { numDeletedRows } = await db
    .deleteFrom('undo_links')
    .where('token_hash', 'in', (query) => query.selectFrom('undo_links').select('token_hash').where('expires_at', '<', now).limit(limit))
    .executeTakeFirst()
  return Number(numDeletedRows)
}

/** This change and the later ones that can be taken back with it, in the order they happened. */
export async function listFrom(
  db: Db,
  accountId: AccountId,
  seq: number,
  limit: number,
): Promise<readonly Pick<ChangeRow, 'kind' | 'at'>[]> {
  return db
    .selectFrom('account_changes')
    .select(['kind', 'at'])
    .where('account_id', '=', accountId)
    .where('seq', '>=', seq)
    .where('undo_until', 'is not', null)
    .where('undone_at', 'is', null)
    .orderBy('seq')
    .limit(limit)
    .execute()
}
