import type { Db } from '../store/db.ts'
import type { AccountId } from '../store/ids.ts'

/** Whether the account was signed in to from this device since then. */
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

/** Notes that a device was used, and keeps as many of those used last, this one included. */
export async function putDevice(
  db: Db,
  accountId: AccountId,
  device: { readonly hash: Buffer; readonly now: Date; readonly keep: number },
): Promise<void> {
  await db
    .with('put', (q) =>
      q
        .insertInto('known_devices')
        .values({ account_id: accountId, device_hash: device.hash, last_used_at: device.now, first_used_at: device.now })
        .onConflict((c) => c.columns(['account_id', 'device_hash']).doUpdateSet({ last_used_at: device.now })),
    )
    .deleteFrom('known_devices')
    .where('account_id', '=', accountId)
    .where('device_hash', 'in', (q) =>
      q
        .selectFrom('known_devices')
        .select('device_hash')
        .where('account_id', '=', accountId)
        .where('device_hash', '!=', device.hash)
        .orderBy('last_used_at', 'desc')
        .orderBy('device_hash')
        .offset(device.keep - 1),
    )
    .execute()
}

/** It counts as one that was never used. */
export async function deleteDevice(tx: Db, accountId: AccountId, deviceHash: Buffer): Promise<void> {
  await tx.deleteFrom('known_devices').where('account_id', '=', accountId).where('device_hash', '=', deviceHash).execute()
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
