import type { Context } from 'koa'
import { type AccountChange, accountChangedMail } from '../../../views/index.ts'
import { mailOwner } from '../../accounts/index.ts'
import type { Db } from '../../store/db.ts'
import { translator } from '../../web/i18n.ts'
import type { CustomerPage, PortalDeps } from '../deps.ts'
import { OWN_RECIPIENT } from '../own-client.ts'

/** Mails the owner, in the transaction that makes it, what was changed about their account (MFA-44). */
export async function tellOwner(
  deps: PortalDeps,
  ctx: Context,
  tx: Db,
  { account_id }: CustomerPage,
  change: AccountChange,
): Promise<void> {
  const group = deps.group()
  const brand = group.recipients.get(OWN_RECIPIENT)
  if (!brand) return
  const locale = deps.pages.localeOf(ctx.req)
  const mail = accountChangedMail(
    { t: translator(locale), locale, groupName: group.name, brand },
    { change, securityHref: `${deps.issuer}/account/security` },
  )
  await mailOwner(deps, tx, account_id, { from_name: brand.name, mail })
}
