import {
  accountExistsMail,
  type MailContext,
  type MailText,
  noAccountMail,
  recoverMail,
  signInCodeMail,
  verifyEmailMail,
} from '../../views/index.ts'
import type { EmailCode } from '../authenticators/index.ts'
import { translator } from '../web/i18n.ts'
import { isOpen } from './facts.ts'
import type { StepDeps, StepInput, Write } from './step.ts'

export type SentCode =
  | { readonly ok: true; readonly code: EmailCode; readonly write: Write }
  | { readonly ok: false; readonly reason: 'too_many_sends'; readonly retryAfterS: number }

/**
 * What a code is mailed for: to prove a new address, to get back into an account or into it in place of a password, or to prove the address of an
 * imported one after its password.
 */
export type CodePurpose = 'sign_up' | 'recover' | 'sign_in' | 'prove'

/**
 * Mails a code to an address. An address of which that cannot be true (known to one who signs up, unknown to one who recovers or signs in) gets a mail of
 * another kind instead, and nothing else differs: the same page, the same statements, a code that nobody is told (SEC-37 class: no enumeration). A mailbox that had enough gets nothing, and again nothing
 * else differs (SEC-64).
 */
export async function sendCode(deps: StepDeps, input: StepInput, address: string, purpose: CodePurpose): Promise<SentCode> {
  const issued = deps.authenticators.emailCodes.issue(input.facts.run.code, input.now)
  if (!issued.ok) return issued
  const limited = await deps.limits.codes.mail(deps.db, { to: address, from: input.origin.address }, input.now)
  if (limited.kind === 'refuse') return { ok: false, reason: 'too_many_sends', retryAfterS: limited.retryAfterS }
  const known = await deps.accounts.findByIdentifier(deps.db, 'email', address)
  const mail = MAILS[purpose](mailContext(input), {
    code: issued.code,
    isKnown: isOpen(known) || (purpose === 'sign_up' && known !== undefined),
  })
  const write: Write = async (tx) => {
    if (limited.kind === 'withhold') return { ok: true }
    await deps.events.emit(tx, {
      kind: 'mail',
      mail: { to: address, from_name: input.recipient.name, ...mail },
      useful_until: issued.state.expires_at,
    })
    return { ok: true }
  }
  return { ok: true, code: issued.state, write }
}

const MAILS: Readonly<Record<CodePurpose, (ctx: MailContext, about: { code: string; isKnown: boolean }) => MailText>> = {
  sign_up: (ctx, { code, isKnown }) => (isKnown ? accountExistsMail(ctx) : verifyEmailMail(ctx, { code })),
  recover: (ctx, { code, isKnown }) => (isKnown ? recoverMail(ctx, { code }) : noAccountMail(ctx, 'recover')),
  sign_in: (ctx, { code, isKnown }) => (isKnown ? signInCodeMail(ctx, { code }) : noAccountMail(ctx, 'sign_in')),
  prove: (ctx, { code }) => verifyEmailMail(ctx, { code }),
}

/** Whose mail it is and in which language: the brand the journey runs for. */
export function mailContext({ recipient, group, locale }: StepInput): MailContext {
  return { t: translator(locale), locale, groupName: group.name, brand: recipient }
}
