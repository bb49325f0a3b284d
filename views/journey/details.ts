import { type Html, html } from '../../src/web/html.ts'
import { autocompleteFor } from '../elements/autocomplete.ts'
import { primary } from '../elements/button.ts'
import { field, passwordField } from '../elements/field.ts'
import { type FormTarget, form } from '../elements/form.ts'
import { alert } from '../elements/message.ts'
import { type PageContext, page } from '../elements/page.ts'
import { type PasskeyAsk, passkeyButton } from '../elements/passkey.ts'
import { type Problem, problems } from '../elements/problems.ts'
import { shownVersion, type TermsLink, termsLink } from './terms.ts'

export type PasswordProblem = 'required' | 'too_short' | 'too_long' | 'too_common' | 'breached' | 'contains_context'
export type AttributeProblem = 'required' | 'malformed' | 'too_long'

/** An attribute the client declares it needs. */
export interface RequestedAttribute {
  /** Name of the attribute and of its input. */
  readonly name: string
  readonly label: string
  readonly type: 'text' | 'date' | 'email' | 'phone' | 'list' | 'number'
  readonly required: boolean
  /** What was typed. */
  readonly value?: string
  /** One sentence on what it is for. */
  readonly why?: string
  readonly error?: AttributeProblem
}

export interface DetailsModel extends FormTarget {
  readonly email: string
  readonly minLength: number
  readonly passwordError?: PasswordProblem
  /** A provider the customer will sign in with: no password is asked for. */
  readonly provider?: string
  readonly attributes: readonly RequestedAttribute[]
  /** A passkey in place of the password. */
  readonly passkey?: PasskeyAsk
  readonly passkeyRefused?: boolean
  /** What is accepted by signing up here. */
  readonly terms?: TermsLink
}

const INPUT_TYPES = { text: 'text', date: 'date', email: 'email', phone: 'tel', list: 'text', number: 'number' } as const

/** The last page of a sign-up: what the client declares it needs, and a password. */
export function detailsPage(ctx: PageContext, model: DetailsModel): Html {
  const { t } = ctx
  const title = t('details.title')
  const found = problemsOf(ctx, model)
  const content = html`
<input class="for-managers" type="text" name="username" value="${model.email}" autocomplete="username" readonly tabindex="-1" aria-hidden="true">
${model.attributes.map((attribute) => attributeField(ctx, attribute))}
${model.provider === undefined && newPassword(ctx, model, found)}
${model.terms && html`<p class="help">${t('details.terms')} ${termsLink(ctx, model.terms)}</p>${shownVersion(model.terms)}`}
${primary(t('details.submit'))}
${model.passkey && passkeyButton(ctx, model.passkey, { kind: 'create', label: t('details.use_passkey'), action: 'use-passkey', orElse: t('details.or') })}`
  return page(ctx, {
    name: 'sign_up',
    title,
    passkeys: model.passkey !== undefined,
    main: html`<h1>${title}</h1>
${problems(ctx, found)}
${model.passkeyRefused && found.length === 0 && alert(t('details.error.passkey_refused'))}
<p class="lead">${
      model.provider === undefined
        ? t.html('details.lead', { email: model.email })
        : t.html('details.lead_provider', { email: model.email, provider: model.provider })
    }</p>
${form(model, content)}`,
  })
}

function newPassword({ t }: PageContext, { minLength }: DetailsModel, found: readonly Problem[]): Html {
  return passwordField(
    {
      name: 'password',
      label: t('details.password'),
      autocomplete: 'new-password',
      hint: t('details.password_hint', { min: minLength }),
      error: found.find((p) => p.field === 'password')?.text,
      announce: false,
      required: true,
    },
    t,
  )
}

/** One attribute's input, with what it is for. */
export function attributeField({ t }: PageContext, attribute: RequestedAttribute): Html {
  return field({
    name: attribute.name,
    label: attribute.label,
    type: INPUT_TYPES[attribute.type],
    autocomplete: autocompleteFor(attribute.name),
    value: attribute.value,
    hint: attribute.why,
    error: attribute.error && t(`details.error.${attribute.error}`),
    announce: false,
    required: attribute.required,
    optional: attribute.required ? undefined : t('common.optional'),
  })
}

/** What is wrong with the attributes, for the page's summary. */
export const attributeProblems = ({ t }: PageContext, attributes: readonly RequestedAttribute[]): readonly Problem[] =>
  attributes.flatMap(({ name, label, error }) => (error ? [{ field: name, label, text: t(`details.error.${error}`) }] : []))

function problemsOf(ctx: PageContext, model: DetailsModel): readonly Problem[] {
  const list = [...attributeProblems(ctx, model.attributes)]
  const { t } = ctx
  if (model.passwordError) {
    const text = t(`details.error.${model.passwordError}`, { min: model.minLength })
    list.push({ field: 'password', label: t('details.password'), text })
  }
  return list
}
