import type { Context } from 'koa'
import type { Enrolled } from '../../authenticators/index.ts'
import type { Level } from '../../group/group.ts'
import { ACR_LEVELS } from '../../group/group.ts'
import { Refusal } from '../../web/refusal.ts'
import type { CustomerPage, PortalDeps } from '../deps.ts'
import { FRESH_S, proveAgain } from '../sign-in.ts'
import { requireNoHold } from './held.ts'

type Strength = Pick<Enrolled, 'passkeys' | 'totpSince' | 'smsSettled' | 'password'>

/**
 * The strongest proof an account can give: what changing it takes, so that nobody adds to it with less (MFA-27, MFA-45). An app is a second
 * factor beside a password only; without one it is asked for after the code by mail, and both together are still `email`.
 */
export function strongest({ passkeys, totpSince, smsSettled, password }: Strength): Level {
  if (passkeys > 0) return 'phr'
  if (!password) return 'email'
  return totpSince || smsSettled ? 'mfa' : 'password'
}

/** Whether the session's proof is young and strong enough for a change. */
export function isFresh({ clock }: PortalDeps, { auth_time, acr }: CustomerPage, level: Level): boolean {
  const ageS = Math.floor(clock().getTime() / 1000) - auth_time // whole seconds, as max_age is counted: else the two would disagree for one and send the browser to and fro
  return ageS >= 0 && ageS <= FRESH_S && ACR_LEVELS.indexOf(acr as Level) >= ACR_LEVELS.indexOf(level) // an unknown level has no place: -1
}

/** Before a page on which something is changed: the account's authenticators, or the browser is on its way to prove enough and back. Throws while changes are on hold. */
export async function enrolledIfFresh(deps: PortalDeps, ctx: Context, customer: CustomerPage): Promise<Enrolled | undefined> {
  await requireNoHold(deps, customer)
  const enrolled = await deps.authenticators.enrolled(deps.db, customer.account_id)
  const level = strongest(enrolled)
  if (isFresh(deps, customer, level)) return enrolled
  proveAgain(deps, ctx, level)
  return undefined
}

/** The same before the change itself: a form that comes too late is refused, because what it would change was asked for by an older proof. */
export async function requireFresh(deps: PortalDeps, customer: CustomerPage): Promise<Enrolled> {
  const enrolled = await deps.authenticators.enrolled(deps.db, customer.account_id)
  const level = strongest(enrolled)
  if (!isFresh(deps, customer, level))
    throw new Refusal('insufficient_user_authentication', { needed: { acr_values: level, max_age: FRESH_S } })
  return enrolled
}
