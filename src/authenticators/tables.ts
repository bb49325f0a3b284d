import type { ColumnType } from 'kysely'
import type { AccountId } from '../store/ids.ts'

/** One authenticator of one account. What kind it is decides which of the parts are there. */
export interface AuthenticatorsTable {
  account_id: AccountId
  id: string
  kind: AuthenticatorKind
  /** What may be read by anyone who reads the row: a passkey's public key, never a secret. */
  public_part: ColumnType<unknown, string | null, string | null>
  /** A password's PHC string, a TOTP secret: sealed with the account's key. */
  secret_sealed: Buffer | null
  label_sealed: Buffer | null
  created_at: Date
  last_used_at: Date | null
}

export const AUTHENTICATOR_KINDS = ['password', 'passkey', 'totp', 'recovery_code', 'email_otp', 'sms_otp', 'federated'] as const
export type AuthenticatorKind = (typeof AUTHENTICATOR_KINDS)[number]

/** Who said no to a passkey. */
export interface PasskeyOffersTable {
  account_id: AccountId
  declined_at: Date
  for_good: boolean
}

/** A browser in which the owner is not asked for the second factor. */
export interface TrustedDevicesTable {
  account_id: AccountId
  id: string
  /** HMACs of account and device cookie, and of the ticket that counts now and the one before. */
  device_hash: Buffer
  secret_hash: Buffer
  previous_hash: Buffer | null
  rotated_at: Date
  /** What the browser called itself. */
  label_sealed: Buffer
  created_at: Date
  last_used_at: Date | null
  expires_at: Date
}

/** Finds an account by what its customer is at a provider, of which only a keyed hash is kept. */
export interface FederatedIndexTable {
  identity_hash: Buffer
  account_id: AccountId
  authenticator_id: string
}

/** Sign-ins at providers that are under way: what was asked and, once it came, what was answered. */
export interface FederatedRequestsTable {
  /** SHA-256 of the state. */
  state_hash: Buffer
  request_sealed: Buffer
  answer_sealed: ColumnType<Buffer | null, Buffer | null | undefined, Buffer | null>
  expires_at: Date
}

/** Finds a passkey by its credential id, of which only the SHA-256 is kept. */
export interface PasskeyIndexTable {
  credential_hash: Buffer
  account_id: AccountId
  authenticator_id: string
}

/** A number that waits for the code that was texted to it. */
export interface PendingPhonesTable {
  account_id: AccountId
  pending_sealed: Buffer
  version: number
  expires_at: Date
}
