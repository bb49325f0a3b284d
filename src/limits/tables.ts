import type { AccountId } from '../store/ids.ts'

/** One counter. */
export interface RateLimitsTable {
  /** HMAC of what is counted: no address of any kind can be read from it. */
  key_hash: Buffer
  /** Of a window: its begin. Of tries in a row: the latest that was allowed. */
  window_started_at: Date
  taken: number
  /** How often in a row it was refused since; 0: the latest take was allowed. */
  refused: number
  /** From here on the row counts for nothing. */
  expires_at: Date
}

/** Browsers in which an account was signed in to. */
export interface KnownDevicesTable {
  account_id: AccountId
  /** HMAC of account and device: two accounts in one browser do not show it. */
  device_hash: Buffer
  last_used_at: Date
  first_used_at: Date
}
