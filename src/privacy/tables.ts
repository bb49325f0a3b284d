import type { AccountId } from '../store/ids.ts'

/** Accounts that were erased, so that a backup that is put back is purged of them. */
export interface ErasedAccountsTable {
  /** HMAC of the account's id: tells whether an id that is at hand was erased, and nothing else. */
  account_mac: Buffer
  /** `2026-03-01` */
  erased_on: Date | string
}

/** The latest archive of everything about one account. */
export interface AccountExportsTable {
  account_id: AccountId
  state: 'pending' | 'ready' | 'failed'
  requested_at: Date
  /** When the archive goes; of one that is not ready, when nobody waits for it any more. */
  expires_at: Date
  /** A ZIP file, sealed with the account's key. */
  archive_sealed: Buffer | null
}
