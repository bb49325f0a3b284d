import { detailsPage, type PasswordProblem, type RequestedAttribute, welcomeMail } from '../../../views/index.ts'
import { EMAIL, kindOf, PHONE_NUMBER } from '../../accounts/index.ts'
import { hasPasskeyAnswer, MAX_PASSWORD, readPasskeyAnswer } from '../../authenticators/index.ts'
import { requiredAttributes, SERVICE } from '../../group/group.ts'
import type { Db } from '../../store/db.ts'
import type { AccountId, AttributeName } from '../../store/ids.ts'
import type { Form } from '../../web/form.ts'
import type { Page } from '../../web/pages.ts'
import { type Evidence, startOver } from '../facts.ts'
import { type BroughtAlong, broughtAlong } from '../federated.ts'
import { itemsToConfirm } from '../outstanding.ts'
import { afterRefusal } from '../passkey-ceremony.ts'
import { askableAttributes, profileOf, withValue } from '../requested-attributes.ts'
import { mailContext } from '../send-code.ts'
import type { Step, StepDeps, StepInput, StepOutcome } from '../step.ts'
import { TERMS_FIELD, termsToShow } from '../terms-to-show.ts'

/**
 * Opens the account: a password or a passkey, and what the brand's client declares it cannot work without, nothing else. An account that begins with a
 * passkey has no password.
 */
export const signUpStep: Step = {
  name: 'sign_up',
  view: (deps, input) => detailsView(deps, input, suggested(input, asked(input))),

  async handle(deps, input, form) {
    const attributes = asked(input).map((a) => withValue(a, form, input.group.country))
    const brought = broughtAlong(input, 'sign_up')
    if (brought) return signUpWithProvider(deps, input, form, brought, attributes)
    // A provider vouched for the address, and may do so no more (SEC-68): then it is proven by a code, as anybody's.
    if (!hasTypedCode(input)) return { kind: 'accept', run: { ...startOver(input.facts.run, 'sign_up'), federated: undefined } }
    if (hasPasskeyAnswer(form)) return signUpWithPasskey(deps, input, form, attributes)
    const password = form.exact('password', { max: MAX_PASSWORD })
    const passwordError = await problemOf(deps, input, password, attributes)
    if (passwordError || attributes.some((a) => a.error))
      return { kind: 'page', status: 422, page: await detailsView(deps, input, attributes, { passwordError }) }
    const hash = await deps.authenticators.passwords.hash(password)
    return openAccount(deps, input, attributes, {
      evidence: { authenticator: 'password' },
      terms: form.text(TERMS_FIELD, { max: 100 }),
      async add(tx, accountId) {
        await deps.authenticators.passwords.set(tx, accountId, hash, input.now)
        return true
      },
    })
  },
}

const hasTypedCode = ({ facts }: StepInput): boolean =>
  facts.run.evidence.some(({ authenticator }) => authenticator === 'email_otp' || authenticator === 'sms_code')

/** A passkey that was made on this page, for the account that it opens. */
async function signUpWithPasskey(
  deps: StepDeps,
  input: StepInput,
  form: Form,
  attributes: readonly RequestedAttribute[],
): Promise<StepOutcome> {
  const { passkeys } = deps.authenticators
  const { run } = input.facts
  const registered = await passkeys.register(readPasskeyAnswer(form, input.ceremony))
  // The run is saved whatever came of it, so that no challenge is looked at twice (MFA-6).
  if (!registered.ok || attributes.some((a) => a.error)) {
    const page = await detailsView(deps, afterRefusal(input), attributes, { passkeyRefused: !registered.ok })
    return { kind: 'page', status: 422, page, run }
  }
  const { passkey } = registered
  return openAccount(deps, input, attributes, {
    evidence: { authenticator: 'passkey', synced: passkey.part.backup_eligible },
    terms: form.text(TERMS_FIELD, { max: 100 }),
    // Its user handle is that of the account it was made for, and it would never open another.
    add: async (tx, accountId) => accountId === run.new_account_id && passkeys.add(tx, accountId, passkey),
  })
}

/** Who comes from a provider needs nothing else. */
async function signUpWithProvider(
  deps: StepDeps,
  input: StepInput,
  form: Form,
  { identity, at }: BroughtAlong,
  attributes: readonly RequestedAttribute[],
): Promise<StepOutcome> {
  if (attributes.some((a) => a.error)) return { kind: 'page', status: 422, page: await detailsView(deps, input, attributes) }
  return openAccount(deps, input, attributes, {
    evidence: { authenticator: 'federated', at },
    terms: form.text(TERMS_FIELD, { max: 100 }),
    add: (tx, accountId) => deps.authenticators.federated.link(tx, accountId, identity),
  })
}

interface FirstAuthenticator {
  /** Proven now, unless it says when. */
  readonly evidence: Omit<Evidence, 'at'> & Partial<Pick<Evidence, 'at'>>
  /** The version of the terms that the page showed. */
  readonly terms: string
  /** Gives it to the account. False: it is somebody's already. */
  add(tx: Db, accountId: AccountId): Promise<boolean>
}

/** Everything an account begins with, in the transaction that also saves the run: identifier, key, profile, authenticator, what was confirmed, mail. */
function openAccount(
  deps: StepDeps,
  input: StepInput,
  attributes: readonly RequestedAttribute[],
  { evidence: proof, terms, add }: FirstAuthenticator,
): StepOutcome {
  const { run } = input.facts
  const identifier = run.identifier ?? ''
  const proven = kindOf(identifier) === 'phone' ? { phone: identifier } : { email: identifier }
  const profile = profileOf(attributes, input.group.country)
  return {
    kind: 'accept',
    run,
    async write(tx) {
      const { locale } = input
      const account = await deps.accounts.openAccount(tx, { ...proven, profile, source: 'customer', locale, accountId: run.new_account_id })
      if (!account.ok) return account
      if (!(await add(tx, account.accountId))) return { ok: false, reason: 'already_used' }
      const items = agreedBySigningUp(input)
      await deps.sharing.confirm(tx, {
        accountId: account.accountId,
        recipient: input.recipient.key,
        purpose: SERVICE,
        attributes: items,
        now: input.now,
      })
      // Who was shown another version meets the step that asks for this one.
      const { key, terms: current } = input.recipient
      if (current && terms === current.version)
        await deps.accounts.terms.accept(tx, account.accountId, { recipient: key, version: terms, locale, now: input.now })
      // A text message costs money: one that only says welcome is not sent.
      if (proven.email) {
        const mail = { to: proven.email, from_name: input.recipient.name, ...welcomeMail(mailContext(input)) }
        await deps.events.emit(tx, { kind: 'mail', mail })
      }
      const evidence = [...run.evidence, { at: input.now.toISOString(), ...proof }]
      return { ok: true, run: { ...run, account_id: account.accountId, evidence, federated: undefined } }
    },
    // The address was proven, so its owner may know: somebody, most likely they themselves in another tab, was faster. A passkey or an
    // identity that is somebody's already proves nothing: the page comes again and asks for another.
    onRefusal: (reason) =>
      reason === 'already_used'
        ? { kind: 'accept', run: { ...run, federated: undefined } }
        : { kind: 'accept', run: { ...startOver(run, 'sign_in'), identifier: run.identifier } },
  }
}

/**
 * Who fills in what a shop says it needs has agreed to exactly that. A client that requires nothing has shown nothing here, so its first-visit
 * page still comes.
 */
function agreedBySigningUp({ client, recipient }: StepInput): readonly AttributeName[] {
  return requiredAttributes(client).length > 0 ? itemsToConfirm(client, recipient) : []
}

/** What this client declares it needs, but for the address or number, which is proven already. */
function asked(input: StepInput): RequestedAttribute[] {
  const proven = kindOf(input.facts.run.identifier ?? '') === 'phone' ? PHONE_NUMBER : EMAIL
  return askableAttributes(
    input,
    requiredAttributes(input.client).filter((name) => name !== proven),
  )
}

/** Names the provider told, for the customer to see and change before anything is stored; of what is not asked for nothing is taken (SEC-70). */
function suggested(input: StepInput, attributes: readonly RequestedAttribute[]): readonly RequestedAttribute[] {
  const names: Readonly<Record<string, string | undefined>> = broughtAlong(input, 'sign_up')?.identity.names ?? {}
  return attributes.map((attribute) => {
    const value = names[attribute.name]
    return value === undefined ? attribute : { ...attribute, value }
  })
}

async function problemOf(
  deps: StepDeps,
  input: StepInput,
  password: string,
  attributes: readonly RequestedAttribute[],
): Promise<PasswordProblem | undefined> {
  if (password === '') return 'required'
  const { group, recipient, facts } = input
  const words = [group.name, recipient.name, recipient.key, facts.run.identifier ?? '', ...attributes.flatMap((a) => a.value ?? [])]
  return deps.authenticators.passwords.refusal(password, { minLength: group.policies.password.minLength, words })
}

async function detailsView(
  deps: StepDeps,
  input: StepInput,
  attributes: readonly RequestedAttribute[],
  { passwordError, passkeyRefused = false }: { passwordError?: PasswordProblem | undefined; passkeyRefused?: boolean } = {},
): Promise<Page> {
  const { target, facts, group } = input
  const email = facts.run.identifier ?? ''
  const accountId = facts.run.new_account_id
  const provider = broughtAlong(input, 'sign_up')?.name
  const who = accountId && provider === undefined && { accountId, name: email, displayName: '' }
  const passkey = who && (await deps.authenticators.passkeys.creation(deps.db, who, input.ceremony))
  const terms = termsToShow(input.recipient, input.locale)
  return (page) =>
    detailsPage(page, {
      ...target,
      email,
      minLength: group.policies.password.minLength,
      attributes,
      passkeyRefused,
      ...(passwordError ? { passwordError } : {}),
      ...(passkey ? { passkey } : {}),
      ...(terms ? { terms } : {}),
      ...(provider === undefined ? {} : { provider }),
    })
}
