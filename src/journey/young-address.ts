import type { Account, AddressHolder } from '../accounts/index.ts'
import type { CodePurpose } from './send-code.ts'
import type { StepDeps } from './step.ts'

/**
 * Until when the mailbox of an address that replaced another one lately opens nothing by itself: whoever took an account over and changed its
 * address must not come back by that (MFA-18, MFA-32). With another proof beside it a new password can be chosen at once.
 *
 * @param account whose the address is
 * @param holder what is known of the address
 */
export async function waitsUntil(
  { authenticators, db }: StepDeps,
  account: Pick<Account, 'id'> | undefined,
  holder: AddressHolder | undefined,
  purpose: CodePurpose,
): Promise<Date | undefined> {
  const youngUntil = holder?.youngUntil
  if (!account || !youngUntil || purpose === 'sign_in') return account && youngUntil
  if (purpose !== 'recover') return undefined
  const { passkeys, totpSince, smsSettled, recoveryCodes } = await authenticators.enrolled(db, account.id)
  return passkeys > 0 || totpSince || smsSettled || recoveryCodes > 0 ? undefined : youngUntil
}
