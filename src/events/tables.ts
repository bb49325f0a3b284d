import type { AccountId } from '../store/ids.ts'

/** An event until it is delivered. Delivered rows are deleted; one that was given up has `due_at` infinity. */
export interface OutboxTable {
  id: string
  kind: string
  payload_sealed: Buffer
  created_at: Date
  /** When it is tried next; while a worker has it, the end of that worker's lease. */
  due_at: Date
  attempts: number
  /** The code of the last failure. Never a message: those quote addresses. */
  last_error: string | null
  /** Whom it is about, where it is about one account: it goes when they are erased. */
  account_id: AccountId | null
}

/** A mail kept for `/dev/mailbox` instead of being sent. */
export interface DevMailboxTable {
  id: string
  mail_sealed: Buffer
  at: Date
}
