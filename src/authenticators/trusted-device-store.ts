import type { Selectable } from 'kysely'
import type { Db } from '../store/db.ts'
import type { AccountId } from '../store/ids.ts'
import type { TrustedDevicesTable } from './tables.ts'

/** Adds a device, and keeps as many of those added last, this one included. */
export async function insertTrustedDevice(
  tx: Db,
  row: Omit<Selectable<TrustedDevicesTable>, 'previous_hash' | 'last_used_at'>,
  keep: number,
): Promise<void> {
  await tx
    .insertInto('trusted_devices')
    .values({ ...row, previous_hash: null, last_used_at: null })
    .execute()
  await tx
    .deleteFrom('trusted_devices')
    .where('account_id', '=', row.account_id)
    .where('id', 'in', (q) =>
      q
        .selectFrom('trusted_devices')
        .select('id')
        .where('account_id', '=', row.account_id)
        .orderBy('created_at', 'desc')
        .orderBy('id', 'desc')
        .offset(keep),
    )
    .execute()
}

/** Spends a secret for the next one. False: it is not the one that counts now, or the time is over. */
export async function rotateTrustedDevice(
  tx: Db,
  accountId: AccountId,
  { id, hash, next, now }: { id: string; hash: Buffer; next: Buffer; now: Date },
): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable('trusted_devices')
    .set({ secret_hash: next, previous_hash: hash, rotated_at: now, last_used_at: now })
    .where('account_id', '=', accountId)
    .where('id', '=', id)
    .where('secret_hash', '=', hash)
    .where('expires_at', '>', now)
    .executeTakeFirst()
  return numUpdatedRows === 1n
}

/** What is left of a device whose secret did not fit: the secret before, and when it was spent. */
export async function findTrustedDevice(
  tx: Db,
  accountId: AccountId,
  { id, deviceHash, now }: { id: string; deviceHash: Buffer; now: Date },
): Promise<Pick<Selectable<TrustedDevicesTable>, 'previous_hash' | 'rotated_at'> | undefined> {
  return tx
    .selectFrom('trusted_devices')
    .select(['previous_hash', 'rotated_at'])
    .where('account_id', '=', accountId)
    .where('id', '=', id)
    .where('device_hash', '=', deviceHash)
    .where('expires_at', '>', now)
    .executeTakeFirst()
}

/** Those of an account that count now, the latest first. */
export async function listTrustedDevices(
  db: Db,
  accountId: AccountId,
  { now, limit }: { readonly now: Date; readonly limit: number },
): Promise<readonly Pick<Selectable<TrustedDevicesTable>, 'id' | 'label_sealed' | 'created_at' | 'last_used_at' | 'expires_at'>[]> {
  return db
    .selectFrom('trusted_devices')
    .select(['id', 'label_sealed', 'created_at', 'last_used_at', 'expires_at'])
    .where('account_id', '=', accountId)
    .where('expires_at', '>', now)
    .orderBy('created_at', 'desc')
    .limit(limit)
    .execute()
}

/** One device of an account, or all. Returns how many there were. */
export async function deleteTrustedDevices(tx: Db, accountId: AccountId, id?: string): Promise<number> {
  const deleted = await tx
    .deleteFrom('trusted_devices')
    .where('account_id', '=', accountId)
    .$if(id !== undefined, (q) => q.where('id', '=', id ?? ''))
    .executeTakeFirst()
  return Number(deleted.numDeletedRows)
}

/** Leaves with at most `limit` devices whose time is over. */
export async function deleteExpiredTrust(db: Db, now: Date, limit: number): Promise<number> {
  const deleted = await db
    .deleteFrom('trusted_devices')
    .where(({ eb, refTuple, selectFrom }) =>
      eb(
        refTuple('account_id', 'id'),
        'in',
        selectFrom('trusted_devices').select(['account_id', 'id']).where('expires_at', '<', now).limit(limit).$asTuple('account_id', 'id'),
      ),
    )
    .executeTakeFirst()
  return Number(deleted.numDeletedRows)
}
