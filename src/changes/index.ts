/**
 * Owns what was changed about how an account is found and proven: the record of it, telling the owner, undoing it, and what is on hold meanwhile.
 *
 * Does not own what is changed (accounts, authenticators), nor who may change it (portal, journey).
 */
import type { Db } from '../store/db.ts'
import type { AccountId, ClientId } from '../store/ids.ts'
import { type ChangesDeps, type MadeChange, stateOf } from './made-change.ts'
import { recordChange } from './record-change.ts'
import { deleteOldChanges, forgetUndoData, listChanges } from './store.ts'
import type { AccountState } from './undo-data.ts'

export type { ChangesDeps, MadeChange } from './made-change.ts'
export type { AccountState } from './undo-data.ts'

/** Something that was changed about an account: the customer's own audit trail. */
export interface ListedChange {
  /** Names the change to its owner; counts from 1. */
  readonly seq: number
  /** One of the kinds that mails are about, or a word that a later version knows. */
  readonly kind: string
  readonly at: Date
  /** Where it was done. */
  readonly client_id: ClientId
  /** SHA-256 of the uid of the session it was done in, where there was one. */
  readonly session_hash: Buffer | null
  /** Until when it can be undone; null: there is nothing to undo, or it has been. */
  readonly undo_until: Date | null
  readonly undone_at: Date | null
}

/** The record of an account's changes. */
export interface Changes {
  /** Before a change, in its transaction: nobody else changes the account until it ends. Returns how it is found and proven now. */
  begin(tx: Db, accountId: AccountId): Promise<AccountState>
  /** Records a change that was made in this transaction, and tells the owner by mail (MFA-44). */
  record(tx: Db, accountId: AccountId, change: MadeChange): Promise<void>
  /** The latest first, at most {@link MOST_LISTED}. @param before number of the last one of the page before */
  list(db: Db, accountId: AccountId, page?: { readonly before?: number; readonly limit?: number }): Promise<readonly ListedChange[]>
  /** Removes some of what is no longer kept. Returns how much. */
  sweep(db: Db, now: Date): Promise<number>
}

const MOST_LISTED = 50
const KEPT_S = 400 * 86_400
const SWEEP_AT_ONCE = 1_000

/** Changes in the table `account_changes`. */
export function createChanges(deps: ChangesDeps): Changes {
  return {
    async begin(tx, accountId) {
      await deps.accounts.lock(tx, accountId)
      return stateOf(deps, tx, accountId)
    },
    record: (tx, accountId, change) => recordChange(deps, tx, accountId, change),
    list: (db, accountId, { before, limit = MOST_LISTED } = {}) =>
      listChanges(db, accountId, { before, limit: Math.min(limit, MOST_LISTED) }),
    async sweep(db, now) {
      const forgotten = await forgetUndoData(db, now, SWEEP_AT_ONCE)
      return forgotten + (await deleteOldChanges(db, new Date(now.getTime() - KEPT_S * 1000), SWEEP_AT_ONCE))
    },
  }
}
