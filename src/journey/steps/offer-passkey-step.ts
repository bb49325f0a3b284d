import { offerPasskeyPage } from '../../../views/index.ts'
import { readPasskeyAnswer } from '../../authenticators/index.ts'
import type { AccountId } from '../../store/ids.ts'
import type { Form } from '../../web/form.ts'
import type { Page } from '../../web/pages.ts'
import { accountChanged } from '../account-changed.ts'
import { afterRefusal } from '../passkey-ceremony.ts'
import type { Step, StepDeps, StepInput, StepOutcome } from '../step.ts'

/** Offers a passkey to whoever signed in with a password in a browser that can keep one. Saying no is one press, and is remembered (MFA-9). */
export const offerPasskeyStep: Step = {
  name: 'offer_passkey',
  view: (deps, input) => offerView(deps, input),

  async handle(deps, input, form) {
    const { run } = input.facts
    const accountId = run.account_id
    const action = form.text('action', { max: 20 })
    if (!accountId) return { kind: 'accept', run }
    return action === 'not-now' || action === 'never'
      ? decline(deps, input, accountId, { forGood: action === 'never' })
      : add(deps, input, form, accountId)
  },
}

function decline(
  { authenticators }: StepDeps,
  { facts, now }: StepInput,
  accountId: AccountId,
  no: { readonly forGood: boolean },
): StepOutcome {
  return {
    kind: 'accept',
    run: { ...facts.run, passkey_offered: true },
    async write(tx) {
      await authenticators.passkeyOffers.decline(tx, accountId, { ...no, now })
      return { ok: true }
    },
  }
}

async function add(deps: StepDeps, input: StepInput, form: Form, accountId: AccountId): Promise<StepOutcome> {
  const { passkeys } = deps.authenticators
  const { run } = input.facts
  const registered = await passkeys.register(readPasskeyAnswer(form, input.ceremony))
  // The run is saved whatever came of it, so that no challenge is looked at twice (MFA-6).
  if (!registered.ok) return { kind: 'page', status: 422, page: await offerView(deps, afterRefusal(input), { isRefused: true }), run }
  return {
    kind: 'accept',
    run: { ...run, passkey_offered: true },
    async write(tx) {
      if (!(await passkeys.add(tx, accountId, registered.passkey))) return { ok: false, reason: 'already_used' }
      await accountChanged(deps, tx, input, accountId, 'passkey_added')
      return { ok: true }
    },
    onRefusal: () => ({ kind: 'accept', run }), // somebody's already: the page comes again and asks for another
  }
}

async function offerView(deps: StepDeps, input: StepInput, { isRefused = false } = {}): Promise<Page> {
  const { facts, target, group } = input
  const accountId = facts.run.account_id
  if (!accountId) throw new Error('a passkey is offered to somebody who is signed in')
  const who = { accountId, name: (await deps.accounts.emailOf(deps.db, accountId)) ?? '', displayName: '' }
  const ask = await deps.authenticators.passkeys.creation(deps.db, who, input.ceremony)
  return (page) => offerPasskeyPage(page, { ...target, ask, groupName: group.name, isRefused })
}
