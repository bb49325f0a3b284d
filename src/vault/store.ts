import type { Insertable, Selectable } from 'kysely'
import { sql } from 'kysely'
import type { Db } from '../store/db.ts'
import type { AccountId } from '../store/ids.ts'
import type { AccountKeysTable, SigningKeysTable, VaultKeysTable } from './tables.ts'

export type VaultKeyRow = Selectable<VaultKeysTable>
export type SigningKeyRow = Pick<Selectable<SigningKeysTable>, 'kid' | 'alg' | 'state' | 'jwk_sealed'>

/** Every key that belongs to no account; a dozen a year. */
export async function listVaultKeys(db: Db): Promise<readonly VaultKeyRow[]> {
  return db.selectFrom('vault_keys').select(['purpose', 'number', 'wrapped', 'created_at']).execute()
}

/** Keeps what is there: the first process to make a key decides for all. */
export async function insertVaultKeys(db: Db, rows: readonly Insertable<VaultKeysTable>[]): Promise<void> {
  await db
    .insertInto('vault_keys')
    .values(rows)
    .onConflict((conflict) => conflict.doNothing())
    .execute()
}

/** The keys of one account, newest first. */
export async function listAccountKeys(db: Db, accountId: AccountId): Promise<readonly Pick<AccountKeysTable, 'number' | 'wrapped'>[]> {
  return db.selectFrom('account_keys').select(['number', 'wrapped']).where('account_id', '=', accountId).orderBy('number', 'desc').execute()
}

/** Throws on a second key with the same number: what the first one sealed would be lost. */
export async function insertAccountKey(db: Db, row: Insertable<AccountKeysTable>): Promise<void> {
  await db.insertInto('account_keys').values(row).execute()
}

export async function listSigningKeys(db: Db): Promise<readonly SigningKeyRow[]> {
  return db.selectFrom('signing_keys').select(['kid', 'alg', 'state', 'jwk_sealed']).execute()
}

export async function insertSigningKeys(db: Db, rows: readonly Insertable<SigningKeysTable>[]): Promise<void> {
  await db.insertInto('signing_keys').values(rows).execute()
}

/** Until the transaction ends nobody else makes signing keys. Raw, because kysely has no word for advisory locks. */
export async function lockSigningKeys(db: Db): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtextextended('atrium.signing_keys', 0))`.execute(db)
}
