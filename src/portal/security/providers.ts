import type { Context } from 'koa'
import { goOnPage, type LinkedAccounts } from '../../../views/index.ts'
import type { ListedLink } from '../../authenticators/index.ts'
import { type Group, type IdentityProvider, isOffered } from '../../group/group.ts'
import type { Db } from '../../store/db.ts'
import type { AccountId } from '../../store/ids.ts'
import { type Locale, localised } from '../../web/i18n.ts'
import { queryOf } from '../../web/pages.ts'
import { Refusal } from '../../web/refusal.ts'
import type { CustomerPage, PortalDeps } from '../deps.ts'
import { OWN_RECIPIENT } from '../own-client.ts'
import { backToSecurity, makeChange, readChange } from './change.ts'
import { enrolledIfFresh } from './fresh.ts'
import { requireNoHold } from './held.ts'
import { sendRemovalQuestion, takeAway } from './removal.ts'

const PATH = '/account/security/providers'

const providersFor = (group: Group, use: 'sign_in' | 'link'): readonly IdentityProvider[] =>
  group.policies.identityProviders.filter((provider) => isOffered(provider, use))

/** The customer's accounts elsewhere, and what else could be linked. Nothing where there is neither. */
export async function linkedAccountsOf(
  deps: PortalDeps,
  { account_id }: CustomerPage,
  { fresh, locale }: { readonly fresh: boolean; readonly locale: Locale },
): Promise<LinkedAccounts | undefined> {
  const group = deps.group()
  const links = await deps.authenticators.federated.list(deps.db, account_id)
  const providers = providersFor(group, 'link').map(({ key, name }) => ({ key, name: localised(name, locale) }))
  if (links.length + providers.length === 0) return undefined
  const rows = links.map((link) => ({ ...link, name: nameOf(group, link, locale), off: !isUsable(group, link) }))
  return { rows, providers, fresh }
}

const nameOf = (group: Group, { provider, issuer }: ListedLink, locale: Locale): string => {
  const known = group.policies.identityProviders.find(({ key }) => key === provider)
  return known ? localised(known.name, locale) : new URL(issuer).host
}

/** Whether the link opens the account now: its provider may be switched off, or no longer in the group file. */
const isUsable = (group: Group, { provider }: ListedLink): boolean => providersFor(group, 'sign_in').some(({ key }) => key === provider)

/** How many links open the account, one of them left out. */
export async function usableLinks({ group, authenticators }: PortalDeps, tx: Db, accountId: AccountId, but?: string): Promise<number> {
  const links = await authenticators.federated.list(tx, accountId)
  return links.filter((link) => link.id !== but && isUsable(group(), link)).length
}

/** Of this session: an answer that was asked for in another counts nowhere (SEC-67). */
const placeOf = ({ uid }: CustomerPage): string => `account ${uid}`

/** POST /account/security/providers: on to the provider. */
export async function linkProvider(deps: PortalDeps, ctx: Context, customer: CustomerPage): Promise<void> {
  const { form } = await readChange(deps, ctx, customer)
  const key = form.text('provider', { max: 63 })
  const provider = providersFor(deps.group(), 'link').find((each) => each.key === key)
  if (!provider) throw new Refusal('not_found')
  const locale = deps.pages.localeOf(ctx.req)
  const ask = { place: placeOf(customer), returnTo: PATH, recipient: OWN_RECIPIENT, locale, fresh: false }
  const begun = await deps.authenticators.federated.begin(provider, ask)
  if (!begun.ok) return backToSecurity(ctx, 'provider_refused')
  await begun.remember(deps.db)
  deps.pages.send(ctx, (page) => goOnPage(page, { provider: localised(provider.name, locale), href: begun.href }))
}

/** GET /account/security/providers?state=…: the provider said who the customer is there, and the session's proof is still young: both sides (MFA-37). */
export async function finishLink(deps: PortalDeps, ctx: Context, customer: CustomerPage): Promise<void> {
  await requireNoHold(deps, customer)
  if (!(await enrolledIfFresh(deps, ctx, customer))) return
  const { federated } = deps.authenticators
  const providerOf = (key: string) => providersFor(deps.group(), 'link').find((each) => each.key === key)
  const state = queryOf(ctx.req).get('state') ?? ''
  const answer = await federated.finish(deps.db, { state, place: placeOf(customer), providerOf })
  const linked =
    answer.ok && (await makeChange(deps, ctx, customer, 'provider_added', (tx) => federated.link(tx, customer.account_id, answer.identity)))
  backToSecurity(ctx, linked ? 'provider_added' : 'provider_refused')
}

/** GET /account/security/providers/remove?link=…: asks first. */
export async function askToUnlink(deps: PortalDeps, ctx: Context, customer: CustomerPage): Promise<void> {
  if (await enrolledIfFresh(deps, ctx, customer)) await sendQuestion(deps, ctx, customer, queryOf(ctx.req).get('link') ?? '')
}

/** POST: the account elsewhere opens this one no more. The last way in stays (SEC-57). */
export async function unlinkProvider(deps: PortalDeps, ctx: Context, customer: CustomerPage): Promise<void> {
  const { form } = await readChange(deps, ctx, customer)
  const id = form.text('link', { max: 50 })
  const { federated } = deps.authenticators
  const refusal = await takeAway(deps, ctx, customer, { what: 'provider', link: id }, (tx, accountId) =>
    federated.unlink(tx, accountId, id),
  )
  if (refusal) await sendQuestion(deps, ctx, customer, id, refusal)
  else backToSecurity(ctx, 'provider_removed')
}

async function sendQuestion(
  deps: PortalDeps,
  ctx: Context,
  customer: CustomerPage,
  id: string,
  refusal?: Parameters<typeof sendRemovalQuestion>[3]['refusal'],
): Promise<void> {
  const link = (await deps.authenticators.federated.list(deps.db, customer.account_id)).find((own) => own.id === id)
  if (!link) throw new Refusal('not_found')
  const device = nameOf(deps.group(), link, deps.pages.localeOf(ctx.req))
  const question = { kind: 'remove_provider', action: `${PATH}/remove`, fields: { link: id }, device } as const
  sendRemovalQuestion(deps, ctx, customer, { ...question, ...(refusal && { refusal }) })
}
