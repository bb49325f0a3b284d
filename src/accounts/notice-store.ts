import type { Selectable } from 'kysely'
import type { Db } from '../store/db.ts'
import type { AccountId } from '../store/ids.ts'
import type { AccountNoticesTable } from './tables.ts'

/** Adds one notice of an account. */
export async function insertNotice(db: Db, row: Selectable<AccountNoticesTable>): Promise<void> {
  await db.insertInto('account_notices').values(row).execute()
}

/** The notices of an account after `since`, the latest first. */
export async function listNotices(
  db: Db,
  accountId: AccountId,
  { since, limit }: { readonly since: Date; readonly limit: number },
): Promise<readonly Pick<Selectable<AccountNoticesTable>, 'kind' | 'client_id' | 'at'>[]> {
  return db
    .selectFrom('account_notices')
    .select(['kind', 'client_id', 'at'])
    .where('account_id', '=', accountId)
    .where('at', '>', since)
    .orderBy('at', 'desc')
    .limit(limit)
    .execute()
}

/** Leaves with at most `limit` notices from before. */
export async function deleteOldNotices(db: Db, before: Date, limit: number): Promise<number> {
  const deleted = await db
    .deleteFrom('account_notices')
    .where(({ eb, refTuple, selectFrom }) =>
      eb(
        refTuple('account_id', 'id'),
        'in',
        selectFrom('account_notices').select(['account_id', 'id']).where('at', '<', before).limit(limit).$asTuple('account_id', 'id'),
      ),
    )
    .executeTakeFirst()
  return Number(deleted.numDeletedRows)
}
