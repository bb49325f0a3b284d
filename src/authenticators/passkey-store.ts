import { type Insertable, sql } from 'kysely'
import { z } from 'zod'
import { isOwnOrAbsorbed, survivorOf } from '../accounts/index.ts'
import type { Db } from '../store/db.ts'
import type { AccountId } from '../store/ids.ts'
import type { PasskeyIndexTable } from './tables.ts'

/** What is stored of a passkey in the open: nothing of it signs anything. */
export const passkeyPart = z.object({
  credential_id: z.string(),
  /** COSE key, base64url. */
  public_key: z.string(),
  aaguid: z.string(),
  transports: z.array(z.string()),
  /** The highest the authenticator ever told; synced passkeys tell 0 (MFA-2). */
  counter: z.int(),
  backup_eligible: z.boolean(),
  /** It came with an import that did not say whether it may be backed up: its first use tells, and from then on that stands (MFA-3). */
  backup_unknown: z.literal(true).optional(),
  backed_up: z.boolean(),
  rp_id: z.string(),
  /** What the authenticator calls the account, where that is not the account's own user handle: it was made for one that was absorbed, or by another system. */
  user_handle: z.string().optional(),
})
/** What is stored of a passkey in the clear: nothing of it is secret. */
export type PasskeyPart = z.infer<typeof passkeyPart>

/** A passkey as it is stored. */
export interface StoredPasskey {
  /** Whose row it is. */
  readonly account_id: AccountId
  /** Whose passkey it is now: another account's while that reads the row along. */
  readonly of: AccountId
  readonly id: string
  readonly part: PasskeyPart
  readonly label_sealed: Buffer | null
  readonly created_at: Date
  readonly last_used_at: Date | null
}

const COLUMNS = ['account_id', 'id', 'public_part', 'label_sealed', 'created_at', 'last_used_at'] as const

const opened = ({ public_part, ...row }: Omit<StoredPasskey, 'part'> & { readonly public_part: unknown }): StoredPasskey => ({
  ...row,
  part: passkeyPart.parse(public_part),
})

/** More than anybody has; a bound all the same. */
const MOST = 50

/** The passkeys of an account, the oldest first, at most {@link MOST}. */
export async function listPasskeys(db: Db, accountId: AccountId): Promise<readonly StoredPasskey[]> {
  const rows = await db
    .selectFrom('authenticators')
    .select(COLUMNS)
    .select(survivorOf('account_id').as('of'))
    .where(isOwnOrAbsorbed('account_id', accountId))
    .where('kind', '=', 'passkey')
    .orderBy('created_at')
    .limit(MOST)
    .execute()
  return rows.map(opened)
}

/** Whose credential that is. */
export async function findPasskey(db: Db, hash: Buffer): Promise<StoredPasskey | undefined> {
  const row = await db
    .selectFrom('passkey_index')
    .innerJoin('authenticators', (join) =>
      join
        .onRef('authenticators.account_id', '=', 'passkey_index.account_id')
        .onRef('authenticators.id', '=', 'passkey_index.authenticator_id'),
    )
    .select(COLUMNS.map((column) => `authenticators.${column}` as const))
    .select(survivorOf('authenticators.account_id').as('of'))
    .where('passkey_index.credential_hash', '=', hash)
    .executeTakeFirst()
  return row && opened(row)
}

/** False when the credential is known already: ids are unique across the group (MFA-7). */
export async function insertPasskey(
  tx: Db,
  accountId: AccountId,
  { id, hash, part, label, now }: { id: string; hash: Buffer; part: PasskeyPart; label: Buffer; now: Date },
): Promise<boolean> {
  const { numInsertedOrUpdatedRows } = await tx
    .insertInto('passkey_index')
    .values({ credential_hash: hash, account_id: accountId, authenticator_id: id })
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst()
  if (numInsertedOrUpdatedRows !== 1n) return false
  await tx
    .insertInto('authenticators')
    .values({
      account_id: accountId,
      id,
      kind: 'passkey',
      public_part: JSON.stringify(part),
      secret_sealed: null,
      label_sealed: label,
      created_at: now,
      last_used_at: null,
    })
    .execute()
  return true
}

/** Claims many credential ids. Returns the authenticators that got theirs; the others' are somebody's already. */
export async function insertPasskeyIndex(tx: Db, rows: readonly Insertable<PasskeyIndexTable>[]): Promise<ReadonlySet<string>> {
  const claimed = await tx
    .insertInto('passkey_index')
    .values(rows)
    .onConflict((conflict) => conflict.doNothing())
    .returning('authenticator_id')
    .execute()
  return new Set(claimed.map((row) => row.authenticator_id))
}

/** Which of these credentials are somebody's, as hexadecimal: for a rehearsal that writes nothing. */
export async function takenPasskeys(db: Db, hashes: readonly Buffer[]): Promise<ReadonlySet<string>> {
  if (hashes.length === 0) return new Set()
  const rows = await db.selectFrom('passkey_index').select('credential_hash').where('credential_hash', 'in', hashes).execute()
  return new Set(rows.map((row) => row.credential_hash.toString('hex')))
}

/** Keeps the highest counter and the latest state of the backup. False when the passkey is gone. */
export async function recordPasskeyUse(
  tx: Db,
  accountId: AccountId,
  { id, counter, backupEligible, backedUp, now }: { id: string; counter: number; backupEligible: boolean; backedUp: boolean; now: Date },
): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable('authenticators')
    .set({
      last_used_at: now,
      public_part: sql`(public_part - 'backup_unknown') || jsonb_build_object(
        'counter', greatest((public_part ->> 'counter')::bigint, ${counter}::bigint),
        'backup_eligible', ${backupEligible}::boolean, 'backed_up', ${backedUp}::boolean)`,
    })
    .where('account_id', '=', accountId)
    .where('id', '=', id)
    .where('kind', '=', 'passkey')
    .executeTakeFirst()
  return numUpdatedRows === 1n
}

/** Gives a passkey another name. False: the account has no such passkey. */
export async function relabelPasskey(tx: Db, accountId: AccountId, id: string, label: Buffer): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable('authenticators')
    .set({ label_sealed: label })
    .where(isOwnOrAbsorbed('account_id', accountId))
    .where('id', '=', id)
    .where('kind', '=', 'passkey')
    .executeTakeFirst()
  return numUpdatedRows === 1n
}

/** Removes it from the account and from the index, so that the credential may be registered anew. */
export async function deletePasskey(tx: Db, accountId: AccountId, id: string): Promise<boolean> {
  const { numDeletedRows } = await tx
    .deleteFrom('authenticators')
    .where(isOwnOrAbsorbed('account_id', accountId))
    .where('id', '=', id)
    .where('kind', '=', 'passkey')
    .executeTakeFirst()
  if (numDeletedRows !== 1n) return false
  await tx.deleteFrom('passkey_index').where(isOwnOrAbsorbed('account_id', accountId)).where('authenticator_id', '=', id).execute()
  return true
}
