import type { Insertable, Selectable } from 'kysely'
import { sql } from 'kysely'
import { z } from 'zod'
import type { Db } from '../store/db.ts'
import type { AccountId } from '../store/ids.ts'
import type { SigningKeyLife } from './signing-key-life.ts'
import type { AccountKeysTable, SigningKeysTable, VaultKeysTable } from './tables.ts'

export type VaultKeyRow = Selectable<VaultKeysTable>
export type SigningKeyRow = Selectable<SigningKeysTable>

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

/** Puts another wrapping around a key, unless somebody else did meanwhile. */
export async function replaceVaultKey(
  db: Db,
  { purpose, number, before, after }: Pick<VaultKeyRow, 'purpose' | 'number'> & { readonly before: string; readonly after: string },
): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('vault_keys')
    .set({ wrapped: after })
    .where('purpose', '=', purpose)
    .where('number', '=', number)
    .where('wrapped', '=', before)
    .executeTakeFirst()
  return numUpdatedRows === 1n
}

/** The keys of one account, newest first. */
export async function listAccountKeys(db: Db, accountId: AccountId): Promise<readonly Pick<AccountKeysTable, 'number' | 'wrapped'>[]> {
  return db.selectFrom('account_keys').select(['number', 'wrapped']).where('account_id', '=', accountId).orderBy('number', 'desc').execute()
}

/** Throws on a second key of one account with the same number: what the first one sealed would be lost. */
export async function insertAccountKeys(db: Db, rows: readonly Insertable<AccountKeysTable>[]): Promise<void> {
  await db.insertInto('account_keys').values(rows).execute()
}

/** Without its keys nothing of an account opens any more. */
export async function deleteAccountKeys(db: Db, accountId: AccountId): Promise<void> {
  await db.deleteFrom('account_keys').where('account_id', '=', accountId).execute()
}

const LIFE = ['kid', 'alg', 'state', 'created_at', 'activates_at', 'activated_at', 'retired_at', 'published_until', 'kept_until'] as const

/** Every signing key without the key itself: asked every second. */
export async function listSigningKeyLives(db: Db): Promise<readonly SigningKeyLife[]> {
  return db.selectFrom('signing_keys').select(LIFE).execute()
}

export async function listSigningKeys(db: Db): Promise<readonly SigningKeyRow[]> {
  return db
    .selectFrom('signing_keys')
    .select([...LIFE, 'jwk_sealed'])
    .execute()
}

export async function insertSigningKey(db: Db, row: Insertable<SigningKeysTable>): Promise<void> {
  await db.insertInto('signing_keys').values(row).execute()
}

export async function updateSigningKey(db: Db, { kid, ...life }: SigningKeyLife): Promise<void> {
  await db.updateTable('signing_keys').set(life).where('kid', '=', kid).execute()
}

export async function deleteSigningKey(db: Db, kid: string): Promise<void> {
  await db.deleteFrom('signing_keys').where('kid', '=', kid).execute()
}

/** Until the transaction ends nobody else changes signing keys. Raw, because kysely has no word for advisory locks. */
export async function lockSigningKeys(db: Db): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtextextended('atrium.signing_keys', 0))`.execute(db)
}

/** The key-encryption key the installation wraps with, and since when. The first process of a new installation decides. */
export async function agreedDataKey(db: Db, first: string, now: Date): Promise<{ readonly kid: string; readonly since: Date }> {
  const row = { name: DATA_KEY, value: JSON.stringify(first), updated_at: now }
  await db
    .insertInto('settings')
    .values(row)
    .onConflict((conflict) => conflict.doNothing())
    .execute()
  const agreed = await findDataKey(db)
  if (!agreed) throw new Error('the agreement on a data key was deleted')
  return agreed
}

export async function findDataKey(db: Db): Promise<{ readonly kid: string; readonly since: Date } | undefined> {
  const row = await db.selectFrom('settings').select(['value', 'updated_at']).where('name', '=', DATA_KEY).executeTakeFirst()
  return row && { kid: z.string().parse(row.value), since: row.updated_at }
}

export async function agreeOnDataKey(db: Db, kid: string, now: Date): Promise<void> {
  await db
    .updateTable('settings')
    .set({ value: JSON.stringify(kid), updated_at: now })
    .where('name', '=', DATA_KEY)
    .execute()
}

const DATA_KEY = 'data_key'
