import type { AccountId } from '../store/ids.ts'

/** What was imported already, so that the same file changes nothing. Survives the account: a file that comes again must not bring an erased customer back. */
export interface ImportedAccountsTable {
  /** Blind index of format, source and the other system's id. */
  readonly import_hash: Buffer
  readonly account_id: AccountId
  readonly imported_at: Date
}
