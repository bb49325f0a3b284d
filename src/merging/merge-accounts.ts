import type { Db } from '../store/db.ts'
import type { AccountId } from '../store/ids.ts'
import type { MergingDeps } from './deps.ts'
import { sideOf } from './known-recipients.ts'
import { type MergeProblem, mergeProblem } from './may-merge.ts'

export interface MergeInput {
  readonly survivor: AccountId
  readonly absorbed: AccountId
  /** Attributes of which the customer wants the absorbed account's value. */
  readonly chosen: ReadonlySet<string>
  /** The versions of both profiles that the customer was looking at. */
  readonly versions: { readonly survivor: number; readonly absorbed: number }
  /** The survivor's session that goes on; every other one of both ends. */
  readonly keepSession: string | undefined
}

export type MergeResult = { readonly ok: true } | { readonly ok: false; readonly reason: MergeProblem | 'changed_meanwhile' }

/**
 * Makes two accounts one, in the caller's transaction. Both are proven before: this asks nobody. Where it is refused nothing was written.
 *
 * Both rows are held first, so that of merges at once that touch one account the first counts and the others see it. Sessions end on both sides:
 * whoever sits in one of either account was let in to that one, not to what both are now (MFA-44).
 */
export async function mergeAccounts(deps: MergingDeps, tx: Db, input: MergeInput): Promise<MergeResult> {
  const { survivor, absorbed, chosen, versions, keepSession } = input
  const { accounts, sharing } = deps
  const states = await accounts.merges.lock(tx, [survivor, absorbed])
  const [own, other] = [states.get(survivor), states.get(absorbed)]
  const problem = mergeProblem(own, other)
  if (problem) return { ok: false, reason: problem }
  if (own?.version !== versions.survivor || other?.version !== versions.absorbed) return { ok: false, reason: 'changed_meanwhile' }
  const rest = await sharing.join(tx, await sideOf(deps, tx, survivor), await sideOf(deps, tx, absorbed))
  await accounts.merges.absorb(tx, { survivor, absorbed, chosen, rest })
  // What both are proven with is another set now, which no browser was trusted under (MFA-20).
  for (const accountId of [absorbed, survivor]) await deps.authenticators.trustedDevices.forgetAll(tx, accountId)
  await deps.endSessions(tx, absorbed, undefined)
  await deps.endSessions(tx, survivor, keepSession)
  return { ok: true }
}
