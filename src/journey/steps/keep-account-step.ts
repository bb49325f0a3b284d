import { keepAccountPage } from '../../../views/index.ts'
import { accountChanged } from '../account-changed.ts'
import { accountOf, startOver } from '../facts.ts'
import type { Step, StepOutcome } from '../step.ts'

/**
 * Whoever signs in to an account that is being closed is asked whether to keep it. There are two ways on: keep it, or leave everything as it is and
 * be signed in nowhere.
 */
export const keepAccountStep: Step = {
  name: 'keep_account',
  view(_deps, { facts, target }) {
    const closesAt = new Date(facts.run.closes_at ?? 0)
    return (page) => keepAccountPage(page, { ...target, closesAt })
  },

  async handle(deps, input, form): Promise<StepOutcome> {
    const { run } = input.facts
    const accountId = accountOf(input.facts)
    if (form.text('action', { max: 20 }) !== 'keep' || !accountId) return { kind: 'denied' }
    return {
      kind: 'accept',
      run: { ...run, closes_at: undefined },
      async write(tx) {
        if (!(await deps.accounts.closing.undo(tx, accountId, input.now))) return { ok: false, reason: 'already_used' }
        await accountChanged(deps, tx, input, accountId, 'deletion_undone')
        return { ok: true }
      },
      // Undone in another tab, or too late: whoever signs in again finds out which.
      onRefusal: () => ({ kind: 'accept', run: startOver(run, 'sign_in') }),
    }
  },
}
