import type { Db } from '../store/db.ts'
import type { AccountId } from '../store/ids.ts'
import type { MergingDeps } from './deps.ts'

/** How long two accounts that became one can be parted again, in seconds. */
export const UNDO_S = 30 * 86_400

/**
 * Parts two accounts: each is what it was, but for what was changed since, which stays with the survivor. In the caller's transaction.
 *
 * Every session ends, this one too: it may have been proven with what is the other account's again.
 *
 * @returns false: these two are not one, or it is too late
 */
export async function undoMerge(
  deps: MergingDeps,
  tx: Db,
  { survivor, absorbed }: Record<'survivor' | 'absorbed', AccountId>,
): Promise<boolean> {
  const { merges } = deps.accounts
  await merges.lock(tx, [survivor, absorbed])
  const merge = (await merges.open(tx, survivor)).find(({ absorbedId }) => absorbedId === absorbed)
  if (!merge || deps.clock().getTime() >= merge.mergedAt.getTime() + UNDO_S * 1000) return false
  const parted = await merges.part(tx, survivor, absorbed)
  if (!parted) return false
  await deps.sharing.part(tx, survivor, parted.rest)
  await deps.authenticators.trustedDevices.forgetAll(tx, survivor)
  await deps.forgetExport(tx, survivor) // the other account's things may be in it
  await deps.endSessions(tx, survivor, undefined)
  return true
}
