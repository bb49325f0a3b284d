import type { Context } from 'koa'
import { type PasskeyEditModel, passkeyEditPage } from '../../../views/index.ts'
import { readPasskeyAnswer } from '../../authenticators/index.ts'
import { queryOf } from '../../web/pages.ts'
import { Refusal } from '../../web/refusal.ts'
import type { CustomerPage, PortalDeps } from '../deps.ts'
import { backToSecurity, makeChange, readChange } from './change.ts'
import { enrolledIfFresh } from './fresh.ts'
import { takeAway } from './removal.ts'
import { placeOf } from './show-security.ts'

const PATH = '/account/security/passkeys/edit'
const MAX_NAME = 60

/** POST /account/security/passkeys: what the browser made becomes an authenticator of the account. */
export async function addPasskey(deps: PortalDeps, ctx: Context, customer: CustomerPage): Promise<void> {
  const { form } = await readChange(deps, ctx, customer)
  const { passkeys } = deps.authenticators
  const place = placeOf(customer, await passkeys.list(deps.db, customer.account_id))
  const registered = await passkeys.register(readPasskeyAnswer(form, place))
  const added =
    registered.ok &&
    (await makeChange(deps, ctx, customer, 'passkey_added', (tx) => passkeys.add(tx, customer.account_id, registered.passkey)))
  backToSecurity(ctx, added ? 'passkey_added' : 'passkey_refused')
}

/** GET /account/security/passkeys/edit?passkey=…: one's own passkey, or none. */
export async function showPasskey(deps: PortalDeps, ctx: Context, customer: CustomerPage): Promise<void> {
  if (!(await enrolledIfFresh(deps, ctx, customer))) return
  await sendEditPage(deps, ctx, customer, queryOf(ctx.req).get('passkey') ?? '')
}

/** POST: renames it or takes it away. The last way in stays (SEC-57). */
export async function changePasskey(deps: PortalDeps, ctx: Context, customer: CustomerPage): Promise<void> {
  const { form } = await readChange(deps, ctx, customer)
  const { passkeys } = deps.authenticators
  const id = form.text('passkey', { max: 50 })
  if (form.text('action', { max: 20 }) === 'remove') {
    const refusal = await takeAway(deps, ctx, customer, 'passkey', (tx, accountId) => passkeys.remove(tx, accountId, id))
    return refusal ? sendEditPage(deps, ctx, customer, id, refusal) : backToSecurity(ctx, 'passkey_removed')
  }
  const name = form.text('name', { max: 1_000 }).replace(/\s+/g, ' ').slice(0, MAX_NAME)
  if (name === '' || /\p{Cc}/u.test(name)) return sendEditPage(deps, ctx, customer, id, { reason: 'required' })
  const renamed = await makeChange(deps, ctx, customer, undefined, (tx) => passkeys.rename(tx, customer.account_id, id, name))
  if (!renamed) throw new Refusal('not_found')
  backToSecurity(ctx, 'passkey_renamed')
}

async function sendEditPage(
  deps: PortalDeps,
  ctx: Context,
  customer: CustomerPage,
  id: string,
  error?: PasskeyEditModel['error'],
): Promise<void> {
  const passkey = (await deps.authenticators.passkeys.list(deps.db, customer.account_id)).find((own) => own.id === id)
  if (!passkey) throw new Refusal('not_found')
  const model = { action: PATH, csrf: deps.csrf.token(customer.csrfBinding), signOutHref: customer.signOutHref }
  deps.pages.send(ctx, (page) => passkeyEditPage(page, { ...model, id, name: passkey.name, ...(error ? { error } : {}) }), {
    ...(error ? { status: 422 } : {}),
  })
}
