import type { Context } from 'koa'
import {
  addressTakenMail,
  type EmailChangeModel,
  type EmailCodeModel,
  emailChangePage,
  emailCodePage,
  newAddressMail,
} from '../../../views/index.ts'
import { normaliseEmail } from '../../accounts/index.ts'
import type { PendingEmail } from '../../changes/index.ts'
import { type Form, readForm } from '../../web/form.ts'
import type { CustomerPage, PortalDeps } from '../deps.ts'
import { backToSecurity, makeChange } from './change.ts'
import { enrolledIfFresh, isFresh, requireFresh, strongest } from './fresh.ts'
import { requireNoHold } from './held.ts'
import { mailOf } from './tell-owner.ts'

const PATH = '/account/security/email'

/** GET /account/security/email: asks for the address, or for the code that was mailed to it. */
export async function showEmail(deps: PortalDeps, ctx: Context, customer: CustomerPage): Promise<void> {
  if (!(await enrolledIfFresh(deps, ctx, customer))) return
  const pending = await pendingOf(deps, customer)
  if (pending) sendCodePage(deps, ctx, customer, pending)
  else await sendAddressPage(deps, ctx, customer)
}

const pendingOf = ({ changes, db, clock }: PortalDeps, { account_id, uid }: CustomerPage): Promise<PendingEmail | undefined> =>
  changes.pendingEmails.find(db, account_id, uid, clock())

/** POST: a new address, its code, a new code, or another address after all. */
export async function changeEmail(deps: PortalDeps, ctx: Context, customer: CustomerPage): Promise<void> {
  const form = await readForm(ctx.req)
  deps.csrf.verify(ctx.req, customer.csrfBinding, form.text('csrf', { max: 100 }))
  await requireNoHold(deps, customer)
  const pending = await pendingOf(deps, customer)
  // A mail takes its time: who comes back with its code after the proof has aged proves anew, and finds the page as it was.
  if (pending && !(await isStillFresh(deps, customer))) return toSelf(ctx)
  await requireFresh(deps, customer)
  if (!pending) return begin(deps, ctx, customer, form.text('address', { max: 1_000 }))
  const action = form.text('action', { max: 20 })
  if (action === 'resend') return begin(deps, ctx, customer, pending.address)
  if (action === 'back') return startOver(deps, ctx, customer)
  await finish(deps, ctx, customer, { pending, form })
}

async function isStillFresh(deps: PortalDeps, customer: CustomerPage): Promise<boolean> {
  return isFresh(deps, customer, strongest(await deps.authenticators.enrolled(deps.db, customer.account_id)))
}

function toSelf(ctx: Context): void {
  ctx.redirect(PATH)
  ctx.status = 303
}

async function startOver(deps: PortalDeps, ctx: Context, { account_id }: CustomerPage): Promise<void> {
  await deps.changes.pendingEmails.discard(deps.db, account_id)
  toSelf(ctx)
}

/**
 * Mails a code to the new address. One that is somebody else's gets another mail, and nothing else differs: only the owner of a mailbox learns
 * whether it has an account (SEC-63).
 */
async function begin(deps: PortalDeps, ctx: Context, customer: CustomerPage, typed: string): Promise<void> {
  const { db, accounts, changes } = deps
  const { account_id, uid } = customer
  const address = normaliseEmail(typed)
  if (address === undefined) return sendAddressPage(deps, ctx, customer, { value: typed, error: 'malformed_email' })
  const holder = await accounts.findHolder(db, address)
  if (holder?.accountId === account_id && !holder.former) return sendAddressPage(deps, ctx, customer, { value: typed, error: 'same_email' })
  const issued = deps.authenticators.emailCodes.issue((await pendingOf(deps, customer))?.code, deps.clock())
  if (!issued.ok) return tooManySends(deps, ctx, customer, { value: typed, retryAfterS: issued.retryAfterS })
  const limited = await deps.limits.codes.mail(db, { to: address, from: deps.addressOf(ctx.req) }, deps.clock())
  if (limited.kind === 'refuse') return tooManySends(deps, ctx, customer, { value: typed, retryAfterS: limited.retryAfterS })
  const context = mailOf(deps, ctx)
  if (!context) throw new Error('the group has no pages of its own')
  const isTaken = holder !== undefined && holder.accountId !== account_id
  const mail = isTaken ? addressTakenMail(context) : newAddressMail(context, { code: issued.code })
  await db.transaction().execute(async (tx) => {
    await changes.pendingEmails.put(tx, account_id, uid, { address, code: issued.state })
    if (limited.kind === 'withhold') return
    const sent = { to: address, from_name: context.brand.name, ...mail }
    await deps.events.emit(tx, { kind: 'mail', mail: sent, useful_until: issued.state.expires_at })
  })
  deps.events.wake()
  toSelf(ctx)
}

/** The code proves the mailbox. The swap, the mails and the end of other sessions stand or fall with its being spent. */
async function finish(
  deps: PortalDeps,
  ctx: Context,
  customer: CustomerPage,
  { pending, form }: { pending: PendingEmail; form: Form },
): Promise<void> {
  const { db, accounts, changes, sessions } = deps
  const { account_id, uid } = customer
  const tried = await deps.limits.codes.begin(db, pending.address, deps.clock())
  if (!tried.ok) {
    ctx.set('Retry-After', String(tried.retryAfterS))
    return sendCodePage(deps, ctx, customer, pending, { status: 429, error: 'too_many_tries' })
  }
  const checked = deps.authenticators.emailCodes.check(pending.code, form.text('code', { max: 100 }), deps.clock())
  if (!checked.ok) {
    if (checked.state) await changes.pendingEmails.update(db, account_id, uid, { ...pending, code: checked.state })
    return sendCodePage(deps, ctx, customer, pending, { status: 422, error: checked.reason })
  }
  const change = makeChange(deps, ctx, customer, 'email_changed', async (tx) => {
    if (!(await changes.pendingEmails.spend(tx, account_id, pending.version))) return false
    await tried.succeeded(tx)
    if (!(await accounts.changeEmail(tx, account_id, pending.address)).ok) throw new AddressTaken()
    await sessions.endAllBut(tx, account_id, uid)
    return true
  })
  const changed = await change.catch((error: unknown) => {
    if (error instanceof AddressTaken) return undefined
    throw error
  })
  if (changed) return backToSecurity(ctx, 'email_changed')
  if (changed === false) return toSelf(ctx) // spent by another tab, which was told what came of it
  // The mailbox was proven, so its owner may know: it became somebody's since the code was sent.
  await changes.pendingEmails.discard(db, account_id)
  await sendAddressPage(deps, ctx, customer, { value: pending.address, error: 'taken' })
}

/** Leaves the transaction with nothing written. Never gets past {@link finish}. */
class AddressTaken extends Error {}

type AddressShown = Pick<EmailChangeModel, 'value' | 'error' | 'retryMinutes'>

async function tooManySends(
  deps: PortalDeps,
  ctx: Context,
  customer: CustomerPage,
  { value, retryAfterS }: { value: string; retryAfterS: number },
): Promise<void> {
  ctx.set('Retry-After', String(retryAfterS))
  await sendAddressPage(deps, ctx, customer, { value, error: 'too_many_sends', retryMinutes: Math.ceil(retryAfterS / 60) }, 429)
}

async function sendAddressPage(
  deps: PortalDeps,
  ctx: Context,
  customer: CustomerPage,
  shown: AddressShown = {},
  status: number = shown.error ? 422 : 200,
): Promise<void> {
  const email = (await deps.accounts.emailOf(deps.db, customer.account_id)) ?? ''
  const model = { action: PATH, csrf: deps.csrf.token(customer.csrfBinding), signOutHref: customer.signOutHref, email, ...shown }
  deps.pages.send(ctx, (page) => emailChangePage(page, model), { status })
}

function sendCodePage(
  deps: PortalDeps,
  ctx: Context,
  customer: CustomerPage,
  { address }: PendingEmail,
  { status = 200, ...shown }: Pick<EmailCodeModel, 'error'> & { readonly status?: number } = {},
): void {
  const model = { action: PATH, csrf: deps.csrf.token(customer.csrfBinding), signOutHref: customer.signOutHref, email: address, ...shown }
  deps.pages.send(ctx, (page) => emailCodePage(page, model), { status })
}
