import { type AccountChange, accountChangedMail } from '../../views/index.ts'
import { EMAIL } from '../accounts/index.ts'
import type { Db } from '../store/db.ts'
import type { AccountId } from '../store/ids.ts'
import { mailContext } from './send-code.ts'
import type { StepDeps, StepInput } from './step.ts'

/** Tells the owner, in the transaction that changes it, what was changed about their account (MFA-44). */
export async function accountChanged(
  { accounts, events, issuer }: StepDeps,
  tx: Db,
  input: StepInput,
  accountId: AccountId,
  change: AccountChange,
): Promise<void> {
  const { profile } = await accounts.readOwnProfile(tx, accountId)
  const to = profile[EMAIL]?.value
  if (typeof to !== 'string') return
  const mail = accountChangedMail(mailContext(input), { change, securityHref: `${issuer}/account/security` })
  await events.emit(tx, { kind: 'mail', mail: { to, from_name: input.recipient.name, ...mail } })
}
