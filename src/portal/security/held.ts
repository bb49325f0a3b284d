import type { Context } from 'koa'
import { heldPage } from '../../../views/index.ts'
import { ChangeHeld, type Hold, isLifted, type Proof } from '../../changes/index.ts'
import { queryOf } from '../../web/pages.ts'
import type { CustomerPage, PortalDeps } from '../deps.ts'
import { proveAgain } from '../sign-in.ts'

/** What a change of this session stands on. The session tells whole seconds: the end of that second is the latest it can have been. */
export const proofOf = ({ acr, auth_time }: Pick<CustomerPage, 'acr' | 'auth_time'>): Proof => ({
  level: acr,
  at: new Date((auth_time + 1) * 1000 - 1),
})

/** What keeps this customer from changing how they sign in; nothing when a passkey confirmed it since. */
export async function holdOn({ changes, db, clock }: PortalDeps, customer: CustomerPage): Promise<Hold | undefined> {
  const hold = await changes.hold(db, customer.account_id, 'changes', clock())
  return hold && !isLifted(hold, proofOf(customer)) ? hold : undefined
}

/** Lets no change pass that is on hold (MFA-19, MFA-35). */
export async function requireNoHold(deps: PortalDeps, customer: CustomerPage): Promise<void> {
  const hold = await holdOn(deps, customer)
  if (hold) throw new ChangeHeld(hold)
}

const CONFIRM = '/account/security?prove=passkey'

/** Says what has to wait, until when, and that a passkey confirms it at once, for those who have one. */
export async function sendHeld(deps: PortalDeps, ctx: Context, customer: CustomerPage, { because, until }: Hold): Promise<void> {
  const { passkeys } = await deps.authenticators.enrolled(deps.db, customer.account_id)
  const model = { signOutHref: customer.signOutHref, because, until, ...(passkeys > 0 ? { passkeyHref: CONFIRM } : {}) }
  deps.pages.send(ctx, (page) => heldPage(page, model), { status: 403 })
}

/** `?prove=passkey`: a hold asks for a passkey even where the session's proof is young. */
export async function isConfirming(deps: PortalDeps, ctx: Context, customer: CustomerPage): Promise<boolean> {
  if (queryOf(ctx.req).get('prove') !== 'passkey' || !(await holdOn(deps, customer))) return false
  proveAgain(deps, ctx, 'phr')
  return true
}
