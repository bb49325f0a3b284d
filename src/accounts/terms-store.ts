import type { Insertable } from 'kysely'
import type { Db } from '../store/db.ts'
import type { AccountId, RecipientKey } from '../store/ids.ts'
import { isOwnOrAbsorbed } from './merged-rows.ts'
import type { AcceptedTermsTable } from './tables.ts'

/** Whether this version was accepted by the account, or by one that was merged into it. */
export async function hasAcceptedTerms(
  db: Db,
  accountId: AccountId,
  { recipient, version }: { recipient: RecipientKey; version: string },
): Promise<boolean> {
  const row = await db
    .selectFrom('accepted_terms')
    .select('version')
    .where(isOwnOrAbsorbed('account_id', accountId))
    .where('recipient', '=', recipient)
    .where('version', '=', version)
    .limit(1)
    .executeTakeFirst()
  return row !== undefined
}

export async function insertAcceptedTerms(db: Db, row: Insertable<AcceptedTermsTable>): Promise<void> {
  await db
    .insertInto('accepted_terms')
    .values(row)
    .onConflict((conflict) => conflict.columns(['account_id', 'recipient', 'version']).doNothing())
    .execute()
}
