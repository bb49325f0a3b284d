import type { Context } from 'koa'
import { type PasswordChangeModel, passwordChangePage } from '../../../views/index.ts'
import { MAX_PASSWORD } from '../../authenticators/index.ts'
import { Refusal } from '../../web/refusal.ts'
import type { CustomerPage, PortalDeps } from '../deps.ts'
import { backToSecurity, makeChange, readChange } from './change.ts'
import { enrolledIfFresh } from './fresh.ts'
import { sendRemovalQuestion, takeAway } from './removal.ts'

const PATH = '/account/security/password'
const REMOVAL = { kind: 'remove_password', action: `${PATH}/remove` } as const

/** GET /account/security/password */
export async function showPassword(deps: PortalDeps, ctx: Context, customer: CustomerPage): Promise<void> {
  if (await enrolledIfFresh(deps, ctx, customer)) await sendPage(deps, ctx, customer)
}

/** POST: a new password ends every other session (SEC-33), in the same transaction. */
export async function changePassword(deps: PortalDeps, ctx: Context, customer: CustomerPage): Promise<void> {
  const change = await readChange(deps, ctx, customer)
  const password = change.form.exact('password', { max: MAX_PASSWORD })
  const error = await problemOf(deps, customer, password)
  if (error) return sendPage(deps, ctx, customer, error)
  const { passwords } = deps.authenticators
  const hash = await passwords.hash(password)
  const kind = change.enrolled.password ? ('password_changed' as const) : ('password_added' as const)
  await makeChange(deps, ctx, customer, kind, async (tx) => {
    await passwords.set(tx, customer.account_id, hash)
    await deps.sessions.endAllBut(tx, customer.account_id, customer.uid)
    return true
  })
  backToSecurity(ctx, kind)
}

/** GET /account/security/password/remove: asks first. */
export async function askToRemovePassword(deps: PortalDeps, ctx: Context, customer: CustomerPage): Promise<void> {
  const enrolled = await enrolledIfFresh(deps, ctx, customer)
  if (!enrolled) return
  if (!enrolled.password) throw new Refusal('not_found')
  sendRemovalQuestion(deps, ctx, customer, REMOVAL)
}

/** POST: from now on a passkey alone opens the account. */
export async function removePassword(deps: PortalDeps, ctx: Context, customer: CustomerPage): Promise<void> {
  await readChange(deps, ctx, customer)
  const refusal = await takeAway(deps, ctx, customer, 'password', deps.authenticators.passwords.remove)
  if (refusal) sendRemovalQuestion(deps, ctx, customer, { ...REMOVAL, refusal })
  else backToSecurity(ctx, 'password_removed')
}

async function problemOf(deps: PortalDeps, customer: CustomerPage, password: string): Promise<PasswordChangeModel['error']> {
  if (password === '') return 'required'
  const group = deps.group()
  const { profile } = await deps.accounts.readOwnProfile(deps.db, customer.account_id)
  const own = Object.values(profile).flatMap((entry) => (typeof entry?.value === 'string' ? [entry.value] : []))
  return deps.authenticators.passwords.refusal(password, { minLength: group.policies.password.minLength, words: [group.name, ...own] })
}

async function sendPage(deps: PortalDeps, ctx: Context, customer: CustomerPage, error?: PasswordChangeModel['error']): Promise<void> {
  const model = {
    action: PATH,
    csrf: deps.csrf.token(customer.csrfBinding),
    signOutHref: customer.signOutHref,
    email: (await deps.accounts.emailOf(deps.db, customer.account_id)) ?? '',
    minLength: deps.group().policies.password.minLength,
  }
  deps.pages.send(ctx, (page) => passwordChangePage(page, { ...model, ...(error ? { error } : {}) }), error ? { status: 422 } : {})
}
