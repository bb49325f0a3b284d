import type { AccountId, ClientId } from '../store/ids.ts'

/** What was changed about an account, in the order it happened. Nothing is ever taken out but by age. */
export interface AccountChangesTable {
  readonly account_id: AccountId
  /** Counts the changes of this account, from 1. */
  readonly seq: number
  /** One of the kinds that mails are about; a version after this one may know more of them. */
  readonly kind: string
  readonly at: Date
  /** At which client it was done. */
  readonly client_id: ClientId
  /** SHA-256 of the uid of the session it was done in; null where there was none yet. */
  readonly session_hash: Buffer | null
  /** JSON of what undoing it takes, sealed with the account's key; null when there is nothing to undo, or no more. */
  readonly undo_sealed: Buffer | null
  readonly undo_until: Date | null
  readonly undone_at: Date | null
}

/** Finds a change by the token of a link in a mail, of which only the SHA-256 is kept. */
export interface UndoLinksTable {
  readonly token_hash: Buffer
  readonly account_id: AccountId
  readonly seq: number
  readonly expires_at: Date
}

const HELD = ['changes', 'codes'] as const
export type Held = (typeof HELD)[number]

/** What is on hold until when. */
export interface HoldsTable {
  readonly account_id: AccountId
  readonly what: Held
  /** Word for why, as its page says it. */
  readonly because: string
  readonly since: Date
  readonly until: Date
}

/** An address that is to become an account's, once a code that was mailed to it is typed. */
export interface PendingEmailsTable {
  readonly account_id: AccountId
  /** JSON of address, session and code, sealed with the account's key. */
  readonly pending_sealed: Buffer
  readonly version: number
  readonly expires_at: Date
}
