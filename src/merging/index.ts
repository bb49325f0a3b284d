/**
 * Owns how two accounts of one person become one, and two again: what may, what comes of it, and the end of the time in which it can be undone.
 *
 * Does not own the rows: each folder writes its own. Nor the proof that both accounts are the same person's: that is asked for before.
 */
import type { Db } from '../store/db.ts'
import type { AccountId } from '../store/ids.ts'
import type { MergingDeps } from './deps.ts'
import { finishDue } from './finish-merge.ts'
import { type MergeInput, type MergeResult, mergeAccounts } from './merge-accounts.ts'
import { type MergePreview, previewMerge } from './preview.ts'
import { undoMerge } from './undo-merge.ts'

export type { MergingDeps } from './deps.ts'
export { MERGE_PROBLEMS, type MergeProblem } from './may-merge.ts'
export type { MergeInput, MergeResult } from './merge-accounts.ts'
export type { MergePreview, PreviewSide } from './preview.ts'
export { UNDO_S } from './undo-merge.ts'

/** Two accounts of one person. */
export interface Merging {
  preview(db: Db, survivor: AccountId, absorbed: AccountId): Promise<MergePreview>
  /** In the caller's transaction. Where it is refused nothing was written. */
  merge(tx: Db, input: MergeInput): Promise<MergeResult>
  /** In the caller's transaction. False: these two are not one, or it is too late. */
  undo(tx: Db, who: { readonly survivor: AccountId; readonly absorbed: AccountId }): Promise<boolean>
  /** Makes the rows of accounts that were absorbed thirty days ago their survivors' own. Returns how many accounts. */
  finishDue(): Promise<number>
}

/** Merges over the accounts, authenticators and sharing of this app. */
export function createMerging(deps: MergingDeps): Merging {
  return {
    preview: (db, survivor, absorbed) => previewMerge(deps, db, survivor, absorbed),
    merge: (tx, input) => mergeAccounts(deps, tx, input),
    undo: (tx, who) => undoMerge(deps, tx, who),
    finishDue: () => finishDue(deps),
  }
}
