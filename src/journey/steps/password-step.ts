import { type PasswordModel, passwordPage } from '../../../views/index.ts'
import type { IdentifiedAccount } from '../../accounts/index.ts'
import { MAX_PASSWORD } from '../../authenticators/index.ts'
import { journeyFor } from '../../group/group.ts'
import type { BegunTry } from '../../limits/index.ts'
import type { Page } from '../../web/pages.ts'
import { isOpen, provenOwner, type RunFacts, startOver } from '../facts.ts'
import { sendCode } from '../send-code.ts'
import type { Step, StepDeps, StepInput, StepOutcome } from '../step.ts'

type CountedTry = Extract<BegunTry, { ok: true }>

/** Signs in with the password. An address without an account, a wrong password and a closed account are one answer and the same work (MFA-30). */
export const passwordStep: Step = {
  name: 'password',
  view: (_deps, input) => passwordView(input),

  async handle(deps, input, form) {
    const { run } = input.facts
    const action = form.text('action', { max: 20 })
    if (action === 'back') return { kind: 'accept', run: startOver(run, 'sign_in') }
    if (action === 'sign-up') return { kind: 'accept', run: startOver(run, 'sign_up') }
    if (action === 'forgot-password' && canRecover(input)) return mailCode(deps, input, 'recover')
    if (action === 'email-code' && canUseCode(input)) return mailCode(deps, input, 'email_code')
    const password = form.exact('password', { max: MAX_PASSWORD })
    const identifier = run.identifier ?? ''
    const found = await deps.accounts.findEvenUnproven(deps.db, 'email', identifier)
    const tried = await deps.limits.passwords.begin(deps.db, { identifier, accountId: found?.id, origin: input.origin }, input.now)
    if (!tried.ok) return tooManyTries(input, tried.retryAfterS)
    // After a code by mail this page may ask for what it did not prove: then it is that account's password that counts.
    const isOther = run.account_id !== undefined && run.account_id !== found?.id
    if (!(await isProven(deps, isOther ? undefined : found, password, tried)) || !found)
      return { kind: 'page', status: 422, page: passwordView(input, { error: 'wrong_password' }) }
    const evidence = [...run.evidence, { authenticator: 'password' as const, at: input.now.toISOString() }]
    return found.proven
      ? { kind: 'accept', run: { ...provenOwner(run, found), evidence } }
      : proveAddress(deps, input, { ...run, proving_account_id: found.id, evidence })
  },
}

/** An imported account whose address was never proven: the password is right, and the mailbox comes before anything else. */
async function proveAddress(deps: StepDeps, input: StepInput, run: RunFacts): Promise<StepOutcome> {
  const sent = await sendCode(deps, input, run.identifier ?? '', 'prove')
  return sent.ok ? { kind: 'accept', run: { ...run, code: sent.code }, write: sent.write } : tooManyTries(input, sent.retryAfterS)
}

/** Sends a code to the address, whoever has it, and goes on with that. */
async function mailCode(deps: StepDeps, input: StepInput, mode: 'recover' | 'email_code'): Promise<StepOutcome> {
  const address = input.facts.run.identifier ?? ''
  const sent = await sendCode(deps, input, address, mode === 'recover' ? 'recover' : 'sign_in')
  if (!sent.ok) return tooManyTries(input, sent.retryAfterS)
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

/** The same words for an account and for an address that has none. */
const tooManyTries = (input: StepInput, retryAfterS: number): StepOutcome => ({
  kind: 'page',
  status: 429,
  retryAfterS,
  page: passwordView(input, { error: 'too_many_tries', retryMinutes: Math.ceil(retryAfterS / 60) }),
})

const canRecover = ({ group, client }: StepInput): boolean => journeyFor(group, client).steps.includes('new_password')

/** Once the mailbox is proven another code proves nothing more. */
const canUseCode = ({ group, client, facts }: StepInput): boolean =>
  facts.run.account_id === undefined && journeyFor(group, client).steps.includes('verify_email')

const passwordView =
  (input: StepInput, shown: Pick<PasswordModel, 'error' | 'retryMinutes'> = {}): Page =>
  (page) =>
    passwordPage(page, {
      ...input.target,
      forgot: canRecover(input),
      emailCode: canUseCode(input),
      identifier: input.facts.run.identifier ?? '',
      ...shown,
    })
