import type { Context } from 'koa'
import { accountClosingMail, closedPage, confirmActionPage } from '../../../views/index.ts'
import { mailOwner } from '../../accounts/index.ts'
import type { Db } from '../../store/db.ts'
import { translator } from '../../web/i18n.ts'
import { Refusal } from '../../web/refusal.ts'
import type { CustomerPage, PortalDeps } from '../deps.ts'
import { OWN_RECIPIENT } from '../own-client.ts'
import { makeChange, readChange } from '../security/change.ts'
import { enrolledIfFresh } from '../security/fresh.ts'
import { graceDays } from './show-privacy.ts'

const PATH = '/account/privacy/delete'

/** GET /account/privacy/delete: says what will happen, and asks. */
export async function askToDelete(deps: PortalDeps, ctx: Context, customer: CustomerPage): Promise<void> {
  if (!(await enrolledIfFresh(deps, ctx, customer))) return
  const model = { csrf: deps.csrf.token(customer.csrfBinding), signOutHref: customer.signOutHref, days: graceDays(deps) }
  deps.pages.send(ctx, (page) =>
    confirmActionPage(page, { ...model, kind: 'delete_account', action: PATH, cancelHref: '/account/privacy' }),
  )
}

/**
 * POST: from here on nobody can use the account. Every session and token ends, the brands are told, and the owner gets a mail that says until when
 * it can be undone; all in one transaction (OIDC-24).
 */
export async function deleteAccount(deps: PortalDeps, ctx: Context, customer: CustomerPage): Promise<void> {
  await readChange(deps, ctx, customer)
  const now = deps.clock()
  const closesAt = new Date(now.getTime() + deps.group().policies.deletion.graceS * 1000)
  const begun = await makeChange(deps, ctx, customer, undefined, async (tx) => {
    if (!(await deps.accounts.closing.begin(tx, customer.account_id, { closesAt, now }))) return false
    await deps.sessions.endAllBut(tx, customer.account_id, undefined)
    await tellOwner(deps, ctx, tx, customer, closesAt)
    return true
  })
  if (!begun) throw new Refusal('not_signed_in')
  ctx.redirect('/account/closed')
  ctx.status = 303
}

/** GET /account/closed: nobody is signed in any more, so it says nothing about anybody. */
export function showClosed(deps: PortalDeps, ctx: Context): void {
  deps.pages.send(ctx, (page) => closedPage(page, { graceDays: graceDays(deps), accountHref: '/account' }))
}

async function tellOwner(deps: PortalDeps, ctx: Context, tx: Db, { account_id }: CustomerPage, closesAt: Date): Promise<void> {
  const group = deps.group()
  const brand = group.recipients.get(OWN_RECIPIENT)
  if (!brand) return
  const locale = deps.pages.localeOf(ctx.req)
  const context = { t: translator(locale), locale, groupName: group.name, brand }
  const mail = accountClosingMail(context, { closesAt, accountHref: `${deps.issuer}/account` })
  await mailOwner(deps, tx, account_id, { from_name: brand.name, mail })
}
