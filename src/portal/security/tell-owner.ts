import type { Context } from 'koa'
import type { AccountChange } from '../../../views/index.ts'
import type { AccountState } from '../../changes/index.ts'
import type { Db } from '../../store/db.ts'
import { translator } from '../../web/i18n.ts'
import type { CustomerPage, PortalDeps } from '../deps.ts'
import { ACCOUNT_CLIENT, OWN_RECIPIENT } from '../own-client.ts'

/**
 * Records what was changed about an account, and mails its owner, in the transaction that makes the change (MFA-44).
 *
 * @param before how it was (`changes.begin`); without it the change is recorded and told, and cannot be undone
 */
export async function tellOwner(
  deps: PortalDeps,
  ctx: Context,
  tx: Db,
  { account_id, uid }: Pick<CustomerPage, 'account_id' | 'uid'>,
  kind: AccountChange,
  before?: AccountState,
): Promise<void> {
  const group = deps.group()
  const brand = group.recipients.get(OWN_RECIPIENT)
  if (!brand) return
  const locale = deps.pages.localeOf(ctx.req)
  const mail = { t: translator(locale), locale, groupName: group.name, brand }
  const where = { client_id: ACCOUNT_CLIENT, session: uid }
  await deps.changes.record(tx, account_id, { kind, at: deps.clock(), ...where, mail, ...(before ? { before } : {}) })
}
