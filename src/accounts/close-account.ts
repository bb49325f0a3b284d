import type { Db } from '../store/db.ts'
import type { AccountId } from '../store/ids.ts'

/** The end of an account: its owner asks for it, may undo it for a while, then it is erased. Each step is one conditional update. */

/** From now on nobody can use it, and at `closesAt` it is erased. False: it was not active. */
export async function beginClosing(db: Db, accountId: AccountId, { closesAt, now }: { closesAt: Date; now: Date }): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('accounts')
    .set({ status: 'closing', closes_at: closesAt, updated_at: now })
    .where('id', '=', accountId)
    .where('status', '=', 'active')
    .executeTakeFirstOrThrow()
  return numUpdatedRows === 1n
}

/** Its owner wants to keep it. False: there was nothing to undo, or it is too late. */
export async function keepOpen(db: Db, accountId: AccountId, now: Date): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('accounts')
    .set({ status: 'active', closes_at: null, updated_at: now })
    .where('id', '=', accountId)
    .where('status', '=', 'closing')
    .where('closes_at', '>', now)
    .executeTakeFirstOrThrow()
  return numUpdatedRows === 1n
}

/** Takes an account whose time has come, so that it cannot be kept any more; also one whose erasure was broken off. False: it is not due. */
export async function closeForGood(db: Db, accountId: AccountId, now: Date): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('accounts')
    .set({ status: 'closed', updated_at: now })
    .where('id', '=', accountId)
    .where('status', 'in', ['closing', 'closed'])
    .where('closes_at', '<=', now)
    .executeTakeFirstOrThrow()
  return numUpdatedRows === 1n
}

/** Some accounts whose time has come, the longest due first. */
export async function listDueToClose(db: Db, now: Date, limit: number): Promise<readonly AccountId[]> {
  const rows = await db
    .selectFrom('accounts')
    .select('id')
    .where('closes_at', 'is not', null)
    .where('closes_at', '<=', now)
    .orderBy('closes_at')
    .limit(limit)
    .execute()
  return rows.map(({ id }) => id)
}

/** The account and those it absorbed, also by way of one it absorbed later, which are the same person's: those first. */
export async function listOwnAccounts(db: Db, accountId: AccountId): Promise<readonly AccountId[]> {
  const absorbedBy = async (ids: readonly AccountId[]): Promise<readonly AccountId[]> => {
    if (ids.length === 0) return []
    const rows = await db.selectFrom('account_merges').select('absorbed_id').where('account_id', 'in', ids).execute()
    return rows.map(({ absorbed_id }) => absorbed_id)
  }
  const absorbed = await absorbedBy([accountId])
  return [...(await absorbedBy(absorbed)), ...absorbed, accountId]
}

/** Ids of accounts in their order, after one of them. */
export async function listAccountIds(
  db: Db,
  { after, limit }: { after: AccountId | undefined; limit: number },
): Promise<readonly AccountId[]> {
  const all = db.selectFrom('accounts').select('id')
  const rows = await (after ? all.where('id', '>', after) : all).orderBy('id').limit(limit).execute()
  return rows.map(({ id }) => id)
}
