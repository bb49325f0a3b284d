import type { Context } from 'koa'
import { privacyPage } from '../../../views/index.ts'
import type { CustomerPage, PortalDeps } from '../deps.ts'

/** GET /account/privacy */
export async function showPrivacy(deps: PortalDeps, ctx: Context, customer: CustomerPage): Promise<void> {
  const model = { signOutHref: customer.signOutHref, graceDays: graceDays(deps) }
  deps.pages.send(ctx, (page) => privacyPage(page, model))
}

/** How long the deletion of an account can be undone, in whole days. */
export const graceDays = ({ group }: PortalDeps): number => Math.max(1, Math.round(group().policies.deletion.graceS / 86_400))
