import type { Context } from 'koa'
import { codeText, type PhoneCodeModel, type PhoneModel, phoneCodePage, phonePage, phoneTakenText } from '../../../views/index.ts'
import { normalisePhone, SETTLES_S, smsDestination } from '../../accounts/index.ts'
import type { PendingPhone } from '../../authenticators/index.ts'
import { readForm } from '../../web/form.ts'
import { Refusal } from '../../web/refusal.ts'
import type { CustomerPage, PortalDeps } from '../deps.ts'
import { backToSecurity, endingOthers, makeChange } from './change.ts'
import { enrolledIfFresh, requireFresh } from './fresh.ts'
import { requireNoHold } from './held.ts'
import { mailOf } from './tell-owner.ts'

const PATH = '/account/security/phone'

/** GET /account/security/phone: asks for a number, or for the code that was texted to it. */
export async function showPhone(deps: PortalDeps, ctx: Context, customer: CustomerPage): Promise<void> {
  if (!(await enrolledIfFresh(deps, ctx, customer))) return
  const pending = await pendingOf(deps, customer)
  if (pending) sendCodePage(deps, ctx, customer, pending)
  else await sendNumberPage(deps, ctx, customer)
}

const pendingOf = ({ authenticators, db, clock }: PortalDeps, { account_id, uid }: CustomerPage): Promise<PendingPhone | undefined> =>
  authenticators.pendingPhones.find(db, account_id, uid, clock())

/** POST: a number, its code, a new code, or another number after all. */
export async function changePhone(deps: PortalDeps, ctx: Context, customer: CustomerPage): Promise<void> {
  const form = await readForm(ctx.req)
  deps.csrf.verify(ctx.req, customer.csrfBinding, form.text('csrf', { max: 100 }))
  await requireNoHold(deps, customer)
  await requireFresh(deps, customer)
  const pending = await pendingOf(deps, customer)
  if (!pending) return begin(deps, ctx, customer, form.text('phone_number', { max: 200 }))
  const action = form.text('action', { max: 20 })
  if (action === 'resend') return begin(deps, ctx, customer, pending.number)
  if (action !== 'back') return finish(deps, ctx, customer, pending, form.text('code', { max: 100 }))
  await deps.authenticators.pendingPhones.discard(deps.db, customer.account_id)
  toSelf(ctx)
}

function toSelf(ctx: Context): void {
  ctx.redirect(PATH)
  ctx.status = 303
}

/** Texts a code to the number. One that is somebody else's gets another message, and nothing else differs. */
async function begin(deps: PortalDeps, ctx: Context, customer: CustomerPage, typed: string): Promise<void> {
  const { db, accounts, authenticators, clock } = deps
  const { account_id, uid } = customer
  const { country, policies } = deps.group()
  const number = normalisePhone(typed, country)
  if (number === undefined) return sendNumberPage(deps, ctx, customer, { value: typed, error: 'malformed_phone' })
  if ((await accounts.phoneOf(db, account_id))?.number === number)
    return sendNumberPage(deps, ctx, customer, { value: typed, error: 'same_phone' })
  const destination = smsDestination(number, policies.sms.countries)
  if (!deps.smsOffered || !destination.ok) return sendNumberPage(deps, ctx, customer, { value: typed, error: 'no_texts' })
  const issued = authenticators.emailCodes.issue((await pendingOf(deps, customer))?.code, clock())
  if (!issued.ok) return tooManySends(deps, ctx, customer, { value: typed, retryAfterS: issued.retryAfterS })
  const asked = { to: number, country: destination.country, mostToCountry: policies.sms.mostPerHour, from: deps.addressOf(ctx.req) }
  const limited = await deps.limits.codes.text(db, asked, clock())
  if (limited.kind === 'refuse') return tooManySends(deps, ctx, customer, { value: typed, retryAfterS: limited.retryAfterS })
  const holder = await accounts.findByIdentifier(db, 'phone', number)
  const context = mailOf(deps, ctx)
  if (!context) throw new Error('the group has no pages of its own')
  const text = holder ? phoneTakenText(context) : codeText(context, { code: issued.code })
  await db.transaction().execute(async (tx) => {
    await authenticators.pendingPhones.put(tx, account_id, uid, { number, code: issued.state })
    if (limited.kind === 'withhold') return
    await deps.events.emit(tx, { kind: 'sms', sms: { to: number, text }, useful_until: issued.state.expires_at })
  })
  deps.events.wake()
  toSelf(ctx)
}

/** The code proves the phone. The number, what is told of it and the end of other sessions stand or fall with its being spent. */
async function finish(deps: PortalDeps, ctx: Context, customer: CustomerPage, pending: PendingPhone, typed: string): Promise<void> {
  const { db, accounts, authenticators, clock } = deps
  const { account_id, uid } = customer
  const tried = await deps.limits.codes.begin(db, pending.number, clock())
  if (!tried.ok) {
    ctx.set('Retry-After', String(tried.retryAfterS))
    return sendCodePage(deps, ctx, customer, pending, { status: 429, error: 'too_many_tries' })
  }
  const checked = authenticators.emailCodes.check(pending.code, typed, clock())
  if (!checked.ok) {
    if (checked.state) await authenticators.pendingPhones.update(db, account_id, uid, { ...pending, code: checked.state })
    return sendCodePage(deps, ctx, customer, pending, { status: 422, error: checked.reason })
  }
  const had = await accounts.phoneOf(db, account_id)
  const change = makeChange(deps, ctx, customer, had ? 'phone_changed' : 'phone_added', async (tx) => {
    if (!(await authenticators.pendingPhones.spend(tx, account_id, pending.version))) return false
    await tried.succeeded(tx)
    if (!(await accounts.setPhone(tx, account_id, pending.number)).ok) throw new NumberTaken()
    await authenticators.smsFactor.unsettle(tx, account_id, later(clock(), SETTLES_S))
    return endingOthers(deps, tx, customer, true)
  })
  const changed = await change.catch((error: unknown) => {
    if (error instanceof NumberTaken) return undefined
    throw error
  })
  if (changed) return backToSecurity(ctx, had ? 'phone_changed' : 'phone_added')
  if (changed === false) return toSelf(ctx) // spent by another tab, which was told what came of it
  await authenticators.pendingPhones.discard(db, account_id)
  await sendNumberPage(deps, ctx, customer, { value: pending.number, error: 'taken' })
}

/** Leaves the transaction with nothing written. Never gets past {@link finish}. */
class NumberTaken extends Error {}

export const later = (now: Date, seconds: number): Date => new Date(now.getTime() + seconds * 1000)

type NumberShown = Pick<PhoneModel, 'value' | 'error' | 'retryMinutes'>

async function tooManySends(
  deps: PortalDeps,
  ctx: Context,
  customer: CustomerPage,
  { value, retryAfterS }: { value: string; retryAfterS: number },
): Promise<void> {
  ctx.set('Retry-After', String(retryAfterS))
  await sendNumberPage(deps, ctx, customer, { value, error: 'too_many_sends', retryMinutes: Math.ceil(retryAfterS / 60) }, 429)
}

async function sendNumberPage(
  deps: PortalDeps,
  ctx: Context,
  customer: CustomerPage,
  shown: NumberShown = {},
  status: number = shown.error ? 422 : 200,
): Promise<void> {
  const { db, accounts, authenticators } = deps
  const number = (await accounts.phoneOf(db, customer.account_id))?.number
  const { smsSince } = await authenticators.enrolled(db, customer.account_id)
  const factor = smsSince ? 'on' : (await maySecure(deps, customer, number)) ? 'off' : 'not_offered'
  const model = {
    action: PATH,
    csrf: deps.csrf.token(customer.csrfBinding),
    signOutHref: customer.signOutHref,
    number,
    factor,
    ...shown,
  } as const
  deps.pages.send(ctx, (page) => phonePage(page, model), { status })
}

/**
 * Whether codes to this number can be a second factor. Not of an account that is reached by its phone alone: what gets it back would be what
 * guards it.
 */
export async function maySecure({ db, accounts, smsOffered, group }: PortalDeps, { account_id }: CustomerPage, number: string | undefined) {
  if (number === undefined || !smsOffered || !smsDestination(number, group().policies.sms.countries).ok) return false
  return (await accounts.emailOf(db, account_id)) !== undefined
}

function sendCodePage(
  deps: PortalDeps,
  ctx: Context,
  customer: CustomerPage,
  { number }: PendingPhone,
  { status = 200, ...shown }: Pick<PhoneCodeModel, 'error'> & { readonly status?: number } = {},
): void {
  const model = { action: PATH, csrf: deps.csrf.token(customer.csrfBinding), signOutHref: customer.signOutHref, number, ...shown }
  deps.pages.send(ctx, (page) => phoneCodePage(page, model), { status })
}

/** The customer's own number, for pages that are about it. */
export async function loadPhone({ db, accounts }: PortalDeps, { account_id }: CustomerPage) {
  const phone = await accounts.phoneOf(db, account_id)
  if (!phone) throw new Refusal('not_found')
  return phone
}
