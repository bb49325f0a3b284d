import type { Context } from 'koa'
import { type PrivacyModel, privacyPage } from '../../../views/index.ts'
import { queryOf } from '../../web/pages.ts'
import type { CustomerPage, PortalDeps } from '../deps.ts'

const STATUSES = ['asked', 'too_soon'] as const

/** GET /account/privacy */
export async function showPrivacy(deps: PortalDeps, ctx: Context, customer: CustomerPage): Promise<void> {
  const found = await deps.exports.find(deps.db, customer.account_id)
  const told = STATUSES.find((status) => status === queryOf(ctx.req).get('status'))
  const model: PrivacyModel = {
    signOutHref: customer.signOutHref,
    graceDays: graceDays(deps),
    ...(found ? { file: { state: found.state, until: found.expiresAt } } : {}),
    ...(told ? { told } : {}),
  }
  deps.pages.send(ctx, (page) => privacyPage(page, model), { status: told === 'too_soon' ? 429 : 200 })
}

/** How long the deletion of an account can be undone, in whole days. */
export const graceDays = ({ group }: PortalDeps): number => Math.max(1, Math.round(group().policies.deletion.graceS / 86_400))
