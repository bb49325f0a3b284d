import type { AccountId } from '../store/ids.ts'
import type { MergingDeps } from './deps.ts'
import { UNDO_S } from './undo-merge.ts'

const AT_ONCE = 100

/**
 * After thirty days the rows of an absorbed account become its survivor's, sealed with that one's key, and its own key is destroyed.
 *
 * One transaction for each, which holds both accounts as a merge and its undoing do: what breaks it off leaves everything as it was, and the next
 * round, in whatever process, begins it anew. Returns how many it finished.
 */
export async function finishDue(deps: MergingDeps): Promise<number> {
  const cutoff = new Date(deps.clock().getTime() - UNDO_S * 1000)
  const failures: unknown[] = []
  let finished = 0
  for (;;) {
    const due = await deps.accounts.merges.due(deps.db, cutoff, AT_ONCE)
    const before = finished
    for (const merge of due) {
      try {
        if (await finish(deps, merge)) finished++
      } catch (error) {
        failures.push(error) // one that cannot be finished keeps no other from it
      }
    }
    if (due.length < AT_ONCE || finished === before) break
  }
  if (failures.length > 0) throw new AggregateError(failures, 'some merges could not be finished')
  return finished
}

async function finish(deps: MergingDeps, { survivor, absorbed }: Record<'survivor' | 'absorbed', AccountId>): Promise<boolean> {
  return deps.db.transaction().execute(async (tx) => {
    const { merges } = deps.accounts
    await merges.lock(tx, [survivor, absorbed])
    if (!(await merges.end(tx, survivor, absorbed))) return false
    const move = { from: absorbed, to: survivor }
    await deps.authenticators.move(tx, move)
    await deps.activity.move(tx, move)
    await merges.moveRows(tx, move)
    await deps.sharing.forget(tx, absorbed)
    await deps.vault.destroyAccountKeys(tx, absorbed)
    return true
  })
}
