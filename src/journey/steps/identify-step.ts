import { identifyPage, type SignUpModel, signUpPage } from '../../../views/index.ts'
import { EMAIL, type IdentifierKind, kindOf, parseIdentifier } from '../../accounts/index.ts'
import { type Assertion, hasPasskeyAnswer, readPasskeyAnswer } from '../../authenticators/index.ts'
import { requiredAttributes } from '../../group/group.ts'
import type { Form } from '../../web/form.ts'
import type { Page } from '../../web/pages.ts'
import { isOpen, provenOwner, startOver } from '../facts.ts'
import { broughtAlong, goToProvider, providerButtons, providerProblem } from '../federated.ts'
import { afterRefusal, askForPasskey, recordPasskey } from '../passkey-ceremony.ts'
import { sendCode } from '../send-code.ts'
import type { Step, StepDeps, StepInput, StepOutcome } from '../step.ts'

const MAX_ADDRESS = 254

/** Who is there? To sign in, the identifier leads to the password page; to sign up, to a code sent to it. Neither tells whether it is known. */
export const identifyStep: Step = {
  name: 'identify',
  view: (deps, input) => (input.facts.run.mode === 'sign_up' ? signUpView(deps, input) : identifyView(deps, input)),

  async handle(deps, input, form) {
    const { run } = input.facts
    const action = form.text('action', { max: 20 })
    if (action === 'forget-provider') return { kind: 'accept', run: { ...startOver(run, run.mode), federated: undefined } }
    const away = await goToProvider(deps, input, form.text('provider', { max: 63 }))
    if (away) return away
    if (action === 'sign-up') return { kind: 'accept', run: startOver(run, 'sign_up') }
    if (action === 'sign-in') {
      const federated = broughtAlong(input, 'link') ? run.federated : undefined
      return { kind: 'accept', run: { ...startOver(run, 'sign_in'), federated } }
    }
    if (run.mode === 'sign_up') return signUp(deps, input, form)
    return hasPasskeyAnswer(form) ? signInWithPasskey(deps, input, form) : signIn(deps, input, form)
  },
}

async function signIn(deps: StepDeps, input: StepInput, form: Form): Promise<StepOutcome> {
  const typed = form.text('identifier', { max: 1000 })
  const identifier = typed.length > MAX_ADDRESS ? undefined : parseIdentifier(typed, input.group.country)
  if (identifier === undefined)
    return { kind: 'page', status: 422, page: await identifyView(deps, input, { value: typed, error: 'malformed_identifier' }) }
  const { value, memberNumber } = identifier
  return { kind: 'accept', run: { ...startOver(input.facts.run, 'sign_in'), identifier: value, member_number: memberNumber } }
}

/** A passkey says by itself whose it is. It proves more than any other way, so nothing else is asked. */
async function signInWithPasskey(deps: StepDeps, input: StepInput, form: Form): Promise<StepOutcome> {
  const { passkeys } = deps.authenticators
  const verified = await passkeys.verify(deps.db, readPasskeyAnswer(form, input.ceremony))
  const account = verified.ok ? await deps.accounts.find(deps.db, verified.accountId) : undefined
  const run = startOver(input.facts.run, 'sign_in')
  // The run is saved whatever came of it, so that no challenge is looked at twice (MFA-6).
  if (!verified.ok || !isOpen(account))
    return {
      kind: 'page',
      status: 422,
      page: await identifyView(deps, afterRefusal(input), { error: 'passkey_refused', ...unknownTo(deps, verified) }),
      run,
    }
  const evidence = [{ authenticator: 'passkey' as const, synced: verified.synced, at: input.now.toISOString() }]
  return {
    kind: 'accept',
    run: { ...provenOwner(run, account), evidence },
    async write(tx) {
      return (await recordPasskey(deps, tx, input, verified)) ? { ok: true } : { ok: false, reason: 'already_used' }
    },
    onRefusal: () => ({ kind: 'accept', run }),
  }
}

/** What a password manager is told of a passkey that nobody here has, so that it does not offer it again (MFA-10). */
function unknownTo({ authenticators }: StepDeps, verified: Assertion): { readonly signal?: object } {
  if (verified.ok || verified.reason !== 'unknown_passkey') return {}
  const { credentialId: credentialID } = verified
  return { signal: { signalName: 'unknownCredential', rpID: authenticators.passkeys.relyingPartyId(), credentialID } }
}

async function signUp(deps: StepDeps, input: StepInput, form: Form): Promise<StepOutcome> {
  const typed = form.text('email', { max: 1000 })
  const address = typed.length > MAX_ADDRESS ? undefined : parseIdentifier(typed, input.group.country)?.value
  if (address === undefined || !opensAccounts(deps, input).includes(kindOf(address)))
    return { kind: 'page', status: 422, page: signUpView(deps, input, { value: typed, error: 'malformed_email' }) }
  if (address === broughtAlong(input, 'sign_up')?.theirAddress) return withTheirAddress(deps, input, address)
  const sent = await sendCode(deps, input, address, 'sign_up')
  if (!sent.ok && sent.reason === 'no_texts')
    return { kind: 'page', status: 422, page: signUpView(deps, input, { value: typed, error: sent.reason }) }
  if (!sent.ok) {
    const error = { value: typed, error: sent.reason, retryMinutes: Math.ceil(sent.retryAfterS / 60) }
    return { kind: 'page', status: 429, retryAfterS: sent.retryAfterS, page: signUpView(deps, input, error) }
  }
  return { kind: 'accept', run: { ...startOver(input.facts.run, 'sign_up'), identifier: address, code: sent.code }, write: sent.write }
}

/** What an account can begin with here: a phone number where no client of this recipient needs to write to people. */
function opensAccounts({ smsOffered }: StepDeps, { group, recipient }: StepInput): readonly IdentifierKind[] {
  const clients = [...group.clients.values()].filter((client) => client.recipient === recipient.key)
  const needsEmail = clients.some((client) => requiredAttributes(client).includes(EMAIL))
  return smsOffered && !needsEmail ? ['email', 'phone'] : ['email']
}

/**
 * An address in a domain of the provider's own, which it says is the customer's: proven without a code of ours. If it is an account's, its owner may
 * know, and signs in to it; that the addresses are the same links nothing (SEC-65).
 */
async function withTheirAddress({ accounts, db }: StepDeps, { facts }: StepInput, address: string): Promise<StepOutcome> {
  const known = await accounts.findByIdentifier(db, 'email', address)
  const run = { ...startOver(facts.run, known ? 'sign_in' : 'sign_up'), identifier: address, email_verified: !known }
  return { kind: 'accept', run }
}

async function identifyView(
  deps: StepDeps,
  input: StepInput,
  shown: { value?: string; error?: 'malformed_identifier' | 'passkey_refused'; signal?: object } = {},
): Promise<Page> {
  const passkey = await askForPasskey(deps, input)
  const value = shown.value ?? input.facts.request.login_hint
  const problem = providerProblem(input)
  const linking = broughtAlong(input, 'link')?.name
  return (page) =>
    identifyPage(page, {
      ...{ ...input.target, passkey, clientName: input.recipient.name, providers: providerButtons(input), ...shown },
      ...(value === undefined ? {} : { value }),
      ...(problem && { problem }),
      ...(linking === undefined ? {} : { linking }),
    })
}

function signUpView(deps: StepDeps, input: StepInput, shown: Pick<SignUpModel, 'value' | 'error' | 'retryMinutes'> = {}): Page {
  const brought = broughtAlong(input, 'sign_up')
  const value = shown.value ?? brought?.identity.email ?? input.facts.request.login_hint
  const byPhone = opensAccounts(deps, input).includes('phone')
  const providers = providerButtons(input)
  return (page) =>
    signUpPage(page, {
      ...{ ...input.target, byPhone, providers, ...shown },
      ...(value === undefined ? {} : { value }),
      ...(brought && { signingUpWith: brought.name }),
    })
}
