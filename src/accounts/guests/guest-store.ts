import type { Insertable, Selectable } from 'kysely'
import type { Db } from '../../store/db.ts'
import type { AccountId } from '../../store/ids.ts'
import { isOwnOrAbsorbed } from '../merged-rows.ts'
import type { GuestIndexTable, GuestKind, GuestsTable } from '../tables.ts'

/** Where a guest is found: what the brand called them, in the brand's sector. */
export interface GuestPlace {
  readonly kind: GuestKind
  readonly blind_index: Buffer
  readonly sector: string
}

export type GuestIndexRow = Pick<Selectable<GuestIndexTable>, 'guest_id' | 'sub' | 'account_id'>

/** False: this recipient has a guest of that name. Waits for a transaction that is just inserting it. */
export async function insertGuestIndex(db: Db, row: Insertable<GuestIndexTable>): Promise<boolean> {
  const { numInsertedOrUpdatedRows } = await db
    .insertInto('guest_index')
    .values(row)
    .onConflict((conflict) => conflict.columns(['kind', 'blind_index', 'sector']).doNothing())
    .executeTakeFirstOrThrow()
  return numInsertedOrUpdatedRows === 1n
}

export async function findGuestIndex(db: Db, { kind, blind_index, sector }: GuestPlace): Promise<GuestIndexRow | undefined> {
  return db
    .selectFrom('guest_index')
    .select(['guest_id', 'sub', 'account_id'])
    .where('kind', '=', kind)
    .where('blind_index', '=', blind_index)
    .where('sector', '=', sector)
    .executeTakeFirst()
}

/** Guests of this sector under addresses that the account's owner has proved and not changed since, and that are not the account's yet. */
export async function findGuestsOf(db: Db, accountId: AccountId, sector: string): Promise<readonly (GuestPlace & GuestIndexRow)[]> {
  return db
    .selectFrom('identifiers')
    .innerJoin('guest_index', (join) =>
      join.onRef('guest_index.kind', '=', 'identifiers.kind').onRef('guest_index.blind_index', '=', 'identifiers.blind_index'),
    )
    .select((of) => [
      'guest_index.kind',
      'guest_index.blind_index',
      'guest_index.sector',
      'guest_index.guest_id',
      'guest_index.sub',
      of.ref('guest_index.account_id').as('account_id'),
    ])
    .where(isOwnOrAbsorbed('identifiers.account_id', accountId))
    .where('identifiers.verified_at', 'is not', null)
    .where('identifiers.former_until', 'is', null)
    .where('guest_index.sector', '=', sector)
    .where('guest_index.account_id', 'is distinct from', accountId)
    .execute()
}

/** False: somebody's guest already. */
export async function claimGuest(db: Db, guestId: AccountId, accountId: AccountId): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('guest_index')
    .set({ account_id: accountId })
    .where('guest_id', '=', guestId)
    .where('account_id', 'is', null)
    .executeTakeFirst()
  return numUpdatedRows > 0n
}

/** Forgets that an address was another account's guest. */
export async function deleteGuestIndex(db: Db, { kind, blind_index, sector }: GuestPlace, owner: AccountId): Promise<void> {
  await db
    .deleteFrom('guest_index')
    .where('kind', '=', kind)
    .where('blind_index', '=', blind_index)
    .where('sector', '=', sector)
    .where('account_id', '=', owner)
    .execute()
}

export async function insertGuest(db: Db, row: Insertable<GuestsTable>): Promise<void> {
  await db.insertInto('guests').values(row).execute()
}

/** Nobody else changes the guest until the transaction ends. */
export async function lockGuest(db: Db, guestId: AccountId): Promise<Pick<Selectable<GuestsTable>, 'profile_sealed'> | undefined> {
  return db.selectFrom('guests').select('profile_sealed').where('guest_id', '=', guestId).forUpdate().executeTakeFirst()
}

/** Of a guest that is locked. */
export async function replaceGuestProfile(db: Db, guestId: AccountId, change: { profile_sealed: Buffer; now: Date }): Promise<void> {
  await db
    .updateTable('guests')
    .set(({ eb }) => ({ profile_sealed: change.profile_sealed, version: eb('version', '+', 1), updated_at: change.now }))
    .where('guest_id', '=', guestId)
    .execute()
}

export async function deleteGuest(db: Db, guestId: AccountId): Promise<void> {
  await db.deleteFrom('guests').where('guest_id', '=', guestId).execute()
}
