import type { Insertable, Selectable } from 'kysely'
import type { Db } from '../store/db.ts'
import type { AccountId } from '../store/ids.ts'
import { survivorOf } from './merged-rows.ts'
import {
  type AccountsTable,
  IDENTIFIER_KINDS,
  type IdentifierKind,
  type IdentifiersTable,
  type SubjectIndexTable,
  type SubjectsTable,
} from './tables.ts'

export type AccountRow = Pick<Selectable<AccountsTable>, 'id' | 'status' | 'locale' | 'closes_at'>
export type ProfileRow = Pick<Selectable<AccountsTable>, 'status' | 'profile_sealed' | 'version'>

/**
 * False: the identifier belongs to somebody. Waits for a transaction that is just inserting it.
 *
 * One that nobody has ever proven goes to who proves it: it came with an import, and whose it is only a proof can tell. One that was somebody's
 * and whose time is over is nobody's, whether or not it has been swept.
 */
export async function insertIdentifier(db: Db, row: Insertable<IdentifiersTable>): Promise<boolean> {
  const { numInsertedOrUpdatedRows } = await db
    .insertInto('identifiers')
    .values(row)
    .onConflict((conflict) =>
      conflict
        .columns(['kind', 'blind_index'])
        .doUpdateSet((of) => ({
          account_id: of.ref('excluded.account_id'),
          value_sealed: of.ref('excluded.value_sealed'),
          verified_at: of.ref('excluded.verified_at'),
          created_at: of.ref('excluded.created_at'),
          changed_at: of.ref('excluded.changed_at'),
          former_until: null,
        }))
        .where((of) =>
          of.or([
            of('identifiers.former_until', '<=', of.ref('excluded.created_at')),
            of.and([of('identifiers.verified_at', 'is', null), of('excluded.verified_at', 'is not', null)]),
          ]),
        ),
    )
    .executeTakeFirstOrThrow()
  return numInsertedOrUpdatedRows === 1n
}

/** Claims many at once, each for its account. Returns those that were free; of two that are equal the first. */
export async function claimIdentifiers(
  tx: Db,
  rows: readonly Insertable<IdentifiersTable>[],
): Promise<readonly Pick<Selectable<IdentifiersTable>, 'kind' | 'account_id'>[]> {
  return tx
    .insertInto('identifiers')
    .values(rows)
    .onConflict((conflict) => conflict.columns(['kind', 'blind_index']).doNothing())
    .returning(['kind', 'account_id'])
    .execute()
}

/** Gives back what accounts claimed that are not opened after all. */
export async function releaseIdentifiers(tx: Db, accountIds: readonly AccountId[]): Promise<void> {
  await tx.deleteFrom('identifiers').where('account_id', 'in', accountIds).execute()
}

/** Which of these are somebody's. */
export async function findTaken(db: Db, blindIndexes: readonly Buffer[]): Promise<readonly Buffer[]> {
  const rows = await db
    .selectFrom('identifiers')
    .select('blind_index')
    .where('kind', 'in', IDENTIFIER_KINDS)
    .where('blind_index', 'in', blindIndexes)
    .execute()
  return rows.map((row) => row.blind_index)
}

/** False: the account has it no more, or it was proven before. */
export async function markProven(
  db: Db,
  accountId: AccountId,
  { kind, blindIndex, now }: { kind: IdentifierKind; blindIndex: Buffer; now: Date },
): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('identifiers')
    .set({ verified_at: now })
    .where('kind', '=', kind)
    .where('blind_index', '=', blindIndex)
    .where('account_id', '=', accountId)
    .where('verified_at', 'is', null)
    .executeTakeFirst()
  return numUpdatedRows === 1n
}

/** The account an identifier leads to, and the one that has it: they differ while an absorbed account's rows are read along. */
export type IdentifiedRow = AccountRow & { readonly holder: AccountId; readonly verified_at: Date | null }

export async function findIdentified(db: Db, kind: IdentifierKind, blindIndex: Buffer): Promise<IdentifiedRow | undefined> {
  return db
    .selectFrom('identifiers')
    .innerJoin('accounts', (join) => join.on('accounts.id', '=', survivorOf('identifiers.account_id')))
    .select(['accounts.id', 'accounts.status', 'accounts.locale', 'accounts.closes_at'])
    .select(['identifiers.account_id as holder', 'identifiers.verified_at'])
    .where('identifiers.kind', '=', kind)
    .where('identifiers.blind_index', '=', blindIndex)
    .where('identifiers.former_until', 'is', null)
    .executeTakeFirst()
}

export async function insertAccounts(tx: Db, rows: readonly Insertable<AccountsTable>[]): Promise<void> {
  await tx.insertInto('accounts').values(rows).execute()
}

/** The identifier of one kind that an account is found by now; of several the latest. */
export async function findOwnIdentifier(
  db: Db,
  accountId: AccountId,
  kind: IdentifierKind,
): Promise<Pick<Selectable<IdentifiersTable>, 'blind_index' | 'value_sealed' | 'changed_at'> | undefined> {
  return db
    .selectFrom('identifiers')
    .select(['blind_index', 'value_sealed', 'changed_at'])
    .where('account_id', '=', accountId)
    .where('kind', '=', kind)
    .where('former_until', 'is', null)
    .where('verified_at', 'is not', null)
    .orderBy('verified_at', 'desc')
    .limit(1)
    .executeTakeFirst()
}

export async function insertAccount(db: Db, row: Insertable<AccountsTable>): Promise<void> {
  await db.insertInto('accounts').values(row).execute()
}

export async function findAccountRow(db: Db, accountId: AccountId): Promise<AccountRow | undefined> {
  return db.selectFrom('accounts').select(['id', 'status', 'locale', 'closes_at']).where('id', '=', accountId).executeTakeFirst()
}

/** Holds the account's row until the transaction ends. */
export async function lockAccount(tx: Db, accountId: AccountId): Promise<void> {
  await tx.selectFrom('accounts').select('id').where('id', '=', accountId).forUpdate().execute()
}

export async function findProfileRow(db: Db, accountId: AccountId): Promise<ProfileRow | undefined> {
  return db.selectFrom('accounts').select(['status', 'profile_sealed', 'version']).where('id', '=', accountId).executeTakeFirst()
}

/** False: the profile is no longer the expected version. */
export async function replaceProfile(
  db: Db,
  accountId: AccountId,
  change: { profile_sealed: Buffer; expectedVersion: number; now: Date },
): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('accounts')
    .set({ profile_sealed: change.profile_sealed, version: change.expectedVersion + 1, updated_at: change.now })
    .where('id', '=', accountId)
    .where('version', '=', change.expectedVersion)
    .executeTakeFirstOrThrow()
  return numUpdatedRows === 1n
}

export async function findSubject(db: Db, accountId: AccountId, sector: string): Promise<string | undefined> {
  const row = await db
    .selectFrom('subjects')
    .select('sub')
    .where('account_id', '=', accountId)
    .where('sector', '=', sector)
    .executeTakeFirst()
  return row?.sub
}

/** The subject by which an account it absorbed is known in a sector; of several the one absorbed first. */
export async function findAbsorbedSubject(db: Db, accountId: AccountId, sector: string): Promise<string | undefined> {
  const row = await db
    .selectFrom('account_merges')
    .innerJoin('subjects', 'subjects.account_id', 'account_merges.absorbed_id')
    .select('subjects.sub')
    .where('account_merges.account_id', '=', accountId)
    .where('account_merges.ended_at', 'is', null)
    .where('subjects.sector', '=', sector)
    .orderBy('account_merges.merged_at')
    .limit(1)
    .executeTakeFirst()
  return row?.sub
}

/** In which sectors an account has a subject of its own. */
export async function listSectors(db: Db, accountId: AccountId): Promise<readonly string[]> {
  const rows = await db.selectFrom('subjects').select('sector').where('account_id', '=', accountId).orderBy('sector').execute()
  return rows.map(({ sector }) => sector)
}

/** False: the account has a subject in this sector. Waits for a transaction that is just inserting it. */
export async function insertSubject(db: Db, row: Insertable<SubjectsTable>): Promise<boolean> {
  const { numInsertedOrUpdatedRows } = await db
    .insertInto('subjects')
    .values(row)
    .onConflict((conflict) => conflict.columns(['account_id', 'sector']).doNothing())
    .executeTakeFirstOrThrow()
  return numInsertedOrUpdatedRows === 1n
}

export async function insertSubjectIndex(db: Db, row: Insertable<SubjectIndexTable>): Promise<void> {
  await db.insertInto('subject_index').values(row).execute()
}

export async function findSubjectOwner(db: Db, sector: string, subHash: Buffer): Promise<AccountId | undefined> {
  const row = await db
    .selectFrom('subject_index')
    .select(survivorOf('subject_index.account_id').as('account_id'))
    .where('sub_hash', '=', subHash)
    .where('sector', '=', sector)
    .executeTakeFirst()
  return row?.account_id
}

/** A subject leads to this account from now on. */
export async function moveSubjectIndex(db: Db, sector: string, subHash: Buffer, accountId: AccountId): Promise<void> {
  await db
    .updateTable('subject_index')
    .set({ account_id: accountId })
    .where('sub_hash', '=', subHash)
    .where('sector', '=', sector)
    .execute()
}

/** Who has an identifier: whose it is, or whose it was and still may be again. */
export interface Holder {
  readonly account_id: AccountId
  readonly former_until: Date | null
  readonly changed_at: Date | null
}

/** Nobody has an identifier that was never proven, or whose time is over. */
export async function findHolder(db: Db, kind: IdentifierKind, blindIndex: Buffer, now: Date): Promise<Holder | undefined> {
  return db
    .selectFrom('identifiers')
    .select(['account_id', 'former_until', 'changed_at'])
    .where('kind', '=', kind)
    .where('blind_index', '=', blindIndex)
    .where('verified_at', 'is not', null)
    .where((eb) => eb.or([eb('former_until', 'is', null), eb('former_until', '>', now)]))
    .executeTakeFirst()
}

/** What these accounts were found by lately is forgotten once it cannot be again. */
export async function deleteFormerIdentifiers(db: Db, accountIds: readonly AccountId[], now: Date): Promise<void> {
  if (accountIds.length === 0) return
  await db.deleteFrom('identifiers').where('account_id', 'in', accountIds).where('former_until', '<=', now).execute()
}

/** False: it was not this account's. */
export async function deleteIdentifier(tx: Db, accountId: AccountId, kind: IdentifierKind, blindIndex: Buffer): Promise<boolean> {
  const { numDeletedRows } = await tx
    .deleteFrom('identifiers')
    .where('kind', '=', kind)
    .where('blind_index', '=', blindIndex)
    .where('account_id', '=', accountId)
    .executeTakeFirst()
  return numDeletedRows === 1n
}

/** Numbers that an account gives up: they find nobody, and until then nobody else gets them. */
export async function retirePhones(
  tx: Db,
  accountId: AccountId,
  { except, until }: { except: Buffer | undefined; until: Date },
): Promise<void> {
  await tx
    .updateTable('identifiers')
    .set({ former_until: until })
    .where('account_id', '=', accountId)
    .where('kind', '=', 'phone')
    .where('former_until', 'is', null)
    .$if(except !== undefined, (query) => query.where('blind_index', '!=', except ?? Buffer.alloc(0)))
    .execute()
}

/** A number that the account has, or gave up lately, is its own again. False: it is somebody else's by now. */
export async function takeBackPhone(tx: Db, accountId: AccountId, { index, now }: { index: Buffer; now: Date }): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable('identifiers')
    .set((eb) => ({
      verified_at: now,
      changed_at: eb.case().when('former_until', 'is', null).then(eb.ref('changed_at')).else(now).end(),
      former_until: null,
    }))
    .where('kind', '=', 'phone')
    .where('blind_index', '=', index)
    .where('account_id', '=', accountId)
    .executeTakeFirst()
  return numUpdatedRows === 1n
}
