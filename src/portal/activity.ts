import type { Context } from 'koa'
import { activityPage, confirmActionPage, type SignInMethod, type SignInRow } from '../../views/index.ts'
import { KEPT_DAYS, type SignIn } from '../activity/index.ts'
import { queryOf } from '../web/pages.ts'
import { Refusal } from '../web/refusal.ts'
import type { CustomerPage, PortalDeps } from './deps.ts'
import { deviceLabel } from './device-label.ts'
import { makeChange, readChange } from './security/change.ts'
import { enrolledIfFresh } from './security/fresh.ts'
import { changeRow } from './security/show-security.ts'

const PATH = '/account/activity'
const REPORT = `${PATH}/report`
const A_PAGE = 20

/** GET /account/activity: the account's sign-ins, twenty at a time, the latest first, and what was changed about how one signs in. */
export async function showActivity(deps: PortalDeps, ctx: Context, customer: CustomerPage): Promise<void> {
  const query = queryOf(ctx.req)
  const before = query.get('before') ?? undefined
  const found = await deps.activity.list(deps.db, customer.account_id, { before, limit: A_PAGE + 1 })
  const shown = found.slice(0, A_PAGE)
  const changes = before === undefined ? await deps.changes.list(deps.db, customer.account_id, { limit: A_PAGE }) : []
  const last = found.length > A_PAGE ? shown.at(-1) : undefined
  const model = {
    signOutHref: customer.signOutHref,
    signIns: shown.map((signIn) => rowOf(deps, customer, signIn)),
    changes: changes.map((change) => changeRow(change, deps.clock())),
    olderHref: last && `${PATH}?${new URLSearchParams({ before: last.id })}`,
    newestHref: before === undefined ? undefined : PATH,
    reportAction: REPORT,
    keptDays: KEPT_DAYS,
    status: query.get('status') === 'reported' ? ('reported' as const) : undefined,
  }
  deps.pages.send(ctx, (page) => activityPage(page, model))
}

/** GET /account/activity/report?sign_in=…: says what "this wasn't me" will do, and asks. */
export async function askToReport(deps: PortalDeps, ctx: Context, customer: CustomerPage): Promise<void> {
  if (!(await enrolledIfFresh(deps, ctx, customer))) return
  const signIn = await loadOwn(deps, customer, queryOf(ctx.req).get('sign_in') ?? '')
  const { device, brand } = rowOf(deps, customer, signIn)
  const model = { csrf: deps.csrf.token(customer.csrfBinding), signOutHref: customer.signOutHref, device: device || brand }
  deps.pages.send(ctx, (page) =>
    confirmActionPage(page, { ...model, kind: 'report_sign_in', action: REPORT, fields: { sign_in: signIn.id }, cancelHref: PATH }),
  )
}

/**
 * POST: whoever that was is out. Every other session ends with its tokens, the browser is no longer a known one, and the password, which somebody else
 * may know, opens nothing any more: the next page asks for a new one, and who leaves it gets back in by the mailbox.
 */
export async function reportSignIn(deps: PortalDeps, ctx: Context, customer: CustomerPage): Promise<void> {
  const { form, enrolled } = await readChange(deps, ctx, customer)
  const { account_id, uid } = customer
  const signIn = await loadOwn(deps, customer, form.text('sign_in', { max: 50 }))
  // Without a mailbox there would be no way back but the password.
  const voids = enrolled.password && (await deps.accounts.emailOf(deps.db, account_id)) !== undefined
  await makeChange(deps, ctx, customer, 'sign_in_reported', async (tx) => {
    await deps.sessions.endAllBut(tx, account_id, uid)
    if (signIn.deviceHash) await deps.limits.devices.forget(tx, account_id, signIn.deviceHash)
    if (voids) await deps.authenticators.passwords.remove(tx, account_id)
    return true
  })
  ctx.redirect(enrolled.password ? '/account/security/password' : `${PATH}?status=reported`)
  ctx.status = 303
}

/** Another account's sign-in does not exist, and one's own present session is signed out elsewhere. */
async function loadOwn(deps: PortalDeps, customer: CustomerPage, id: string): Promise<SignIn> {
  const signIn = await deps.activity.find(deps.db, customer.account_id, id)
  if (!signIn || isCurrent(deps, customer, signIn)) throw new Refusal('not_found')
  return signIn
}

const isCurrent = ({ sessions }: PortalDeps, { uid }: CustomerPage, { session }: SignIn): boolean =>
  session !== undefined && sessions.isSession(uid, session)

/** Names of RFC 8176 and the contract's, in words; what only says how strong they are together has none. */
const METHODS: Readonly<Record<string, SignInMethod>> = {
  pwd: 'password',
  hwk: 'passkey',
  swk: 'passkey',
  otp: 'app_code',
  sms: 'sms_code',
  email: 'email_code',
  recovery: 'recovery_code',
  fed: 'provider',
}

function rowOf(deps: PortalDeps, customer: CustomerPage, signIn: SignIn): SignInRow {
  const group = deps.group()
  const client = group.clients.get(signIn.client_id)
  const recipient = client && group.recipients.get(client.recipient)
  const { text, kind } = deviceLabel(signIn.userAgent)
  return {
    id: signIn.id,
    at: signIn.at,
    brand: recipient?.name ?? group.name,
    device: text,
    deviceKind: kind,
    methods: [...new Set(signIn.amr.flatMap((name) => METHODS[name] ?? []))],
    newDevice: !signIn.deviceKnown,
    current: isCurrent(deps, customer, signIn),
    address: signIn.address,
  }
}
