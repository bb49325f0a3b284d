import type { Account } from '../accounts/index.ts'
import type { CodePurpose } from './send-code.ts'
import type { StepDeps } from './step.ts'

/**
 * Until when the mailbox of an address that replaced another one lately opens nothing by itself: whoever took an account over and changed its
 * address must not come back by that (MFA-18, MFA-32). With another proof beside it a new password can be chosen at once.
 *
 * @param account whose the address is
 */
export async function waitsUntil(
  { accounts, authenticators, db }: StepDeps,
  account: Pick<Account, 'id'> | undefined,
  address: string,
  purpose: CodePurpose,
): Promise<Date | undefined> {
  const youngUntil = (await accounts.findHolder(db, address))?.youngUntil
  if (!account || !youngUntil || purpose === 'sign_in') return account && youngUntil
  if (purpose !== 'recover') return undefined
  const { passkeys, totpSince, smsSince, recoveryCodes } = await authenticators.enrolled(db, account.id)
  return passkeys > 0 || totpSince || smsSince || recoveryCodes > 0 ? undefined : youngUntil
}
