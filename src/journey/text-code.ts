import { smsDestination } from '../accounts/index.ts'
import type { AccountId } from '../store/ids.ts'
import { accountChanged } from './account-changed.ts'
import type { SentCode } from './send-code.ts'
import type { StepDeps, StepInput } from './step.ts'

/** A text message with a code. */
export interface CodeByText {
  /** E.164. */
  readonly to: string
  /** Whose the number is, where it is known: told of codes that nobody uses. */
  readonly accountId: AccountId | undefined
  readonly words: (code: string) => string
  /** None are sent to the account for now: the page says nothing of it. */
  readonly held?: boolean
  /** As of `EmailCodes.issue`. */
  readonly boundTo?: string
}

/** Texts a code, unless the number is one that none are sent to. Counted, withheld and spent as a mailed one, with limits of its own (SEC-64). */
export async function textCode(
  deps: StepDeps,
  input: StepInput,
  { to, accountId, words, held = false, boundTo }: CodeByText,
): Promise<SentCode> {
  const { countries, mostPerHour } = input.group.policies.sms
  const destination = smsDestination(to, countries)
  if (!deps.smsOffered || !destination.ok) return { ok: false, reason: 'no_texts' }
  const issued = deps.authenticators.emailCodes.issue(input.facts.run.code, input.now, boundTo)
  if (!issued.ok) return issued
  const asked = { to, country: destination.country, mostToCountry: mostPerHour, from: input.origin.address }
  const limited = await deps.limits.codes.text(deps.db, asked, input.now)
  if (limited.kind === 'refuse') return { ok: false, reason: 'too_many_sends', retryAfterS: limited.retryAfterS }
  const text = words(issued.code)
  return {
    ok: true,
    code: issued.state,
    async write(tx) {
      if (held) return { ok: true }
      if (limited.kind === 'send') await deps.events.emit(tx, { kind: 'sms', sms: { to, text }, useful_until: issued.state.expires_at })
      else if (limited.tell && accountId) await accountChanged(deps, tx, input, accountId, 'codes_withheld')
      return { ok: true }
    },
  }
}
