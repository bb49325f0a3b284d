import type { Context } from 'koa'
import { recoveryCodesPage } from '../../../views/index.ts'
import { SETTLES_S } from '../../accounts/index.ts'
import { Refusal } from '../../web/refusal.ts'
import type { CustomerPage, PortalDeps } from '../deps.ts'
import { backToSecurity, makeChange, readChange } from './change.ts'
import { enrolledIfFresh } from './fresh.ts'
import { later, loadPhone, maySecure } from './phone.ts'
import { sendRemovalQuestion, takeAway } from './removal.ts'

const PATH = '/account/security/phone'

/** POST /account/security/phone/sms: codes to the phone are asked for after the password. Recovery codes come with it where there were none. */
export async function addSms(deps: PortalDeps, ctx: Context, customer: CustomerPage): Promise<void> {
  const { enrolled } = await readChange(deps, ctx, customer)
  const { number, changedAt } = await loadPhone(deps, customer)
  if (!(await maySecure(deps, customer, number))) throw new Refusal('not_found')
  const settlesAt = changedAt ? later(changedAt, SETTLES_S) : deps.clock()
  let codes: readonly string[] = []
  const added = await makeChange(deps, ctx, customer, 'sms_added', async (tx) => {
    if (!(await deps.authenticators.smsFactor.turnOn(tx, customer.account_id, settlesAt))) return false
    if (enrolled.recoveryCodes === 0) codes = await deps.authenticators.recoveryCodes.replace(tx, customer.account_id)
    return true
  })
  if (added && codes.length > 0) deps.pages.send(ctx, (page) => recoveryCodesPage(page, { codes, signOutHref: customer.signOutHref }))
  else backToSecurity(ctx, 'sms_added')
}

/** GET /account/security/phone/sms/remove: asks first. */
export async function askToRemoveSms(deps: PortalDeps, ctx: Context, customer: CustomerPage): Promise<void> {
  const enrolled = await enrolledIfFresh(deps, ctx, customer)
  if (!enrolled) return
  if (!enrolled.smsSince) throw new Refusal('not_found')
  sendRemovalQuestion(deps, ctx, customer, { kind: 'remove_sms', action: `${PATH}/sms/remove` })
}

export async function removeSms(deps: PortalDeps, ctx: Context, customer: CustomerPage): Promise<void> {
  await readChange(deps, ctx, customer)
  const refusal = await takeAway(deps, ctx, customer, 'sms', deps.authenticators.smsFactor.turnOff)
  if (refusal) sendRemovalQuestion(deps, ctx, customer, { kind: 'remove_sms', action: `${PATH}/sms/remove`, refusal })
  else backToSecurity(ctx, 'sms_removed')
}

/** GET /account/security/phone/remove: asks first. */
export async function askToRemovePhone(deps: PortalDeps, ctx: Context, customer: CustomerPage): Promise<void> {
  if (!(await enrolledIfFresh(deps, ctx, customer))) return
  await loadPhone(deps, customer)
  sendRemovalQuestion(deps, ctx, customer, { kind: 'remove_phone', action: `${PATH}/remove` })
}

/** POST: the number goes, and the second factor that it was. Never the only thing that the account is found by. */
export async function removePhone(deps: PortalDeps, ctx: Context, customer: CustomerPage): Promise<void> {
  await readChange(deps, ctx, customer)
  await loadPhone(deps, customer)
  const isOnlyName = (await deps.accounts.emailOf(deps.db, customer.account_id)) === undefined
  const refusal = isOnlyName
    ? ({ reason: 'last_way_in' } as const)
    : await takeAway(deps, ctx, customer, 'phone', async (tx, accountId) => {
        await deps.authenticators.smsFactor.turnOff(tx, accountId)
        return (await deps.accounts.setPhone(tx, accountId, undefined)).ok
      })
  if (refusal) sendRemovalQuestion(deps, ctx, customer, { kind: 'remove_phone', action: `${PATH}/remove`, refusal })
  else backToSecurity(ctx, 'phone_removed')
}
