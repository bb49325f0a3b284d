import { type PasswordProblem, recoverPage } from '../../../views/index.ts'
import { kindOf } from '../../accounts/index.ts'
import { MAX_PASSWORD } from '../../authenticators/index.ts'
import type { Db } from '../../store/db.ts'
import type { AccountId } from '../../store/ids.ts'
import type { Page } from '../../web/pages.ts'
import { accountChanged } from '../account-changed.ts'
import { type RunFacts, startOver } from '../facts.ts'
import type { Step, StepDeps, StepInput, StepOutcome } from '../step.ts'

/**
 * The end of a recovery: a new password, after the mailbox and whatever second factor there is were proven (MFA-31). It ends every other session,
 * so whoever was inside is outside.
 */
export const newPasswordStep: Step = {
  name: 'new_password',
  view: (_deps, input) => recoverView(input),

  async handle(deps, input, form): Promise<StepOutcome> {
    const { run } = input.facts
    const accountId = run.account_id
    const password = form.exact('password', { max: MAX_PASSWORD })
    const error = await problemOf(deps, input, password)
    if (error || !accountId) return { kind: 'page', status: 422, page: recoverView(input, error) }
    const hash = await deps.authenticators.passwords.hash(password)
    const evidence = [...run.evidence, { authenticator: 'password' as const, at: input.now.toISOString() }]
    return {
      kind: 'accept',
      run: { ...run, recovered: true, evidence },
      async write(tx) {
        const before = await deps.changes.begin(tx, accountId)
        // The address that was proven may have been replaced since, the account be another's part or about to be closed (SEC-59): nobody changes that now.
        if (!(await isStillTheirs(deps, tx, run, accountId))) return { ok: false, reason: 'already_used' }
        await deps.authenticators.passwords.set(tx, accountId, hash, input.now)
        await deps.endSessions(tx, accountId, input.facts.session?.uid)
        await accountChanged(deps, tx, input, accountId, input.facts.password ? 'password_changed' : 'password_added', before)
        return { ok: true }
      },
      onRefusal: () => ({ kind: 'accept', run: startOver(run, 'sign_in') }),
    }
  },
}

async function isStillTheirs({ accounts }: StepDeps, tx: Db, { identifier = '' }: RunFacts, accountId: AccountId): Promise<boolean> {
  const found = await accounts.findByIdentifier(tx, kindOf(identifier), identifier)
  return found?.id === accountId && found.status === 'active'
}

async function problemOf(deps: StepDeps, { group, recipient, facts }: StepInput, password: string): Promise<PasswordProblem | undefined> {
  if (password === '') return 'required'
  const words = [group.name, recipient.name, recipient.key, facts.run.identifier ?? '']
  return deps.authenticators.passwords.refusal(password, { minLength: group.policies.password.minLength, words })
}

const recoverView =
  ({ target, facts, group }: StepInput, error?: PasswordProblem): Page =>
  (page) =>
    recoverPage(page, {
      ...target,
      email: facts.run.identifier ?? '',
      minLength: group.policies.password.minLength,
      ...(error ? { error } : {}),
    })
