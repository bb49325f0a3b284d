import type { Db } from '../store/db.ts'
import type { AccountId } from '../store/ids.ts'

/**
 * Asks for an archive: one at a time, and not again so soon. One statement, so of two that ask at once one does.
 *
 * @param when.notSince the last one must have been asked for before that
 */
export async function askForExport(
  tx: Db,
  accountId: AccountId,
  { now, expiresAt, notSince }: { readonly now: Date; readonly expiresAt: Date; readonly notSince: Date },
): Promise<boolean> {
  const asked = { state: 'pending' as const, requested_at: now, expires_at: expiresAt, archive_sealed: null }
  const { numInsertedOrUpdatedRows } = await tx
    .insertInto('account_exports')
    .values({ account_id: accountId, ...asked })
    .onConflict((conflict) =>
      conflict
        .column('account_id')
        .doUpdateSet(asked)
        .where('account_exports.requested_at', '<', notSince)
        .where(({ eb, or }) => or([eb('account_exports.state', '!=', 'pending'), eb('account_exports.expires_at', '<=', now)])),
    )
    .executeTakeFirstOrThrow()
  return numInsertedOrUpdatedRows === 1n
}

export async function findExport(
  db: Db,
  accountId: AccountId,
  now: Date,
): Promise<{ readonly state: 'pending' | 'ready' | 'failed'; readonly requestedAt: Date; readonly expiresAt: Date } | undefined> {
  return db
    .selectFrom('account_exports')
    .select(['state', 'requested_at as requestedAt', 'expires_at as expiresAt'])
    .where('account_id', '=', accountId)
    .where('expires_at', '>', now)
    .executeTakeFirst()
}

export async function readArchive(db: Db, accountId: AccountId, now: Date): Promise<Buffer | undefined> {
  const row = await db
    .selectFrom('account_exports')
    .select('archive_sealed')
    .where('account_id', '=', accountId)
    .where('state', '=', 'ready')
    .where('expires_at', '>', now)
    .executeTakeFirst()
  return row?.archive_sealed ?? undefined
}

/** False: it was finished before, or nobody waits for it any more. */
export async function finishExport(
  tx: Db,
  accountId: AccountId,
  { sealed, expiresAt }: { readonly sealed: Buffer; readonly expiresAt: Date },
): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable('account_exports')
    .set({ state: 'ready', archive_sealed: sealed, expires_at: expiresAt })
    .where('account_id', '=', accountId)
    .where('state', '=', 'pending')
    .executeTakeFirstOrThrow()
  return numUpdatedRows === 1n
}

export async function failExport(db: Db, accountId: AccountId): Promise<void> {
  await db
    .updateTable('account_exports')
    .set({ state: 'failed' })
    .where('account_id', '=', accountId)
    .where('state', '=', 'pending')
    .execute()
}

export async function deleteExport(tx: Db, accountId: AccountId): Promise<void> {
  await tx.deleteFrom('account_exports').where('account_id', '=', accountId).execute()
}

/** Leaves with at most `limit` archives whose time is over. */
export async function deleteOldExports(db: Db, now: Date, limit: number): Promise<number> {
  const { numDeletedRows } = await db
    .deleteFrom('account_exports')
    .where('account_id', 'in', (q) => q.selectFrom('account_exports').select('account_id').where('expires_at', '<=', now).limit(limit))
    .where('expires_at', '<=', now)
    .executeTakeFirst()
  return Number(numDeletedRows)
}
