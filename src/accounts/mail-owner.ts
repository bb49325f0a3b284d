import type { MailText } from '../../views/index.ts'
import type { Events } from '../events/index.ts'
import type { Db } from '../store/db.ts'
import type { AccountId } from '../store/ids.ts'
import type { Accounts } from './index.ts'

/** Mails the owner of an account in the transaction of what they are told about. An account without an address is told nothing. */
export async function mailOwner(
  { accounts, events }: { readonly accounts: Pick<Accounts, 'emailOf'>; readonly events: Pick<Events, 'emit'> },
  tx: Db,
  accountId: AccountId,
  { from_name, mail }: { readonly from_name: string; readonly mail: MailText },
): Promise<void> {
  const to = await accounts.emailOf(tx, accountId)
  if (to !== undefined) await events.emit(tx, { kind: 'mail', mail: { to, from_name, ...mail }, account_id: accountId })
}
