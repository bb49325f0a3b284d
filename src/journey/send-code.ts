import {
  accountExistsMail,
  accountExistsText,
  codeText,
  type MailContext,
  type MailText,
  noAccountMail,
  noAccountText,
  recoverMail,
  recoverWaitsMail,
  signInCodeMail,
  verifyEmailMail,
} from '../../views/index.ts'
import { kindOf } from '../accounts/index.ts'
import type { EmailCode } from '../authenticators/index.ts'
import { translator } from '../web/i18n.ts'
import { isOpen } from './facts.ts'
import type { StepDeps, StepInput, Write } from './step.ts'
import { textCode } from './text-code.ts'
import { waitsUntil } from './young-address.ts'

export type SentCode =
  | { readonly ok: true; readonly code: EmailCode; readonly write: Write }
  | { readonly ok: false; readonly reason: 'too_many_sends'; readonly retryAfterS: number }
  /** No text messages go to such a number, whoever has it. */
  | { readonly ok: false; readonly reason: 'no_texts' }

/**
/**
 * What a code is sent for: to prove a new address or number, to get back into an account or into it in place of a password, or to prove the address of
 * an imported one after its password.
 */
export type CodePurpose = 'sign_up' | 'recover' | 'sign_in' | 'prove'

/**
 * Sends a code to an address or a number. One of which that cannot be true (known to one who signs up, unknown to one who recovers or signs in) gets a
 * message of another kind instead, and nothing else differs: the same page, the same statements, a code that nobody is told (SEC-37 class: no
 * enumeration). A mailbox or phone that had enough gets nothing, and again nothing else differs (SEC-64).
 */
export async function sendCode(deps: StepDeps, input: StepInput, to: string, purpose: CodePurpose): Promise<SentCode> {
  const known = await deps.accounts.findByIdentifier(deps.db, kindOf(to), to)
  if (kindOf(to) !== 'phone') {
    const until = await waitsUntil(deps, known, to, purpose)
    const isKnown = isOpen(known) || (purpose === 'sign_up' && (await deps.accounts.findHolder(deps.db, to)) !== undefined)
    const context = mailContext(input)
    return mailCode(deps, input, to, (code) => (until ? recoverWaitsMail(context, { until }) : MAILS[purpose](context, { code, isKnown })))
  }
  const isKnown = isOpen(known) || (purpose === 'sign_up' && known !== undefined)
  return textCode(deps, input, { to, accountId: known?.id, words: (code) => TEXTS[purpose](mailContext(input), { code, isKnown }) })
}

async function mailCode(deps: StepDeps, input: StepInput, address: string, words: (code: string) => MailText): Promise<SentCode> {
  const issued = deps.authenticators.emailCodes.issue(input.facts.run.code, input.now)
  if (!issued.ok) return issued
  const limited = await deps.limits.codes.mail(deps.db, { to: address, from: input.origin.address }, input.now)
  if (limited.kind === 'refuse') return { ok: false, reason: 'too_many_sends', retryAfterS: limited.retryAfterS }
  const mail = words(issued.code)
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

type Words<T> = (ctx: MailContext, about: { code: string; isKnown: boolean }) => T

const MAILS: Readonly<Record<CodePurpose, Words<MailText>>> = {
  sign_up: (ctx, { code, isKnown }) => (isKnown ? accountExistsMail(ctx) : verifyEmailMail(ctx, { code })),
  recover: (ctx, { code, isKnown }) => (isKnown ? recoverMail(ctx, { code }) : noAccountMail(ctx, 'recover')),
  sign_in: (ctx, { code, isKnown }) => (isKnown ? signInCodeMail(ctx, { code }) : noAccountMail(ctx, 'sign_in')),
  prove: (ctx, { code }) => verifyEmailMail(ctx, { code }),
}

const TEXTS: Readonly<Record<CodePurpose, Words<string>>> = {
  sign_up: (ctx, { code, isKnown }) => (isKnown ? accountExistsText(ctx) : codeText(ctx, { code })),
  recover: (ctx, { code, isKnown }) => (isKnown ? codeText(ctx, { code }) : noAccountText(ctx)),
  sign_in: (ctx, { code, isKnown }) => (isKnown ? codeText(ctx, { code }) : noAccountText(ctx)),
  prove: codeText,
}

/** Whose mail it is and in which language: the brand the journey runs for. */
export function mailContext({ recipient, group, locale }: StepInput): MailContext {
  return { t: translator(locale), locale, groupName: group.name, brand: recipient }
}
