/**
 * Owns what was changed about how an account is found and proven: the record of it, telling the owner, undoing it, and what is on hold meanwhile.
 *
 * Does not own what is changed (accounts, authenticators), nor who may change it (portal, journey).
 */
import type { Db } from '../store/db.ts'
import type { AccountId, ClientId } from '../store/ids.ts'
import { sha256 } from '../vault/index.ts'
import { deleteOldHolds, findHold, type Hold, type HoldReason, liftHold, putHold } from './holds.ts'
import { type ChangesDeps, type MadeChange, stateOf } from './made-change.ts'
import { createPendingEmails, deleteOldPending, type PendingEmails } from './pending-emails.ts'
import { recordChange } from './record-change.ts'
import {
  deleteOldChanges,
  deleteOldLinks,
  findByLink,
  forgetUndoData,
  listChanges,
  listFrom,
  wasUndoneSince,
  wasVoidedSince,
} from './store.ts'
import type { Held } from './tables.ts'
import { type UndoneBy, type UndoResult, undoChange } from './undo-change.ts'
import type { AccountState } from './undo-data.ts'

export { ChangeHeld } from './change-held.ts'
export { type Hold, type HoldReason, isLifted, type Proof } from './holds.ts'
export type { ChangesDeps, MadeChange } from './made-change.ts'
export type { PendingEmail, PendingEmails } from './pending-emails.ts'
export type { UndoneBy, UndoResult } from './undo-change.ts'
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
  /** Until when it can be undone, unless it was; null: there is nothing to undo. */
  readonly undo_until: Date | null
  readonly undone_at: Date | null
}

/** A change that a link from a mail is about, and all that would go with it. */
export interface LinkedChange {
  readonly accountId: AccountId
  readonly seq: number
  /** The change and what came after it and would be undone too, in the order it happened. */
  readonly changes: readonly Pick<ListedChange, 'kind' | 'at'>[]
}

/** The record of an account's changes, and how they are taken back. */
export interface Changes {
  /** Before a change, in its transaction: nobody else changes the account until it ends. Returns how it is found and proven now. */
  begin(tx: Db, accountId: AccountId): Promise<AccountState>
  /** Records a change that was made in this transaction, and tells the owner by mail (MFA-44). Throws {@link ChangeHeld} while changes are held. */
  record(tx: Db, accountId: AccountId, change: MadeChange): Promise<void>
  /** The latest first, at most {@link MOST_LISTED}. @param before number of the last one of the page before */
  list(db: Db, accountId: AccountId, page?: { readonly before?: number; readonly limit?: number }): Promise<readonly ListedChange[]>
  /** What the token of a link is about; undefined when it was used, is too old, or is none. */
  findByLink(db: Db, token: string, now: Date): Promise<LinkedChange | undefined>
  /** Undoes a change of this account and every later one, in a transaction. Works once. */
  undo(tx: Db, accountId: AccountId, seq: number, by: UndoneBy): Promise<UndoResult>
  /** Whether something was undone at this moment or later: a proof from before it is void. */
  wasUndoneSince(db: Db, accountId: AccountId, since: Date): Promise<boolean>
  /** The same, or something was taken away that a proof from before it may rest on (SEC-33, SEC-59). */
  wasVoidedSince(db: Db, accountId: AccountId, since: Date): Promise<boolean>
  /** What is on hold now. */
  hold(db: Db, accountId: AccountId, what: Held, now: Date): Promise<Hold | undefined>
  putHold(tx: Db, accountId: AccountId, what: Held, because: HoldReason, since: Date): Promise<void>
  liftHold(tx: Db, accountId: AccountId, what: Held): Promise<void>
  /** Addresses that are to become an account's. */
  readonly pendingEmails: PendingEmails
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
    async findByLink(db, token, now) {
      const found = await findByLink(db, sha256(token), now)
      if (!found) return undefined
      const { account_id: accountId, seq } = found
      return { accountId, seq, changes: await listFrom(db, accountId, seq, MOST_LISTED) }
    },
    undo: (tx, accountId, seq, by) => undoChange(deps, tx, accountId, seq, by),
    wasUndoneSince,
    wasVoidedSince,
    hold: findHold,
    putHold,
    liftHold,
    pendingEmails: createPendingEmails(deps),
    async sweep(db, now) {
      const old = new Date(now.getTime() - KEPT_S * 1000)
      const forgotten = await forgetUndoData(db, now, SWEEP_AT_ONCE)
      await deps.accounts.forgetFormer(db, forgotten)
      const swept = [
        forgotten.length,
        await deleteOldPending(db, now, SWEEP_AT_ONCE),
        await deleteOldChanges(db, old, SWEEP_AT_ONCE),
        await deleteOldLinks(db, now, SWEEP_AT_ONCE),
        await deleteOldHolds(db, now, SWEEP_AT_ONCE),
      ]
      return swept.reduce((sum, count) => sum + count, 0)
    },
  }
}
