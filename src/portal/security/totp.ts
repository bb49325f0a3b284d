import type { Context } from 'koa'
import { recoveryCodesPage, type TotpSetupModel, totpSetupPage } from '../../../views/index.ts'
import type { TotpOffer } from '../../authenticators/index.ts'
import { Refusal } from '../../web/refusal.ts'
import type { CustomerPage, PortalDeps } from '../deps.ts'
import { backToSecurity, makeChange, readChange } from './change.ts'
import { enrolledIfFresh } from './fresh.ts'
import { sendRemovalQuestion, takeAway } from './removal.ts'

const PATH = '/account/security/totp'
const OFFER_FIELD = 'authenticators.totp_offer'

/** GET /account/security/totp: a new secret as a picture and as text. It counts for nothing yet. */
export async function showTotp(deps: PortalDeps, ctx: Context, customer: CustomerPage): Promise<void> {
  if (!(await enrolledIfFresh(deps, ctx, customer))) return
  const account = (await deps.accounts.emailOf(deps.db, customer.account_id)) ?? ''
  await sendSetup(deps, ctx, customer, await deps.authenticators.totp.offer({ issuer: deps.group().name, account }))
}

/** POST: the first code shows that the app has the secret; now it counts. The answer shows recovery codes where there were none. */
export async function addTotp(deps: PortalDeps, ctx: Context, customer: CustomerPage): Promise<void> {
  const change = await readChange(deps, ctx, customer)
  const { form } = change
  const offer = await openOffer(deps, customer, form.text('offer', { max: 2_000 }))
  const typed = form.text('code', { max: 200 })
  const tried = await deps.limits.proofs.begin(deps.db, customer.account_id, 'totp', deps.clock())
  if (!tried.ok) {
    ctx.set('Retry-After', String(tried.retryAfterS))
    return sendSetup(deps, ctx, customer, offer, { status: 429, error: 'too_many_tries', retryMinutes: Math.ceil(tried.retryAfterS / 60) })
  }
  let codes: readonly string[] = []
  const added = await makeChange(deps, ctx, customer, 'totp_added', async (tx) => {
    if (!(await deps.authenticators.totp.enrol(tx, customer.account_id, offer.secret, typed)).ok) return false
    await tried.succeeded(tx)
    // Whoever has a second factor can lose it: the way back is made with it, unless there is one.
    if (change.enrolled.recoveryCodes === 0) codes = await deps.authenticators.recoveryCodes.replace(tx, customer.account_id)
    return true
  })
  if (added && codes.length > 0) deps.pages.send(ctx, (page) => recoveryCodesPage(page, { codes, signOutHref: customer.signOutHref }))
  else if (added) backToSecurity(ctx, 'totp_added')
  else await sendSetup(deps, ctx, customer, offer, { status: 422, error: 'wrong_code' })
}

/** GET /account/security/totp/remove: asks first. */
export async function askToRemoveTotp(deps: PortalDeps, ctx: Context, customer: CustomerPage): Promise<void> {
  const enrolled = await enrolledIfFresh(deps, ctx, customer)
  if (!enrolled) return
  if (!enrolled.totpSince) throw new Refusal('not_found')
  sendRemovalQuestion(deps, ctx, customer, { kind: 'remove_totp', action: `${PATH}/remove` })
}

export async function removeTotp(deps: PortalDeps, ctx: Context, customer: CustomerPage): Promise<void> {
  await readChange(deps, ctx, customer)
  const refusal = await takeAway(deps, ctx, customer, 'totp', deps.authenticators.totp.remove)
  if (refusal) sendRemovalQuestion(deps, ctx, customer, { kind: 'remove_totp', action: `${PATH}/remove`, refusal })
  else backToSecurity(ctx, 'totp_removed')
}

interface Shown extends Pick<TotpSetupModel, 'error' | 'retryMinutes'> {
  readonly status?: number
}

async function sendSetup(
  deps: PortalDeps,
  ctx: Context,
  customer: CustomerPage,
  offer: TotpOffer,
  { status = 200, ...shown }: Shown = {},
): Promise<void> {
  const json = JSON.stringify({ ...offer, account_id: customer.account_id })
  const sealed = (await deps.vault.sealSystem(OFFER_FIELD, json)).toString('base64url')
  const { default: encodeQR } = await import('qr') // drawn by few, so not loaded at start
  const model = {
    action: PATH,
    csrf: deps.csrf.token(customer.csrfBinding),
    signOutHref: customer.signOutHref,
    secret: offer.secret,
    sealed,
    picture: encodeQR(offer.uri, 'svg', { ecc: 'medium' }),
  }
  deps.pages.send(ctx, (page) => totpSetupPage(page, { ...model, ...shown }), { status })
}

/** The secret this server made for this customer; what anybody else made is no offer. */
async function openOffer(deps: PortalDeps, { account_id }: CustomerPage, sealed: string): Promise<TotpOffer> {
  const json = await deps.vault.openSystem(OFFER_FIELD, Buffer.from(sealed, 'base64url')).catch(() => '{}')
  const { account_id: of, secret, uri } = JSON.parse(json) as Partial<TotpOffer & { account_id: string }> // sealed by the function above
  if (of !== account_id || !secret || !uri) throw new Refusal('expired')
  return { secret, uri }
}
