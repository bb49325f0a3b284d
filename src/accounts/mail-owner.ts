import { type MailText, noticeText } from '../../views/index.ts'
import type { Events } from '../events/index.ts'
import type { Db } from '../store/db.ts'
import type { AccountId } from '../store/ids.ts'
import type { Accounts } from './index.ts'

/**
 * Tells the owner of an account by mail, in the transaction of what they are told about. An account that has a phone number only gets the mail's
 * subject as a text message. An address that was replaced lately is told too, and those of accounts that were joined
 * to it: whoever replaced it or joined them may be who does the rest (MFA-44).
 */
export async function mailOwner(
  {
    accounts,
    events,
  }: {
    readonly accounts: Pick<Accounts, 'emailOf' | 'formerEmailsOf' | 'joinedEmailsOf' | 'phoneOf'>
    readonly events: Pick<Events, 'emit'>
  },
  tx: Db,
  accountId: AccountId,
  { from_name, mail }: { readonly from_name: string; readonly mail: MailText },
): Promise<void> {
  const email = await accounts.emailOf(tx, accountId)
  const addresses = new Set([
    ...(email === undefined ? [] : [email]),
    ...(await accounts.formerEmailsOf(tx, accountId)),
    ...(await accounts.joinedEmailsOf(tx, accountId)),
  ])
  for (const to of addresses) await events.emit(tx, { kind: 'mail', mail: { to, from_name, ...mail }, account_id: accountId })
  if (addresses.size > 0) return
  const phone = await accounts.phoneOf(tx, accountId)
  if (phone) await events.emit(tx, { kind: 'sms', sms: { to: phone.number, text: noticeText(from_name, mail) }, account_id: accountId })
}
