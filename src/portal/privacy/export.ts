import type { Context } from 'koa'
import { confirmActionPage } from '../../../views/index.ts'
import { Refusal } from '../../web/refusal.ts'
import type { CustomerPage, PortalDeps } from '../deps.ts'
import { readChange } from '../security/change.ts'
import { enrolledIfFresh } from '../security/fresh.ts'

const PAGE = '/account/privacy'
const PATH = `${PAGE}/export`

/** GET /account/privacy/export: says what the file holds, and asks. */
export async function askToExport(deps: PortalDeps, ctx: Context, customer: CustomerPage): Promise<void> {
  if (!(await enrolledIfFresh(deps, ctx, customer))) return
  const model = { csrf: deps.csrf.token(customer.csrfBinding), signOutHref: customer.signOutHref }
  deps.pages.send(ctx, (page) => confirmActionPage(page, { ...model, kind: 'export_data', action: PATH, cancelHref: PAGE }))
}

/** POST: has the archive built beside the requests. */
export async function startExport(deps: PortalDeps, ctx: Context, customer: CustomerPage): Promise<void> {
  await readChange(deps, ctx, customer)
  const locale = deps.pages.localeOf(ctx.req)
  const asked = await deps.db.transaction().execute((tx) => deps.exports.ask(tx, customer.account_id, locale))
  if (asked) deps.events.wake()
  ctx.redirect(`${PAGE}?status=${asked ? 'asked' : 'too_soon'}`)
  ctx.status = 303
}

/** GET /account/privacy/download: the ZIP file, to its owner, who has just proven who they are as strongly as the account can. */
export async function downloadExport(deps: PortalDeps, ctx: Context, customer: CustomerPage): Promise<void> {
  if (!(await enrolledIfFresh(deps, ctx, customer))) return
  const archive = await deps.exports.download(deps.db, customer.account_id)
  if (!archive) throw new Refusal('not_found')
  ctx.attachment('account.zip')
  ctx.type = 'application/zip'
  ctx.body = archive
}
