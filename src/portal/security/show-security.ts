import type { Context } from 'koa'
import { type ChangeRow, SECURITY_CHANGES, type SecurityChange, type SecurityModel, securityPage } from '../../../views/index.ts'
import { EMAIL, type Profile, textOf } from '../../accounts/index.ts'
import type { Enrolled } from '../../authenticators/index.ts'
import type { ListedChange } from '../../changes/index.ts'
import type { Level } from '../../group/group.ts'
import { queryOf } from '../../web/pages.ts'
import type { CustomerPage, PortalDeps } from '../deps.ts'
import { proveAgain } from '../sign-in.ts'
import { isFresh, strongest } from './fresh.ts'
import { isConfirming } from './held.ts'
import { linkedAccountsOf } from './providers.ts'

/** GET /account/security: everything that proves who the customer is. `?prove=1` leads to a fresh proof and back. */
export async function showSecurity(deps: PortalDeps, ctx: Context, customer: CustomerPage): Promise<void> {
  const { db, authenticators } = deps
  const { account_id } = customer
  if (await isConfirming(deps, ctx, customer)) return
  const enrolled = await authenticators.enrolled(db, account_id)
  const level = strongest(enrolled)
  const fresh = isFresh(deps, customer, level)
  const query = queryOf(ctx.req)
  if (query.has('prove') && !fresh) return proveAgain(deps, ctx, level)
  const passkeys = await authenticators.passkeys.list(db, account_id)
  const { profile } = await deps.accounts.readOwnProfile(db, account_id)
  const linked = await linkedAccountsOf(deps, customer, { fresh, locale: deps.pages.localeOf(ctx.req) })
  const status = SECURITY_CHANGES.find((change) => change === query.get('status'))
  const usable = linked?.rows.filter(({ off }) => !off).length ?? 0
  const model: SecurityModel = {
    csrf: deps.csrf.token(customer.csrfBinding),
    signOutHref: customer.signOutHref,
    email: textOf(profile, EMAIL),
    hasPassword: enrolled.password,
    mayLosePassword: enrolled.password && enrolled.passkeys + usable > 0,
    passkeys,
    totpSince: enrolled.totpSince,
    phone: (await deps.accounts.phoneOf(db, account_id))?.number,
    smsSince: enrolled.smsSince,
    recoveryCodesLeft: enrolled.recoveryCodes,
    strength: level === 'email' && usable > 0 ? 'provider_only' : STRENGTHS[level],
    ...(linked && { linked }),
    lossPlan: lossPlan(enrolled),
    addPasskey: fresh
      ? await authenticators.passkeys.creation(db, { accountId: account_id, ...namesOf(profile) }, placeOf(customer, passkeys))
      : undefined,
    changes: (await deps.changes.list(db, account_id, { limit: SHOWN })).map((change) => changeRow(change, deps.clock())),
    proveHref: '/account/security?prove=1',
    ...(status ? { status } : {}),
    ...(status && SIGNALLED.includes(status) ? { signal: signalOf(deps, customer, passkeys) } : {}),
  }
  deps.pages.send(ctx, (page) => securityPage(page, model))
}

const STRENGTHS = { email: 'mailbox_only', password: 'password_only', mfa: 'two_steps', phr: 'passkey' } as const satisfies Record<
  Level,
  SecurityModel['strength']
>
/** The whole list is at /account/activity. */
const SHOWN = 5

/** A change as a page shows it. */
export function changeRow({ seq, kind, at, undo_until, undone_at }: ListedChange, now: Date): ChangeRow {
  const state = undone_at ? 'undone' : undo_until && undo_until > now ? 'undoable' : 'final'
  return { seq, kind, at, state }
}

const SIGNALLED: readonly SecurityChange[] = ['passkey_removed', 'passkey_renamed', 'passkey_added']

/** What the customer's password manager is told: these passkeys are good, all others are not (MFA-10). */
const signalOf = ({ authenticators }: PortalDeps, { account_id }: CustomerPage, passkeys: readonly { credentialId: string }[]): object => ({
  signalName: 'allAcceptedCredentials',
  rpID: authenticators.passkeys.relyingPartyId(),
  userID: authenticators.passkeys.userHandle(account_id),
  allAcceptedCredentialIDs: passkeys.map(({ credentialId }) => credentialId),
})

/** Where a creation is asked: this session, with these passkeys. Adding one makes it another place, so an answer counts once. */
export const placeOf = ({ uid }: CustomerPage, passkeys: readonly { readonly id: string }[]): string =>
  `account ${uid} ${passkeys.map(({ id }) => id).join(' ')}`

const lossPlan = ({ passkeys, totpSince, recoveryCodes }: Enrolled): SecurityModel['lossPlan'] => {
  if (passkeys + (totpSince ? 1 : 0) > 1) return 'several'
  return recoveryCodes > 0 ? 'recovery_codes' : 'email'
}

/** How a passkey is called where it is kept: the address, and the name. */
const namesOf = (profile: Profile): { name: string; displayName: string } => ({
  name: textOf(profile, EMAIL) ?? '',
  displayName: textOf(profile, 'name') ?? '',
})
