import { identifyPage, signUpPage } from '../../../views/index.ts'
import { normaliseEmail } from '../../accounts/index.ts'
import { hasPasskeyAnswer, readPasskeyAnswer } from '../../authenticators/index.ts'
import type { Form } from '../../web/form.ts'
import type { Page } from '../../web/pages.ts'
import { accountChanged } from '../account-changed.ts'
import { isOpen, provenOwner, startOver } from '../facts.ts'
import { afterRefusal, askForPasskey } from '../passkey-ceremony.ts'
import { sendCode } from '../send-code.ts'
import type { Step, StepDeps, StepInput, StepOutcome } from '../step.ts'

const MAX_ADDRESS = 254

/** Who is there? To sign in, the address leads to the password page; to sign up, to a code by mail. Neither tells whether it is known. */
export const identifyStep: Step = {
  name: 'identify',
  view: (deps, input) => (input.facts.run.mode === 'sign_up' ? signUpView(input) : identifyView(deps, input)),

  async handle(deps, input, form) {
    const { run } = input.facts
    const action = form.text('action', { max: 20 })
    if (action === 'sign-up') return { kind: 'accept', run: startOver(run, 'sign_up') }
    if (action === 'sign-in') return { kind: 'accept', run: startOver(run, 'sign_in') }
    if (run.mode === 'sign_up') return signUp(deps, input, form)
    return hasPasskeyAnswer(form) ? signInWithPasskey(deps, input, form) : signIn(deps, input, form)
  },
}

async function signIn(deps: StepDeps, input: StepInput, form: Form): Promise<StepOutcome> {
  const typed = form.text('identifier', { max: 1000 })
  const address = typed.length > MAX_ADDRESS ? undefined : normaliseEmail(typed)
  if (address === undefined)
    return { kind: 'page', status: 422, page: await identifyView(deps, input, { value: typed, error: 'malformed_identifier' }) }
  return { kind: 'accept', run: { ...startOver(input.facts.run, 'sign_in'), identifier: address } }
}

/** A passkey says by itself whose it is. It proves more than any other way, so nothing else is asked. */
async function signInWithPasskey(deps: StepDeps, input: StepInput, form: Form): Promise<StepOutcome> {
  const { passkeys } = deps.authenticators
  const verified = await passkeys.verify(deps.db, readPasskeyAnswer(form, input.ceremony))
  const account = verified.ok ? await deps.accounts.find(deps.db, verified.accountId) : undefined
  const run = startOver(input.facts.run, 'sign_in')
  // The run is saved whatever came of it, so that no challenge is looked at twice (MFA-6).
  if (!verified.ok || !isOpen(account))
    return { kind: 'page', status: 422, page: await identifyView(deps, afterRefusal(input), { error: 'passkey_refused' }), run }
  const evidence = [{ authenticator: 'passkey' as const, synced: verified.synced, at: input.now.toISOString() }]
  return {
    kind: 'accept',
    run: { ...provenOwner(run, account), evidence },
    async write(tx) {
      if (!(await verified.record(tx))) return { ok: false, reason: 'already_used' }
      if (verified.signals.includes('counter_went_back')) await accountChanged(deps, tx, input, account.id, 'passkey_copied')
      return { ok: true }
    },
    onRefusal: () => ({ kind: 'accept', run }),
  }
}

async function signUp(deps: StepDeps, input: StepInput, form: Form): Promise<StepOutcome> {
  const typed = form.text('email', { max: 1000 })
  const address = typed.length > MAX_ADDRESS ? undefined : normaliseEmail(typed)
  if (address === undefined) return { kind: 'page', status: 422, page: signUpView(input, { value: typed, error: 'malformed_email' }) }
  const sent = await sendCode(deps, input, address, 'sign_up')
  if (!sent.ok) {
    const error = { value: typed, error: 'too_many_sends' as const, retryMinutes: Math.ceil(sent.retryAfterS / 60) }
    return { kind: 'page', status: 429, retryAfterS: sent.retryAfterS, page: signUpView(input, error) }
  }
  return { kind: 'accept', run: { ...startOver(input.facts.run, 'sign_up'), identifier: address, code: sent.code }, write: sent.write }
}

async function identifyView(
  deps: StepDeps,
  input: StepInput,
  shown: { value?: string; error?: 'malformed_identifier' | 'passkey_refused' } = {},
): Promise<Page> {
  const passkey = await askForPasskey(deps, input)
  const value = shown.value ?? input.facts.request.login_hint
  return (page) =>
    identifyPage(page, { ...input.target, passkey, clientName: input.recipient.name, ...shown, ...(value === undefined ? {} : { value }) })
}

function signUpView(
  input: StepInput,
  shown: { value?: string; error?: 'malformed_email' | 'too_many_sends'; retryMinutes?: number } = {},
): Page {
  const value = shown.value ?? input.facts.request.login_hint
  return (page) => signUpPage(page, { ...input.target, ...shown, ...(value === undefined ? {} : { value }) })
}
