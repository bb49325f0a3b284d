import type { Db } from '../store/db.ts'
import type { AccountId } from '../store/ids.ts'

export async function findDevice(db: Db, accountId: AccountId, deviceHash: Buffer, usedSince: Date): Promise<boolean> {
  const row = await db
    .selectFrom('known_devices')
    .select('account_id')
    .where('account_id', '=', accountId)
    .where('device_hash', '=', deviceHash)
    .where('last_used_at', '>', usedSince)
    .executeTakeFirst()
  return row !== undefined
}

export async function putDevice(db: Db, accountId: AccountId, deviceHash: Buffer, now: Date): Promise<void> {
  await db
    .insertInto('known_devices')
    .values({ account_id: accountId, device_hash: deviceHash, last_used_at: now })
    .onConflict((c) => c.columns(['account_id', 'device_hash']).doUpdateSet({ last_used_at: now }))
    .execute()
}

/** Keeps the devices used last. */
export async function pruneDevices(db: Db, accountId: AccountId, keep: number): Promise<void> {
  await db
    .deleteFrom('known_devices')
    .where('account_id', '=', accountId)
    .where('device_hash', 'in', (q) =>
      q
        .selectFrom('known_devices')
        .select('device_hash')
        .where('account_id', '=', accountId)
        .orderBy('last_used_at', 'desc')
        .orderBy('device_hash')
        .offset(keep),
    )
    .execute()
}

/** Leaves with at most `limit` devices that were not used since. */
export async function deleteOldDevices(db: Db, usedBefore: Date, limit: number): Promise<number> {
  const deleted = await db
    .deleteFrom('known_devices')
    .where(({ eb, refTuple, selectFrom }) =>
      eb(
        refTuple('account_id', 'device_hash'),
        'in',
        selectFrom('known_devices')
          .select(['account_id', 'device_hash'])
          .where('last_used_at', '<', usedBefore)
          .limit(limit)
          .$asTuple('account_id', 'device_hash'),
      ),
    )
    .where('last_used_at', '<', usedBefore)
    .executeTakeFirst()
  return Number(deleted.numDeletedRows)
}
