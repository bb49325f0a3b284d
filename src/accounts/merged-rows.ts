import { type RawBuilder, sql } from 'kysely'
import type { AccountId } from '../store/ids.ts'

/**
 * How rows of an absorbed account are read along with its survivor's, in the statement that reads them. Every look-up that must know of merges uses
 * one of these two; for an account that absorbed nobody the answer is its own id.
 */

/** Whether a row belongs to an account: by its own id, or by that of one it absorbed and whose rows are not yet its own. */
export const isOwnOrAbsorbed = (column: string, accountId: AccountId): RawBuilder<boolean> =>
  // an array: only so does PostgreSQL use the index on the column whatever its plan
  sql<boolean>`${sql.ref(column)} = any(array(select ${accountId}::uuid
    union all select absorbed_id from account_merges where account_id = ${accountId}::uuid and ended_at is null))`

/** The account that the one named by a column is now: the survivor, or itself. */
export const survivorOf = (column: string): RawBuilder<AccountId> =>
  sql<AccountId>`coalesce((select merged_into from accounts where id = ${sql.ref(column)}), ${sql.ref(column)})`
