import type { Insertable, Selectable } from 'kysely'
import type { Db } from '../store/db.ts'
import type { AccountId, AttributeName, PurposeName, RecipientKey } from '../store/ids.ts'
import type { Grant } from './stricter-consent.ts'
import type { SharingGrantsTable } from './tables.ts'

/** What an account shares with a recipient at this moment. */
export async function listLiveGrants(
  db: Db,
  accountId: AccountId,
  at: { recipient: RecipientKey; now: Date },
): Promise<readonly AttributeName[]> {
  const rows = await db
    .selectFrom('sharing_grants')
    .select('attribute')
    .distinct()
    .where('account_id', '=', accountId)
    .where('recipient', '=', at.recipient)
    .where((is) => is.or([is('ends_at', 'is', null), is('ends_at', '>', at.now)]))
    .orderBy('attribute')
    .execute()
  return rows.map((row) => row.attribute)
}

/** Attribute → end of its grant; null: until the customer stops it. */
export async function listLiveGrantsFor(
  db: Db,
  accountId: AccountId,
  at: { recipient: RecipientKey; purpose: PurposeName; now: Date },
): Promise<ReadonlyMap<AttributeName, Date | null>> {
  const rows = await db
    .selectFrom('sharing_grants')
    .select(['attribute', 'ends_at'])
    .where('account_id', '=', accountId)
    .where('recipient', '=', at.recipient)
    .where('purpose', '=', at.purpose)
    .where((is) => is.or([is('ends_at', 'is', null), is('ends_at', '>', at.now)]))
    .execute()
  return new Map(rows.map((row) => [row.attribute, row.ends_at]))
}

/** Everything an account shares with a recipient at this moment. At most as many rows as the group has purposes times attributes. */
export async function listLiveGrantRows(
  db: Db,
  accountId: AccountId,
  at: { recipient: RecipientKey; now: Date },
): Promise<readonly Pick<SharingGrantsTable, 'purpose' | 'attribute' | 'granted_at' | 'ends_at'>[]> {
  return db
    .selectFrom('sharing_grants')
    .select(['purpose', 'attribute', 'granted_at', 'ends_at'])
    .where('account_id', '=', accountId)
    .where('recipient', '=', at.recipient)
    .where((is) => is.or([is('ends_at', 'is', null), is('ends_at', '>', at.now)]))
    .orderBy('purpose')
    .orderBy('granted_at')
    .orderBy('attribute')
    .execute()
}

/** Everything an account ever agreed to, ended or not. */
export async function listGrants(db: Db, accountId: AccountId): Promise<readonly Grant[]> {
  return db
    .selectFrom('sharing_grants')
    .select(['recipient', 'purpose', 'attribute', 'granted_at', 'ends_at'])
    .where('account_id', '=', accountId)
    .execute()
}

/** Writes a grant as it is. */
export async function putGrant(tx: Db, row: Selectable<SharingGrantsTable>): Promise<void> {
  await tx
    .insertInto('sharing_grants')
    .values(row)
    .onConflict((conflict) =>
      conflict
        .columns(['account_id', 'recipient', 'purpose', 'attribute'])
        .doUpdateSet({ granted_at: row.granted_at, ends_at: row.ends_at }),
    )
    .execute()
}

export async function deleteGrants(tx: Db, accountId: AccountId): Promise<void> {
  await tx.deleteFrom('sharing_grants').where('account_id', '=', accountId).execute()
}

export async function deleteGrant(
  tx: Db,
  accountId: AccountId,
  { recipient, purpose, attribute }: Pick<Grant, 'recipient' | 'purpose' | 'attribute'>,
): Promise<void> {
  await tx
    .deleteFrom('sharing_grants')
    .where('account_id', '=', accountId)
    .where('recipient', '=', recipient)
    .where('purpose', '=', purpose)
    .where('attribute', '=', attribute)
    .execute()
}

/** A grant without an end stays as it is, with its beginning; one with an end begins anew, without. */
export async function upsertGrants(db: Db, rows: readonly Insertable<SharingGrantsTable>[]): Promise<void> {
  await db
    .insertInto('sharing_grants')
    .values(rows)
    .onConflict((conflict) =>
      conflict
        .columns(['account_id', 'recipient', 'purpose', 'attribute'])
        .doUpdateSet((row) => ({ granted_at: row.ref('excluded.granted_at'), ends_at: null }))
        .where('sharing_grants.ends_at', 'is not', null),
    )
    .execute()
}
