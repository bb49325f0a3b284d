import { type AccountChange, accountChangedMail } from '../../views/index.ts'
import { mailOwner } from '../accounts/index.ts'
import type { Db } from '../store/db.ts'
import type { AccountId } from '../store/ids.ts'
import { mailContext } from './send-code.ts'
import type { StepDeps, StepInput } from './step.ts'

/** Tells the owner, in the transaction that changes it, what was changed about their account (MFA-44). */
export async function accountChanged(deps: StepDeps, tx: Db, input: StepInput, accountId: AccountId, change: AccountChange): Promise<void> {
  const mail = accountChangedMail(mailContext(input), { change, securityHref: `${deps.issuer}/account/security` })
  await mailOwner(deps, tx, accountId, { from_name: input.recipient.name, mail })
}
