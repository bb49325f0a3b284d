import { type VerifyEmailModel, verifyEmailPage } from '../../../views/index.ts'
import type { Db } from '../../store/db.ts'
import type { Page } from '../../web/pages.ts'
import { startOver } from '../facts.ts'
import { sendSignUpMail } from '../send-sign-up-mail.ts'
import type { Step, StepDeps, StepInput, StepOutcome, Write } from '../step.ts'

/** Proves an address by the code mailed to it. The code is bound to this run: forgotten with the transaction that accepts it. */
export const verifyEmailStep: Step = {
  name: 'verify_email',
  view: (_deps, input) => verifyView(input),

  async handle(deps, input, form) {
    const { run } = input.facts
    const action = form.text('action', { max: 20 })
    if (action === 'back') return { kind: 'accept', run: startOver(run, 'sign_up') }
    if (action === 'resend') return resend(deps, input)
    const typed = form.text('code', { max: 100 })
    const tried = await deps.limits.codes.begin(deps.db, run.identifier ?? '', input.now)
    if (!tried.ok) {
      return { kind: 'page', status: 429, retryAfterS: tried.retryAfterS, page: verifyView(input, { error: 'too_many_tries' }) }
    }
    const checked = deps.authenticators.emailCodes.check(run.code, typed, input.now)
    if (checked.ok) {
      const evidence = [...run.evidence, { authenticator: 'email_otp' as const, at: input.now.toISOString() }]
      return { kind: 'accept', run: { ...run, email_verified: true, code: undefined, evidence }, write: afterwards(tried) }
    }
    return {
      kind: 'page',
      status: 422,
      page: verifyView(input, { error: checked.reason }),
      ...(checked.state ? { run: { ...run, code: checked.state } } : {}),
    }
  },
}

const afterwards =
  (tried: { succeeded(tx: Db): Promise<void> }): Write =>
  async (tx) => {
    await tried.succeeded(tx)
    return { ok: true }
  }

async function resend(deps: StepDeps, input: StepInput): Promise<StepOutcome> {
  const { run } = input.facts
  const sent = await sendSignUpMail(deps, input, run.identifier ?? '')
  if (!sent.ok) {
    return {
      kind: 'page',
      status: 429,
      retryAfterS: sent.retryAfterS,
      page: verifyView(input, { error: 'too_many_sends', retryMinutes: Math.ceil(sent.retryAfterS / 60) }),
    }
  }
  return { kind: 'page', page: verifyView(input, { status: 'resent' }), run: { ...run, code: sent.code }, write: sent.write }
}

const verifyView =
  (input: StepInput, shown: Pick<VerifyEmailModel, 'error' | 'status' | 'retryMinutes'> = {}): Page =>
  (page) =>
    verifyEmailPage(page, { ...input.target, email: input.facts.run.identifier ?? '', ...shown })
