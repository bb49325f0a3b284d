import { linkProviderPage } from '../../../views/index.ts'
import { isLifted } from '../../changes/index.ts'
import type { AccountId } from '../../store/ids.ts'
import { accountChanged } from '../account-changed.ts'
import { FRESH_S, levelOf, reaches } from '../assurance.ts'
import { broughtAlong } from '../federated.ts'
import type { Step, StepDeps, StepInput, StepOutcome } from '../step.ts'

/**
 * Both sides are proven: the provider said who the customer is there, and the customer signed in here. Now they may say that it is one person; no
 * address that happens to be the same says it for them (MFA-37, SEC-65).
 */
export const linkProviderStep: Step = {
  name: 'link_provider',
  async view(deps, input) {
    const brought = broughtAlong(input, 'link')
    const accountId = input.facts.run.account_id
    const accountEmail = (accountId && (await deps.accounts.emailOf(deps.db, accountId))) ?? ''
    const enough = brought !== undefined && accountId !== undefined && (await isEnough(deps, input, accountId))
    const address = brought?.identity.email
    const model = { ...input.target, provider: brought?.name ?? input.facts.run.federated?.identity.provider ?? '', accountEmail, enough }
    return (page) => linkProviderPage(page, { ...model, ...(address === undefined ? {} : { theirAddress: address }) })
  },

  async handle(deps, input, form): Promise<StepOutcome> {
    const { account_id: accountId } = input.facts.run
    const brought = broughtAlong(input, 'link')
    const run = { ...input.facts.run, federated: undefined }
    const wanted = form.text('action', { max: 20 }) === 'link'
    if (!wanted || !brought || !accountId || !(await isEnough(deps, input, accountId))) return { kind: 'accept', run }
    return {
      kind: 'accept',
      run,
      async write(tx) {
        const before = await deps.changes.begin(tx, accountId)
        if (!(await deps.authenticators.federated.link(tx, accountId, brought.identity))) return { ok: false, reason: 'already_used' }
        await accountChanged(deps, tx, input, accountId, 'provider_added', before)
        return { ok: true }
      },
      // linked meanwhile, to whatever account: the sign-in goes on without
      onRefusal: () => ({ kind: 'accept', run }),
    }
  },
}

/**
 * Whether what was proven in this run, a moment ago, is as strong as the account's strongest: less never adds a way in (MFA-45). Nor is one added while
 * changes are on hold (MFA-35).
 */
async function isEnough({ authenticators, changes, db }: StepDeps, { facts, now }: StepInput, accountId: AccountId): Promise<boolean> {
  const oldest = now.getTime() - FRESH_S * 1000
  const young = facts.run.evidence.filter(({ at }) => Date.parse(at) >= oldest)
  const { passkeys, password, totpSince, smsSettled } = await authenticators.enrolled(db, accountId)
  const strongest = passkeys > 0 ? 'phr' : !password ? 'email' : totpSince || smsSettled ? 'mfa' : 'password'
  const level = levelOf(young)
  if (young.length === 0 || !reaches(level, strongest)) return false
  const hold = await changes.hold(db, accountId, 'changes', now)
  return !hold || isLifted(hold, { level, at: new Date(Math.max(...young.map(({ at }) => Date.parse(at)))) })
}
