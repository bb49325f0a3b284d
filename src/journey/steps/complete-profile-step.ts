import { completeProfilePage, type RequestedAttribute } from '../../../views/index.ts'
import { SERVICE } from '../../group/group.ts'
import { KNOWN } from '../../sharing/index.ts'
import type { AttributeName } from '../../store/ids.ts'
import type { Page } from '../../web/pages.ts'
import { accountOf } from '../facts.ts'
import { askableAttributes, profileOf, withValue } from '../requested-attributes.ts'
import type { Step, StepInput, StepOutcome } from '../step.ts'

/**
 * Asks for what a client cannot work without and the profile has not got: just that, once, with the client's reason. The values are the customer's
 * own. Who fills in what a brand they know asks for has agreed to exactly that; at a first visit the page that asks for agreement still comes.
 */
export const completeProfileStep: Step = {
  name: 'complete_profile',
  view: (_deps, input) => completeView(input, askableAttributes(input, input.facts.missing)),

  async handle(deps, input, form): Promise<StepOutcome> {
    if (form.text('action', { max: 20 }) === 'deny') return { kind: 'denied' }
    const { facts, group, recipient, now } = input
    const accountId = accountOf(facts)
    const asked = askableAttributes(input, facts.missing).map((attribute) => withValue(attribute, form, group.country))
    if (!accountId || asked.some(({ error }) => error)) return { kind: 'page', status: 422, page: completeView(input, asked) }
    return {
      kind: 'accept',
      run: facts.run,
      async write(tx) {
        const { version } = await deps.accounts.readOwnProfile(tx, accountId)
        const changed = await deps.accounts.changeOwnProfile(tx, accountId, profileOf(asked, group.country), version)
        if (!changed.ok) return { ok: false, reason: 'already_used' }
        const attributes = facts.outstanding.includes(KNOWN) ? [] : asked.map(({ name }) => name as AttributeName) // a name of the group's, from above
        await deps.sharing.confirm(tx, { accountId, recipient: recipient.key, purpose: SERVICE, attributes, now })
        return { ok: true }
      },
      // The profile was changed meanwhile, perhaps by exactly this: the page that is due asks for what is still missing.
      onRefusal: () => ({ kind: 'accept', run: facts.run }),
    }
  },
}

const completeView =
  ({ target, recipient }: StepInput, attributes: readonly RequestedAttribute[]): Page =>
  (page) =>
    completeProfilePage(page, { ...target, recipientName: recipient.name, attributes })
