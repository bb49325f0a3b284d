import type { AccountId, AttributeName, PurposeName, RecipientKey } from '../store/ids.ts'

export interface SharingGrantsTable {
  readonly account_id: AccountId
  readonly recipient: RecipientKey
  readonly purpose: PurposeName
  readonly attribute: AttributeName
  readonly granted_at: Date
  /** Null: until the customer stops it. */
  readonly ends_at: Date | null
}
