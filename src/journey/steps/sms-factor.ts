import { codeText } from '../../../views/index.ts'
import type { AccountId } from '../../store/ids.ts'
import { mailContext, type SentCode } from '../send-code.ts'
import type { StepDeps, StepInput } from '../step.ts'
import { textCode } from '../text-code.ts'

/** A code for the second factor proves this number of this account, and nothing else that a journey sends codes for (MFA-46). */
const boundTo = (accountId: AccountId, number: string): string => `sms_otp ${accountId} ${number}`

/** Texts a code to the account's own number. The password, or another first proof, was right: nobody else has messages sent (MFA-21). */
export async function sendFactorCode(deps: StepDeps, input: StepInput, accountId: AccountId): Promise<SentCode> {
  const phone = await deps.accounts.phoneOf(deps.db, accountId)
  if (!phone) return { ok: false, reason: 'no_texts' }
  const words = (code: string): string => codeText(mailContext(input), { code })
  return textCode(deps, input, { to: phone.number, accountId, words, boundTo: boundTo(accountId, phone.number) })
}

/** Looks at a code; the run that forgets it spends it. */
export async function checkFactorCode(deps: StepDeps, { facts, now }: StepInput, accountId: AccountId, typed: string) {
  const phone = await deps.accounts.phoneOf(deps.db, accountId)
  if (!phone) return { ok: false, reason: 'no_code' } as const
  const tried = await deps.limits.codes.begin(deps.db, phone.number, now)
  if (!tried.ok) return { ok: false, reason: 'throttled', retryAfterS: tried.retryAfterS } as const
  const checked = deps.authenticators.emailCodes.check(facts.run.code, typed, now, boundTo(accountId, phone.number))
  return checked.ok ? ({ ok: true, tried } as const) : checked
}

/** What tells its owner which phone it is, and nobody else anything. */
export async function lastDigitsOf({ accounts, db }: StepDeps, accountId: AccountId): Promise<string> {
  return (await accounts.phoneOf(db, accountId))?.number.slice(-2) ?? ''
}
