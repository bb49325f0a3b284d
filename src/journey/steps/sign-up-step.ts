import { type AttributeProblem, detailsPage, type PasswordProblem, type RequestedAttribute, welcomeMail } from '../../../views/index.ts'
import { EMAIL } from '../../accounts/index.ts'
import { MAX_PASSWORD } from '../../authenticators/index.ts'
import { type Attribute, requiredAttributes, SERVICE } from '../../group/group.ts'
import type { AttributeName } from '../../store/ids.ts'
import type { Form } from '../../web/form.ts'
import { localised } from '../../web/i18n.ts'
import type { Page } from '../../web/pages.ts'
import { startOver } from '../facts.ts'
import { itemsToConfirm } from '../outstanding.ts'
import { mailContext } from '../send-code.ts'
import type { Step, StepDeps, StepInput, StepOutcome } from '../step.ts'

const MAX_VALUE = 200

/** Opens the account: a password and what the brand's client declares it cannot work without, nothing else. */
export const signUpStep: Step = {
  name: 'sign_up',
  view: (_deps, input) => detailsView(input, asked(input)),

  async handle(deps, input, form) {
    const attributes = asked(input).map((a) => withValue(a, form))
    const password = form.exact('password', { max: MAX_PASSWORD })
    const passwordError = await problemOf(deps, input, password, attributes)
    if (passwordError || attributes.some((a) => a.error)) {
      return { kind: 'page', status: 422, page: detailsView(input, attributes, passwordError) }
    }
    return openAccount(deps, input, { attributes, hash: await deps.authenticators.passwords.hash(password) })
  },
}

/** Everything an account begins with, in the transaction that also saves the run: identifier, key, profile, password, what was confirmed, mail. */
function openAccount(
  deps: StepDeps,
  input: StepInput,
  { attributes, hash }: { attributes: readonly RequestedAttribute[]; hash: string },
): StepOutcome {
  const { run } = input.facts
  const email = run.identifier ?? ''
  const profile = Object.fromEntries(attributes.flatMap((a) => (a.value ? [[a.name, a.value] as const] : [])))
  return {
    kind: 'accept',
    run,
    async write(tx) {
      const account = await deps.accounts.openAccount(tx, { email, profile, source: 'customer', locale: input.locale })
      if (!account.ok) return account
      await deps.authenticators.passwords.set(tx, account.accountId, hash, input.now)
      const items = agreedBySigningUp(input)
      await deps.sharing.confirm(tx, {
        accountId: account.accountId,
        recipient: input.recipient.key,
        purpose: SERVICE,
        attributes: items,
        now: input.now,
      })
      await deps.events.emit(tx, { kind: 'mail', mail: { to: email, from_name: input.recipient.name, ...welcomeMail(mailContext(input)) } })
      const evidence = [...run.evidence, { authenticator: 'password' as const, at: input.now.toISOString() }]
      return { ok: true, run: { ...run, account_id: account.accountId, evidence } }
    },
    // The address was proven, so its owner may know: somebody, most likely they themselves in another tab, was faster.
    onRefusal: () => ({ kind: 'accept', run: { ...startOver(run, 'sign_in'), identifier: run.identifier } }),
  }
}

/**
 * Who fills in what a shop says it needs has agreed to exactly that. A client that requires nothing has shown nothing here, so its first-visit
 * page still comes.
 */
function agreedBySigningUp({ client, recipient }: StepInput): readonly AttributeName[] {
  return requiredAttributes(client).length > 0 ? itemsToConfirm(client, recipient) : []
}

/** What this client declares it needs, but for the address, which is proven already. */
function asked({ client, group, locale }: StepInput): RequestedAttribute[] {
  return requiredAttributes(client).flatMap((name) => {
    const attribute = group.attributes.get(name)
    if (!attribute || name === EMAIL || attribute.type === 'address') return []
    return [{ name, label: localised(attribute.label, locale), type: attribute.type, required: true }]
  })
}

function withValue(attribute: RequestedAttribute, form: Form): RequestedAttribute {
  const value = form.text(attribute.name, { max: 10_000 })
  const error = valueProblem(attribute, value)
  return { ...attribute, value, ...(error ? { error } : {}) }
}

function valueProblem({ type, required }: RequestedAttribute, value: string): AttributeProblem | undefined {
  if (value === '') return required ? 'required' : undefined
  if (value.length > MAX_VALUE) return 'too_long'
  if (/\p{Cc}/u.test(value)) return 'malformed'
  return FORMATS[type]?.test(value) === false ? 'malformed' : undefined
}

const FORMATS: Partial<Readonly<Record<Attribute['type'], RegExp>>> = { date: /^\d{4}-\d{2}-\d{2}$/, number: /^-?\d{1,15}$/ }

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

const detailsView =
  (input: StepInput, attributes: readonly RequestedAttribute[], passwordError?: PasswordProblem): Page =>
  (page) =>
    detailsPage(page, {
      ...input.target,
      email: input.facts.run.identifier ?? '',
      minLength: input.group.policies.password.minLength,
      attributes,
      ...(passwordError ? { passwordError } : {}),
    })
