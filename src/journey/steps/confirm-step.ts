import { confirmPage } from '../../../views/index.ts'
import { type Client, registeredAttributes, SERVICE } from '../../group/group.ts'
import { KNOWN } from '../../sharing/index.ts'
import type { AttributeName, PurposeName } from '../../store/ids.ts'
import { localised } from '../../web/i18n.ts'
import { accountOf, startOver } from '../facts.ts'
import { itemsToConfirm } from '../outstanding.ts'
import type { Step, StepDeps, StepInput, StepOutcome } from '../step.ts'

/** Says in plain words who asks for what, once per recipient, with one button; and asks again where the client or its kind demands it. */
export const confirmStep: Step = {
  name: 'confirm',
  async view(deps, input) {
    const email = await addressOf(deps, input)
    const { client, recipient, group, locale, target, facts } = input
    const items = itemsToConfirm(client, recipient).flatMap((name) => {
      const attribute = group.attributes.get(name)
      const purpose = group.purposes.get(purposeOf(client, name))
      return attribute && purpose ? [{ label: localised(attribute.label, locale), purpose: localised(purpose.label, locale) }] : []
    })
    const listed = new Set<string>(items.map((item) => item.label))
    // A partner gets what is listed above and nothing else (sharing's gate).
    const alsoReads = (recipient.kind === 'partner' ? [] : [...registeredAttributes(client)])
      .flatMap((name) => localised(group.attributes.get(name)?.label ?? {}, locale) || [])
      .filter((label) => !listed.has(label))
    const reason = facts.outstanding.length > 0 ? 'first_visit' : (facts.request.ask ?? 'first_visit')
    return (page) =>
      confirmPage(page, {
        ...target,
        clientName: client.name,
        recipientName: recipient.name,
        items,
        alsoReads,
        accountEmail: email,
        reason,
      })
  },

  async handle(deps, input, form): Promise<StepOutcome> {
    const { facts, client, recipient, now } = input
    const action = form.text('action', { max: 20 })
    if (action === 'deny') return { kind: 'denied' }
    const accountId = accountOf(facts)
    if (action === 'other-account' || !accountId) {
      return { kind: 'accept', run: { ...startOver(facts.run, 'sign_in'), other_account: true } }
    }
    return {
      kind: 'accept',
      run: { ...facts.run, confirmed: true },
      async write(tx) {
        const attributes = itemsToConfirm(client, recipient)
        for (const purpose of new Set(attributes.map((name) => purposeOf(client, name)))) {
          const named = attributes.filter((name) => purposeOf(client, name) === purpose)
          await deps.sharing.confirm(tx, { accountId, recipient: recipient.key, purpose, attributes: named, now })
        }
        return { ok: true }
      },
    }
  },
}

/** The purpose an item is asked for under: `service` where the client needs it for that, else the first it is registered with. */
function purposeOf(client: Client, name: AttributeName): PurposeName {
  if (name === KNOWN) return SERVICE
  const needs = client.needs.filter((need) => need.attributes.some((a) => a.name === name))
  return (needs.find((need) => need.purpose === SERVICE) ?? needs[0])?.purpose ?? SERVICE
}

async function addressOf({ db, accounts }: StepDeps, { facts }: StepInput): Promise<string> {
  const accountId = accountOf(facts)
  if (!accountId) return ''
  return (await accounts.emailOf(db, accountId)) ?? (await accounts.phoneOf(db, accountId))?.number ?? ''
}
