import { type PasswordModel, passwordPage } from '../../../views/index.ts'
import { type IdentifiedAccount, kindOf } from '../../accounts/index.ts'
import { MAX_PASSWORD } from '../../authenticators/index.ts'
import { journeyFor } from '../../group/group.ts'
import type { BegunTry } from '../../limits/index.ts'
import type { AccountId } from '../../store/ids.ts'
import type { Page } from '../../web/pages.ts'
import { accountChanged } from '../account-changed.ts'
import { isOpen, provenOwner, type RunFacts, startOver } from '../facts.ts'
import { mayTrustDevice } from '../next.ts'
import { type SentCode, sendCode } from '../send-code.ts'
import type { Step, StepDeps, StepInput, StepOutcome, Write } from '../step.ts'

type CountedTry = Extract<BegunTry, { ok: true }>

/** Signs in with the password. An address without an account, a wrong password and a closed account are one answer and the same work (MFA-30). */
export const passwordStep: Step = {
  name: 'password',
  view: (deps, input) => passwordView(deps, input),

  async handle(deps, input, form) {
    const { run } = input.facts
    const action = form.text('action', { max: 20 })
    if (action === 'back') return { kind: 'accept', run: startOver(run, 'sign_in') }
    if (action === 'sign-up') return { kind: 'accept', run: startOver(run, 'sign_up') }
    if (action === 'forgot-password' && canRecover(deps, input)) return sendAndGoOn(deps, input, 'recover')
    if ((action === 'email-code' || action === 'text-code') && canUseCode(deps, input)) return sendAndGoOn(deps, input, 'email_code')
    const password = form.exact('password', { max: MAX_PASSWORD })
    const identifier = run.identifier ?? ''
    const found = await deps.accounts.findTyped(deps.db, { value: identifier, memberNumber: run.member_number })
    const tried = await deps.limits.passwords.begin(deps.db, { identifier, accountId: found?.id, origin: input.origin }, input.now)
    if (!tried.ok) return tooManyTries(deps, input, tried.retryAfterS)
    // After a code by mail this page may ask for what it did not prove: then it is that account's password that counts.
    const isOther = run.account_id !== undefined && run.account_id !== found?.id
    if (!(await isProven(deps, isOther ? undefined : found, password, tried)) || !found)
      return { kind: 'page', status: 422, page: passwordView(deps, input, { error: 'wrong_password' }) }
    const evidence = [...run.evidence, { authenticator: 'password' as const, at: input.now.toISOString() }]
    const can_keep_passkey = form.text('can_keep_passkey', { max: 10 }) === 'yes'
    const proven = { ...run, evidence, can_keep_passkey }
    return found.proven
      ? { kind: 'accept', run: provenOwner(proven, found), ...trusting(deps, input, provenOwner(proven, found), found.id) }
      : proveAddress(deps, input, { ...proven, proving_account_id: found.id })
  },
}

/** In a browser that its owner trusts, the second factor is not asked for. Whether that counts here is the journey's to say. */
function trusting(deps: StepDeps, input: StepInput, run: RunFacts, accountId: AccountId): { readonly write?: Write } {
  const { device } = input.origin
  const ticket = input.browser.ticketOf(accountId)
  if (!ticket || !device || !mayTrustDevice({ ...input.facts, run })) return {}
  return {
    async write(tx) {
      const trust = await deps.authenticators.trustedDevices.use(tx, accountId, { device, ticket, now: input.now })
      if (trust.ok) return { ok: true, run: { ...run, trusted_device: true }, ticket: trust.ticket }
      if (trust.reason === 'copied') await accountChanged(deps, tx, input, accountId, 'trusted_device_copied')
      return { ok: true }
    },
  }
}

/** An imported account whose address was never proven: the password is right, and the mailbox comes before anything else. */
async function proveAddress(deps: StepDeps, input: StepInput, run: RunFacts): Promise<StepOutcome> {
  const sent = await sendCode(deps, input, run.identifier ?? '', 'prove')
  return sent.ok ? { kind: 'accept', run: { ...run, code: sent.code }, write: sent.write } : notSent(deps, input, sent)
}

/** Sends a code to the address, whoever has it, and goes on with that. */
async function sendAndGoOn(deps: StepDeps, input: StepInput, mode: 'recover' | 'email_code'): Promise<StepOutcome> {
  const address = input.facts.run.identifier ?? ''
  const sent = await sendCode(deps, input, address, mode === 'recover' ? 'recover' : 'sign_in')
  if (!sent.ok) return notSent(deps, input, sent)
  return { kind: 'accept', run: { ...startOver(input.facts.run, mode), identifier: address, code: sent.code }, write: sent.write }
}

/** Whether the password is the account's own and it may be signed in to. Anything else is counted as one failure. */
async function isProven(
  { db, authenticators }: StepDeps,
  account: IdentifiedAccount | undefined,
  password: string,
  tried: CountedTry,
): Promise<boolean> {
  try {
    const verified = await authenticators.passwords.verify(db, account?.id, password, account?.holder)
    if (verified.ok && isOpen(account)) {
      await tried.succeeded()
      return true
    }
  } catch (error) {
    await tried.abandoned() // too busy to look at it: not the customer's failure
    throw error
  }
  await tried.failed()
  return false
}

const notSent = (deps: StepDeps, input: StepInput, sent: Extract<SentCode, { ok: false }>): StepOutcome =>
  sent.reason === 'no_texts'
    ? { kind: 'page', status: 422, page: passwordView(deps, input, { error: sent.reason }) }
    : tooManyTries(deps, input, sent.retryAfterS)

/** The same words for an account and for an address that has none. */
const tooManyTries = (deps: StepDeps, input: StepInput, retryAfterS: number): StepOutcome => ({
  kind: 'page',
  status: 429,
  retryAfterS,
  page: passwordView(deps, input, { error: 'too_many_tries', retryMinutes: Math.ceil(retryAfterS / 60) }),
})

/**
 * How a code gets to who was named. Not to who named a member number: it stands on a card, and whoever reads it would have messages sent to an
 * address that the page must not name.
 */
function channelOf({ identifier = '' }: RunFacts): 'email' | 'sms' | undefined {
  const kind = kindOf(identifier)
  return kind === 'member_number' ? undefined : kind === 'phone' ? 'sms' : 'email'
}

const canSend = ({ smsOffered }: StepDeps, { facts }: StepInput): boolean => {
  const channel = channelOf(facts.run)
  return channel === 'email' || (channel === 'sms' && smsOffered)
}

const canRecover = (deps: StepDeps, input: StepInput): boolean =>
  canSend(deps, input) && journeyFor(input.group, input.client).steps.includes('new_password')

/** Once the mailbox or the phone is proven another code proves nothing more. */
const canUseCode = (deps: StepDeps, input: StepInput): boolean =>
  canSend(deps, input) && input.facts.run.account_id === undefined && journeyFor(input.group, input.client).steps.includes('verify_email')

const passwordView =
  (deps: StepDeps, input: StepInput, shown: Pick<PasswordModel, 'error' | 'retryMinutes'> = {}): Page =>
  (page) =>
    passwordPage(page, {
      ...input.target,
      forgot: canRecover(deps, input),
      code: canUseCode(deps, input) ? channelOf(input.facts.run) : undefined,
      identifier: asTyped(input.facts.run),
      ...shown,
    })

const asTyped = ({ identifier = '', member_number }: RunFacts): string => member_number ?? identifier
