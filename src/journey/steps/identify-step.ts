import { identifyPage, signUpPage } from '../../../views/index.ts'
import { normaliseEmail } from '../../accounts/index.ts'
import type { Form } from '../../web/form.ts'
import type { Page } from '../../web/pages.ts'
import { startOver } from '../facts.ts'
import { sendSignUpMail } from '../send-sign-up-mail.ts'
import type { Step, StepDeps, StepInput, StepOutcome } from '../step.ts'

const MAX_ADDRESS = 254

/** Who is there? To sign in, the address leads to the password page; to sign up, to a code by mail. Neither tells whether it is known. */
export const identifyStep: Step = {
  name: 'identify',
  view: (_deps, input) => (input.facts.run.mode === 'sign_up' ? signUpView(input) : identifyView(input)),

  async handle(deps, input, form) {
    const { run } = input.facts
    const action = form.text('action', { max: 20 })
    if (action === 'sign-up') return { kind: 'accept', run: startOver(run, 'sign_up') }
    if (action === 'sign-in') return { kind: 'accept', run: startOver(run, 'sign_in') }
    return run.mode === 'sign_up' ? signUp(deps, input, form) : signIn(input, form)
  },
}

function signIn(input: StepInput, form: Form): StepOutcome {
  const typed = form.text('identifier', { max: 1000 })
  const address = typed.length > MAX_ADDRESS ? undefined : normaliseEmail(typed)
  if (address === undefined)
    return { kind: 'page', status: 422, page: identifyView(input, { value: typed, error: 'malformed_identifier' }) }
  return { kind: 'accept', run: { ...startOver(input.facts.run, 'sign_in'), identifier: address } }
}

async function signUp(deps: StepDeps, input: StepInput, form: Form): Promise<StepOutcome> {
  const typed = form.text('email', { max: 1000 })
  const address = typed.length > MAX_ADDRESS ? undefined : normaliseEmail(typed)
  if (address === undefined) return { kind: 'page', status: 422, page: signUpView(input, { value: typed, error: 'malformed_email' }) }
  const sent = await sendSignUpMail(deps, input, address)
  if (!sent.ok) {
    const error = { value: typed, error: 'too_many_sends' as const, retryMinutes: Math.ceil(sent.retryAfterS / 60) }
    return { kind: 'page', status: 429, retryAfterS: sent.retryAfterS, page: signUpView(input, error) }
  }
  return { kind: 'accept', run: { ...startOver(input.facts.run, 'sign_up'), identifier: address, code: sent.code }, write: sent.write }
}

function identifyView(input: StepInput, shown: { value?: string; error?: 'malformed_identifier' } = {}): Page {
  const value = shown.value ?? input.facts.request.login_hint
  return (page) =>
    identifyPage(page, { ...input.target, clientName: input.recipient.name, ...shown, ...(value === undefined ? {} : { value }) })
}

function signUpView(
  input: StepInput,
  shown: { value?: string; error?: 'malformed_email' | 'too_many_sends'; retryMinutes?: number } = {},
): Page {
  const value = shown.value ?? input.facts.request.login_hint
  return (page) => signUpPage(page, { ...input.target, ...shown, ...(value === undefined ? {} : { value }) })
}
