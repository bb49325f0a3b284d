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
  waitsText,
} from '../../views/index.ts'
import { kindOf } from '../accounts/index.ts'
import type { EmailCode } from '../authenticators/index.ts'
import type { AccountId } from '../store/ids.ts'
import { translator } from '../web/i18n.ts'
import { accountChanged } from './account-changed.ts'
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
  const opens = purpose === 'recover' || purpose === 'sign_in'
  const held = opens && (await deps.changes.hold(deps.db, known?.id ?? NOBODY, 'codes', input.now)) !== undefined
  const holder = await deps.accounts.findHolder(deps.db, to)
  const until = await waitsUntil(deps, known, holder, purpose)
  const isKnown = isOpen(known) || (purpose === 'sign_up' && holder !== undefined)
  const context = mailContext(input)
  if (kindOf(to) === 'phone') {
    const text = (code: string) => (until ? waitsText(context, { until }) : TEXTS[purpose](context, { code, isKnown }))
    return textCode(deps, input, { to, accountId: known?.id, held, words: text })
  }
  const words = (code: string) => (until ? recoverWaitsMail(context, { until }) : MAILS[purpose](context, { code, isKnown }))
  return mailCode(deps, input, { to, accountId: known?.id, opens, held, words })
}

/** Nobody's id: a look-up by it is the same statement and finds nothing. */
const NOBODY = '00000000-0000-0000-0000-000000000000' as AccountId // the nil UUID is a UUID, and UUIDv7 never makes it

interface CodeByMail {
  readonly to: string
  /** Whose the address is, where it is known: told of codes that nobody uses. */
  readonly accountId: AccountId | undefined
  /** The code leads into an account, if there is one. */
  readonly opens: boolean
  readonly held: boolean
  readonly words: (code: string) => MailText
}

async function mailCode(deps: StepDeps, input: StepInput, { to, accountId, opens, held, words }: CodeByMail): Promise<SentCode> {
  const issued = deps.authenticators.emailCodes.issue(input.facts.run.code, input.now)
  if (!issued.ok) return issued
  const limited = await deps.limits.codes.mail(deps.db, { to, from: input.origin.address, opens }, input.now)
  if (limited.kind === 'refuse') return { ok: false, reason: 'too_many_sends', retryAfterS: limited.retryAfterS }
  const mail = { to, from_name: input.recipient.name, ...words(issued.code) }
  const write: Write = async (tx) => {
    if (held) return { ok: true }
    if (limited.kind === 'send') await deps.events.emit(tx, { kind: 'mail', mail, useful_until: issued.state.expires_at })
    else if (limited.tell && accountId) await accountChanged(deps, tx, input, accountId, 'codes_withheld')
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
