import type { Context } from 'koa'
import type { AccountChange, SecurityChange } from '../../../views/index.ts'
import type { Enrolled } from '../../authenticators/index.ts'
import type { Db } from '../../store/db.ts'
import { type Form, readForm } from '../../web/form.ts'
import type { CustomerPage, PortalDeps } from '../deps.ts'
import { requireFresh } from './fresh.ts'
import { requireNoHold } from './held.ts'
import { tellOwner } from './tell-owner.ts'

/** A form of these pages: ours, of this session, by somebody who has just proven who they are, and of nothing that is on hold. */
export async function readChange(
  deps: PortalDeps,
  ctx: Context,
  customer: CustomerPage,
): Promise<{ readonly form: Form; readonly enrolled: Enrolled }> {
  const form = await readForm(ctx.req)
  deps.csrf.verify(ctx.req, customer.csrfBinding, form.text('csrf', { max: 100 }))
  await requireNoHold(deps, customer)
  return { form, enrolled: await requireFresh(deps, customer) }
}

/** Makes a change, records it and tells the owner, together. False: there was nothing to change, and nobody is told. */
export async function makeChange(
  deps: PortalDeps,
  ctx: Context,
  customer: CustomerPage,
  change: AccountChange | undefined,
  work: (tx: Db) => Promise<boolean>,
): Promise<boolean> {
  const made = await deps.db.transaction().execute(async (tx) => {
    const before = change && (await deps.changes.begin(tx, customer.account_id))
    if (!(await work(tx))) return false
    if (change) await tellOwner(deps, ctx, tx, customer, change, before)
    return true
  })
  if (made) deps.events.wake()
  return made
}

/** After an authenticator was taken away: whoever is signed in elsewhere, with it perhaps, is so no more (SEC-33). Passes on whether it was. */
export async function endingOthers(deps: PortalDeps, tx: Db, { account_id, uid }: CustomerPage, removed: boolean): Promise<boolean> {
  if (removed) await deps.sessions.endAllBut(tx, account_id, uid)
  return removed
}

export function backToSecurity(ctx: Context, status: SecurityChange): void {
  ctx.redirect(`/account/security?${new URLSearchParams({ status })}`)
  ctx.status = 303
}
