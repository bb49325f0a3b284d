import type { Context } from 'koa'
import { type ConfirmActionModel, confirmActionPage, type RemovalRefusal } from '../../../views/index.ts'
import type { Enrolled } from '../../authenticators/index.ts'
import type { Client, Level } from '../../group/group.ts'
import { reaches } from '../../journey/index.ts'
import type { Db } from '../../store/db.ts'
import type { AccountId } from '../../store/ids.ts'
import { Refusal } from '../../web/refusal.ts'
import type { CustomerPage, PortalDeps } from '../deps.ts'
import { endingOthers, makeChange } from './change.ts'
import { strongest } from './fresh.ts'
import { usableLinks } from './providers.ts'

/** What can be taken away from an account. */
export type Removable = 'password' | 'passkey' | 'totp' | 'provider' | 'sms' | 'phone'

/** The strictest client that the customer has agreed to. */
export type Demand = Pick<Client, 'name'> & { readonly level: Level }

/** Whether an account may lose this: never its last way in (SEC-57), nor the last proof that something needs (MFA-34). */
export function removalRefusal(enrolled: Enrolled, what: Removable, demand: Demand | undefined): RemovalRefusal | undefined {
  const left = without(enrolled, what)
  if (!left.password && left.passkeys + left.federated === 0) return { reason: 'last_way_in' }
  const isNeeded = demand && reaches(strongest(enrolled), demand.level) && !reaches(strongest(left), demand.level)
  return isNeeded ? { reason: 'needed', clientName: demand.name } : undefined
}

function without(enrolled: Enrolled, what: Removable): Enrolled {
  switch (what) {
    case 'password':
      return { ...enrolled, password: false }
    case 'passkey':
      return { ...enrolled, passkeys: enrolled.passkeys - 1 }
    case 'provider':
      return { ...enrolled, federated: enrolled.federated - 1 }
    case 'totp':
      return { ...enrolled, totpSince: undefined }
    case 'sms':
    case 'phone':
      return { ...enrolled, smsSince: undefined, smsSettled: false }
    default:
      throw new Error(what satisfies never)
  }
}

/**
 * Takes something away, tells the owner and ends every other session; or says why it stays. Whether it may be is decided in the transaction that
 * does it: of two removals at once one waits for the other and sees what it left.
 */
export async function takeAway(
  deps: PortalDeps,
  ctx: Context,
  customer: CustomerPage,
  taken: Exclude<Removable, 'provider'> | { readonly what: 'provider'; readonly link: string },
  remove: (tx: Db, accountId: AccountId) => Promise<boolean>,
): Promise<RemovalRefusal | undefined> {
  const { account_id } = customer
  const { what, link } = typeof taken === 'string' ? { what: taken, link: undefined } : taken
  const outcome: { refusal?: RemovalRefusal | undefined } = {}
  const removed = await makeChange(deps, ctx, customer, `${what}_removed`, async (tx) => {
    // A link at a provider that is switched off is no way in; that the one to be removed may be such a one changes nothing for the others.
    const all = await deps.authenticators.enrolledForRemoval(tx, account_id)
    const others = await usableLinks(deps, tx, account_id, link)
    const enrolled = { ...all, federated: others + (what === 'provider' ? 1 : 0) }
    outcome.refusal = removalRefusal(enrolled, what, await demandOf(deps, tx, account_id))
    return outcome.refusal ? false : endingOthers(deps, tx, customer, await remove(tx, account_id))
  })
  if (!removed && !outcome.refusal) throw new Refusal('not_found')
  return outcome.refusal
}

/** Asks before something is taken away, or says why it stays. */
export function sendRemovalQuestion(
  deps: PortalDeps,
  ctx: Context,
  { csrfBinding, signOutHref }: CustomerPage,
  question: Pick<ConfirmActionModel, 'kind' | 'action' | 'refusal' | 'device' | 'fields'>,
): void {
  const model = { ...question, csrf: deps.csrf.token(csrfBinding), signOutHref, cancelHref: '/account/security' }
  deps.pages.send(ctx, (page) => confirmActionPage(page, model), question.refusal ? { status: 422 } : {})
}

/** Only clients of recipients that the customer has agreed to need anything of them. */
async function demandOf({ group, sharing }: PortalDeps, tx: Db, accountId: AccountId): Promise<Demand | undefined> {
  const demanding = [...group().clients.values()].flatMap(({ name, recipient, minimumAcr }) =>
    minimumAcr ? [{ name, recipient, level: minimumAcr }] : [],
  )
  const agreed = new Set<string>()
  for (const recipient of new Set(demanding.map((client) => client.recipient)))
    if ((await sharing.confirmedAttributes(tx, accountId, recipient)).length > 0) agreed.add(recipient)
  return demanding
    .filter(({ recipient }) => agreed.has(recipient))
    .reduce<Demand | undefined>((most, client) => (most && reaches(most.level, client.level) ? most : client), undefined)
}
