import type { Context } from 'koa'
import type { AccountChange, MailContext } from '../../../views/index.ts'
import type { AccountState } from '../../changes/index.ts'
import type { Db } from '../../store/db.ts'
import { translator } from '../../web/i18n.ts'
import type { CustomerPage, PortalDeps } from '../deps.ts'
import { ACCOUNT_CLIENT, OWN_RECIPIENT } from '../own-client.ts'
import { proofOf } from './held.ts'

/**
 * Records what was changed about an account, and mails its owner, in the transaction that makes the change (MFA-44).
 *
 * @param before how it was (`changes.begin`); without it the change is recorded and told, and cannot be undone
 */
export async function tellOwner(
  deps: PortalDeps,
  ctx: Context,
  tx: Db,
  customer: CustomerPage,
  kind: AccountChange,
  before?: AccountState,
): Promise<void> {
  const mail = mailOf(deps, ctx)
  if (!mail) return
  const where = { client_id: ACCOUNT_CLIENT, session: customer.uid, proof: proofOf(customer), mail }
  await deps.changes.record(tx, customer.account_id, { kind, at: deps.clock(), ...where, ...(before ? { before } : {}) })
}

/** Mails about an account come from the group, in the language of the page that caused them. */
export function mailOf({ group, pages }: PortalDeps, ctx: Context): MailContext | undefined {
  const { name: groupName, recipients } = group()
  const brand = recipients.get(OWN_RECIPIENT)
  const locale = pages.localeOf(ctx.req)
  return brand && { t: translator(locale), locale, groupName, brand }
}
