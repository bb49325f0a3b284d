import type Router from '@koa/router'
import type { Context } from 'koa'
import { confirmActionPage, undonePage, undoPage, undoSpentPage } from '../../views/index.ts'
import type { UndoneBy } from '../changes/index.ts'
import { type Form, readForm } from '../web/form.ts'
import { queryOf } from '../web/pages.ts'
import { Refusal } from '../web/refusal.ts'
import type { CustomerPage, PortalDeps } from './deps.ts'
import type { Handler } from './index.ts'
import { ACCOUNT_CLIENT, ACCOUNT_PATH } from './own-client.ts'
import { backToSecurity, readChange } from './security/change.ts'
import { enrolledIfFresh } from './security/fresh.ts'
import { mailOf } from './security/tell-owner.ts'

/** Where the links of mails lead: nobody has to be signed in, because whoever got in may have changed what that takes (MFA-44). */
const LINK_PATH = '/account/undo'
const SIGNED_IN_PATH = '/account/security/undo'
const MAX_TOKEN = 100

/** Adds the pages that undo a change: by a link from a mail, and for the signed-in owner. */
export function mountUndo(router: Router, deps: PortalDeps, signedIn: (handler: Handler) => (ctx: Context) => Promise<void>): void {
  router.get(LINK_PATH, (ctx) => showLinked(deps, ctx))
  router.post(LINK_PATH, (ctx) => undoLinked(deps, ctx))
  router.get(SIGNED_IN_PATH, signedIn(askToUndo))
  router.post(SIGNED_IN_PATH, signedIn(undoOwn))
}

/** The form belongs to its link: whoever can post it has the link, and nobody else's page has. */
const bindingOf = (token: string): string => `undo ${token}`

/** GET: says what would be undone, and does nothing, whoever or whatever follows the link (SEC-60). */
async function showLinked(deps: PortalDeps, ctx: Context): Promise<void> {
  const token = queryOf(ctx.req).get('token') ?? ''
  const found = token.length > MAX_TOKEN ? undefined : await deps.changes.findByLink(deps.db, token, deps.clock())
  if (!found) return sendSpent(deps, ctx)
  const model = { action: LINK_PATH, csrf: deps.csrf.token(bindingOf(token)), token, changes: found.changes }
  deps.pages.send(ctx, (page) => undoPage(page, model))
}

/** POST: undoes it, once. Signs nobody in. */
async function undoLinked(deps: PortalDeps, ctx: Context): Promise<void> {
  const form = await readForm(ctx.req)
  const token = form.text('token', { max: MAX_TOKEN })
  deps.csrf.verify(ctx.req, bindingOf(token), form.text('csrf', { max: 100 }))
  const by = undoneBy(deps, ctx)
  const found = await deps.changes.findByLink(deps.db, token, by.at)
  const undone = found && (await undo(deps, found.accountId, found.seq, by))
  if (!undone) return sendSpent(deps, ctx)
  deps.pages.send(ctx, (page) => undonePage(page, { accountHref: ACCOUNT_PATH }))
}

const sendSpent = ({ pages }: PortalDeps, ctx: Context): void =>
  pages.send(ctx, (page) => undoSpentPage(page, { accountHref: ACCOUNT_PATH }), { status: 410 })

/** GET /account/security/undo?change=…: asks first. */
async function askToUndo(deps: PortalDeps, ctx: Context, customer: CustomerPage): Promise<void> {
  if (!(await enrolledIfFresh(deps, ctx, customer))) return
  const change = queryOf(ctx.req).get('change') ?? ''
  const model = { csrf: deps.csrf.token(customer.csrfBinding), signOutHref: customer.signOutHref, fields: { change } }
  deps.pages.send(ctx, (page) =>
    confirmActionPage(page, { ...model, kind: 'undo_change', action: SIGNED_IN_PATH, cancelHref: '/account/security' }),
  )
}

/** POST: a change of another account, or one that cannot be undone, does not exist. */
async function undoOwn(deps: PortalDeps, ctx: Context, customer: CustomerPage): Promise<void> {
  const { form } = await readChange(deps, ctx, customer)
  if (!(await undo(deps, customer.account_id, seqOf(form), { ...undoneBy(deps, ctx), session: customer.uid })))
    throw new Refusal('not_found')
  backToSecurity(ctx, 'undone')
}

const seqOf = (form: Form): number =>
  /^[1-9]\d{0,8}$/.test(form.text('change', { max: 20 })) ? Number(form.text('change', { max: 20 })) : 0

function undoneBy(deps: PortalDeps, ctx: Context): UndoneBy {
  const mail = mailOf(deps, ctx)
  if (!mail) throw new Error('the group has no pages of its own')
  return { at: deps.clock(), client_id: ACCOUNT_CLIENT, mail }
}

async function undo(deps: PortalDeps, accountId: CustomerPage['account_id'], seq: number, by: UndoneBy): Promise<boolean> {
  const { ok } = await deps.db.transaction().execute((tx) => deps.changes.undo(tx, accountId, seq, by))
  if (ok) deps.events.wake()
  return ok
}
