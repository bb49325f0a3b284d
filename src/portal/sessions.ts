import type { Context } from 'koa'
import {
  type ConfirmActionModel,
  confirmActionPage,
  type NoticeRow,
  type SessionRow,
  sessionsPage,
  type TrustRow,
} from '../../views/index.ts'
import type { Notice } from '../accounts/index.ts'
import type { ListedTrust } from '../authenticators/index.ts'
import type { ListedSession } from '../oidc/index.ts'
import { readForm } from '../web/form.ts'
import { queryOf } from '../web/pages.ts'
import { Refusal } from '../web/refusal.ts'
import type { CustomerPage, PortalDeps } from './deps.ts'
import { deviceLabel } from './device-label.ts'

const PATH = '/account/sessions'
const END = `${PATH}/end`
const END_OTHERS = `${PATH}/end-others`
const FORGET = `${PATH}/forget-device`
const STATUSES = ['ended', 'others_ended', 'trust_ended'] as const

/** GET /account/sessions: where the customer is signed in. */
export async function showSessions(deps: PortalDeps, ctx: Context, customer: CustomerPage): Promise<void> {
  const sessions = await deps.sessions.list(customer.account_id, customer.uid)
  const notices = await deps.accounts.notices.recent(deps.db, customer.account_id, deps.clock())
  const trusted = await deps.authenticators.trustedDevices.list(deps.db, customer.account_id, deps.clock())
  const told = STATUSES.find((each) => each === queryOf(ctx.req).get('status'))
  const status = told ? { status: told } : {}
  const model = { signOutHref: customer.signOutHref, endAction: END, endOthersAction: END_OTHERS, forgetAction: FORGET, ...status }
  const rows = {
    sessions: sessions.map((s) => sessionRow(deps, s)),
    notices: notices.map((n) => noticeRow(deps, n)),
    trusted: trusted.map(trustRow),
  }
  deps.pages.send(ctx, (page) => sessionsPage(page, { ...model, ...rows }))
}

/** GET /account/sessions/end?session=…: asks first. */
export async function askToEnd(deps: PortalDeps, ctx: Context, customer: CustomerPage): Promise<void> {
  const id = queryOf(ctx.req).get('session') ?? ''
  const session = (await deps.sessions.list(customer.account_id, customer.uid)).find((s) => s.id === id)
  if (!session) throw new Refusal('not_found')
  const kind = session.current ? ('end_this_session' as const) : ('end_session' as const)
  const device = sessionRow(deps, session).device
  sendQuestion(deps, ctx, customer, { kind, device, action: END, fields: { session: id } })
}

/** Asks before all other sessions are ended. */
export async function askToEndOthers(deps: PortalDeps, ctx: Context, customer: CustomerPage): Promise<void> {
  sendQuestion(deps, ctx, customer, { kind: 'end_others', action: END_OTHERS })
}

function sendQuestion(
  deps: PortalDeps,
  ctx: Context,
  customer: CustomerPage,
  question: Pick<ConfirmActionModel, 'kind' | 'device' | 'action' | 'fields'>,
): void {
  const model = { ...question, csrf: deps.csrf.token(customer.csrfBinding), cancelHref: PATH, signOutHref: customer.signOutHref }
  deps.pages.send(ctx, (page) => confirmActionPage(page, model))
}

/** POST /account/sessions/end: a session that is not the customer's own does not exist (SEC-35). */
export async function endSession(deps: PortalDeps, ctx: Context, customer: CustomerPage): Promise<void> {
  const form = await readForm(ctx.req)
  deps.csrf.verify(ctx.req, customer.csrfBinding, form.text('csrf', { max: 100 }))
  if (!(await deps.sessions.end(customer.account_id, form.text('session', { max: 100 })))) throw new Refusal('not_found')
  ctx.redirect(`${PATH}?status=ended`)
  ctx.status = 303
}

/** Ends all sessions but this one, offline grants too. */
export async function endOtherSessions(deps: PortalDeps, ctx: Context, customer: CustomerPage): Promise<void> {
  const form = await readForm(ctx.req)
  deps.csrf.verify(ctx.req, customer.csrfBinding, form.text('csrf', { max: 100 }))
  await deps.sessions.endOthers(customer.account_id, customer.uid)
  ctx.redirect(`${PATH}?status=others_ended`)
  ctx.status = 303
}

/** GET /account/sessions/forget-device?device=…: asks first. */
export async function askToForget(deps: PortalDeps, ctx: Context, customer: CustomerPage): Promise<void> {
  const id = queryOf(ctx.req).get('device') ?? ''
  const trusted = await deps.authenticators.trustedDevices.list(deps.db, customer.account_id, deps.clock())
  const found = trusted.find((each) => each.id === id)
  if (!found) throw new Refusal('not_found')
  sendQuestion(deps, ctx, customer, { kind: 'forget_trusted', device: trustRow(found).device, action: FORGET, fields: { device: id } })
}

/** POST: takes trust away, which needs no fresh proof. A device that is not the customer's own does not exist (SEC-35). */
export async function forgetDevice(deps: PortalDeps, ctx: Context, customer: CustomerPage): Promise<void> {
  const form = await readForm(ctx.req)
  deps.csrf.verify(ctx.req, customer.csrfBinding, form.text('csrf', { max: 100 }))
  if (!(await deps.authenticators.trustedDevices.forget(deps.db, customer.account_id, form.text('device', { max: 50 }))))
    throw new Refusal('not_found')
  ctx.redirect(`${PATH}?status=trust_ended`)
  ctx.status = 303
}

function trustRow({ id, userAgent, expiresAt }: ListedTrust): TrustRow {
  const { text, kind } = deviceLabel(userAgent)
  return { id, device: text, deviceKind: kind, until: expiresAt }
}

function noticeRow(deps: PortalDeps, { kind, client_id, at }: Notice): NoticeRow {
  const group = deps.group()
  const client = group.clients.get(client_id)
  const recipient = client && group.recipients.get(client.recipient)
  return { kind, brand: recipient?.name ?? group.name, at }
}

function sessionRow(deps: PortalDeps, session: ListedSession): SessionRow {
  const group = deps.group()
  const label = deviceLabel(session.user_agent)
  const brands = session.clients.flatMap((id) => {
    const client = group.clients.get(id)
    return client ? (group.recipients.get(client.recipient)?.name ?? []) : []
  })
  return {
    id: session.id,
    device: label.text,
    deviceKind: label.kind,
    signedInAt: session.signed_in_at,
    lastSeenAt: session.seen_at,
    brands: [...new Set(brands)],
    current: session.current,
  }
}
