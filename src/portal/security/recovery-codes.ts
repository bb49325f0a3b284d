import type { Context } from 'koa'
import { confirmActionPage, recoveryCodesPage } from '../../../views/index.ts'
import type { CustomerPage, PortalDeps } from '../deps.ts'
import { makeChange, readChange } from './change.ts'
import { enrolledIfFresh } from './fresh.ts'

const PATH = '/account/security/recovery-codes'

/** GET /account/security/recovery-codes: asks first, because new codes void the old. */
export async function showRecoveryCodes(deps: PortalDeps, ctx: Context, customer: CustomerPage): Promise<void> {
  if (!(await enrolledIfFresh(deps, ctx, customer))) return
  const model = { csrf: deps.csrf.token(customer.csrfBinding), signOutHref: customer.signOutHref }
  deps.pages.send(ctx, (page) =>
    confirmActionPage(page, { ...model, kind: 'make_recovery_codes', action: PATH, cancelHref: '/account/security' }),
  )
}

/** POST: shows them in its answer, this once; there is no address to see them again. */
export async function makeRecoveryCodes(deps: PortalDeps, ctx: Context, customer: CustomerPage): Promise<void> {
  await readChange(deps, ctx, customer)
  let codes: readonly string[] = []
  await makeChange(deps, ctx, customer, 'recovery_codes_made', async (tx) => {
    codes = await deps.authenticators.recoveryCodes.replace(tx, customer.account_id)
    return true
  })
  deps.pages.send(ctx, (page) => recoveryCodesPage(page, { codes, signOutHref: customer.signOutHref }))
}
