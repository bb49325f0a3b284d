import { type Insertable, type RawBuilder, sql } from 'kysely'
import { isOwnOrAbsorbed } from '../accounts/index.ts'
import type { Db } from '../store/db.ts'
import type { AccountId } from '../store/ids.ts'
import type { AuthenticatorKind, AuthenticatorsTable } from './tables.ts'

export interface StoredPassword {
  readonly account_id: AccountId
  readonly id: string
  readonly secret_sealed: Buffer | null
}

/**
 * The password of an account, if it has one. While it is one with others, that of the holder of the identifier that was typed, or else any.
 */
export async function findPassword(db: Db, accountId: AccountId, holder: AccountId = accountId): Promise<StoredPassword | undefined> {
  return db
    .selectFrom('authenticators')
    .select(['account_id', 'id', 'secret_sealed'])
    .where(isOwnOrAbsorbed('account_id', accountId))
    .where('kind', '=', 'password')
    .orderBy(sql`account_id = ${holder}`, 'desc')
    .limit(1)
    .executeTakeFirst()
}

/** Writes the one password of an account over the one before. */
export async function putPassword(db: Db, accountId: AccountId, row: { id: string; sealed: Buffer; now: Date }): Promise<void> {
  const { id, sealed, now } = row
  await db
    .insertInto('authenticators')
    .values({
      account_id: accountId,
      id,
      kind: 'password',
      secret_sealed: sealed,
      created_at: now,
      last_used_at: null,
      public_part: null,
      label_sealed: null,
    })
    .onConflict((conflict) =>
      conflict
        .column('account_id')
        .where('kind', '=', sql.lit('password')) // a literal: only so does PostgreSQL find the partial index whatever its plan
        .doUpdateSet({ secret_sealed: sealed, created_at: now, last_used_at: null }),
    )
    .execute()
}

/** Takes away those of the accounts it absorbed. */
export async function deleteAbsorbedPasswords(db: Db, accountId: AccountId): Promise<void> {
  await db
    .deleteFrom('authenticators')
    .where(isOwnOrAbsorbed('account_id', accountId))
    .where('account_id', '<>', accountId)
    .where('kind', '=', 'password')
    .execute()
}

/**
 * Notes that a password was used, and keeps a stronger hash of it when there is one.
 * Does nothing when the password was changed since it was read: the use of an old one must not bring it back.
 */
export async function recordPasswordUse(
  db: Db,
  accountId: AccountId,
  used: { id: string; sealed: Buffer; rehashed: Buffer | undefined; now: Date },
): Promise<void> {
  await db
    .updateTable('authenticators')
    .set({ last_used_at: used.now, ...(used.rehashed && { secret_sealed: used.rehashed }) })
    .where('account_id', '=', accountId)
    .where('id', '=', used.id)
    .where('secret_sealed', '=', used.sealed)
    .execute()
}

/** Takes the password away. False when there was none. */
export async function deletePassword(tx: Db, accountId: AccountId): Promise<boolean> {
  const { numDeletedRows } = await tx
    .deleteFrom('authenticators')
    .where(isOwnOrAbsorbed('account_id', accountId))
    .where('kind', '=', 'password')
    .executeTakeFirst()
  return numDeletedRows > 0n
}

/** Keeps others from changing or removing an account's authenticators until the transaction ends. In one order, so that two who do never wait for each other. */
export async function lockAuthenticators(tx: Db, accountId: AccountId): Promise<void> {
  await tx.selectFrom('authenticators').select('id').where(isOwnOrAbsorbed('account_id', accountId)).orderBy('id').forUpdate().execute()
}

export type NewAuthenticator = Insertable<AuthenticatorsTable>

/** Many at once, of accounts that have none yet. */
export async function insertAuthenticators(tx: Db, rows: readonly NewAuthenticator[]): Promise<void> {
  await tx.insertInto('authenticators').values(rows).execute()
}

/** How many authenticators of each kind an account has, and since when the latest. */
export const enrolledKinds = (db: Db, accountId: AccountId) => kindsWhere(db, isOwnOrAbsorbed('account_id', accountId))

/** The same without those of accounts it absorbed. */
export const ownKinds = (db: Db, accountId: AccountId) => kindsWhere(db, sql<boolean>`account_id = ${accountId}`)

async function kindsWhere(
  db: Db,
  which: RawBuilder<boolean>,
): Promise<ReadonlyMap<AuthenticatorKind, { readonly count: number; readonly since: Date; readonly settlesAt: Date | undefined }>> {
  const rows = await db
    .selectFrom('authenticators')
    .select(['kind', (eb) => eb.fn.countAll<number>().as('count'), (eb) => eb.fn.max<Date>('created_at').as('since')])
    .select(sql<string | null>`max(public_part ->> 'settles_at')`.as('settles_at')) // raw: of codes by text message alone
    .where(which)
    .groupBy('kind')
    .execute()
  return new Map(rows.map(({ kind, settles_at, ...rest }) => [kind, { ...rest, settlesAt: settles_at ? new Date(settles_at) : undefined }]))
}
