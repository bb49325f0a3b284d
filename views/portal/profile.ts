import { type Html, type HtmlValue, html } from '../../src/web/html.ts'
import type { MessageKey, Translate } from '../../src/web/i18n.ts'
import { autocompleteFor } from '../elements/autocomplete.ts'
import { primary } from '../elements/button.ts'
import { type Field, field } from '../elements/field.ts'
import { type FormTarget, form, hidden } from '../elements/form.ts'
import { alert, status } from '../elements/message.ts'
import type { PageContext } from '../elements/page.ts'
import { type Problem, problems } from '../elements/problems.ts'
import { type Portal, portalPage } from './portal-page.ts'

export type ProfileProblem = 'malformed' | 'malformed_phone' | 'malformed_date' | 'too_long'

/** The parts of an address that can be edited; inputs are named `address.street_address` and so on. */
export const ADDRESS_PARTS = ['street_address', 'postal_code', 'locality', 'country'] as const
export type AddressPart = (typeof ADDRESS_PARTS)[number]
export type AddressText = Readonly<Partial<Record<AddressPart, string>>>

interface EditableBase {
  /** Name of the attribute and of its input. */
  readonly name: string
  readonly label: string
  /** The brand this value came from, when it was not the customer. */
  readonly sourceName?: string
  readonly error?: ProfileProblem
  /** A proven phone number: it changes where it is proven. */
  readonly isIdentifier?: boolean
}

/** An attribute on the profile page. A list is one text with commas. */
export type EditableAttribute =
  | (EditableBase & { readonly type: 'address'; readonly value?: AddressText })
  | (EditableBase & { readonly type: 'text' | 'date' | 'email' | 'phone' | 'list' | 'number'; readonly value?: string })

export interface ProfileModel extends Portal, FormTarget {
  /** Sent back, so that a change made elsewhere in the meantime is noticed. */
  readonly version: number
  readonly groups: readonly { readonly name: string; readonly label?: string; readonly attributes: readonly EditableAttribute[] }[]
  readonly status?: 'saved'
  readonly error?: 'changed_meanwhile'
}

/** Headings of the groups every group file has; another group brings its own words. */
const GROUP_WORDS: Readonly<Record<string, MessageKey>> = {
  identity: 'profile.group.identity',
  contact: 'profile.group.contact',
  sizes: 'profile.group.sizes',
  preferences: 'profile.group.preferences',
}

const INPUT_TYPES = { text: 'text', date: 'date', email: 'email', phone: 'tel', list: 'text', number: 'number' } as const

/** The customer's own attributes, to be changed or emptied. The email is the identifier and only shown. */
export function profilePage(ctx: PageContext, model: ProfileModel): Html {
  const { t } = ctx
  const title = t('profile.title')
  const content = html`${hidden('version', String(model.version))}
${model.groups.map((group) => {
  const words = GROUP_WORDS[group.name]
  return html`<fieldset><legend><h2>${group.label ?? (words ? t(words) : group.name)}</h2></legend>
<div class="grid">${group.attributes.map((attribute) => inputs(t, attribute))}</div></fieldset>`
})}
<div class="bar">${primary(t('profile.submit'))}</div>`
  return portalPage(ctx, model, {
    name: 'account.profile',
    title,
    main: html`<h1>${title}</h1>
${model.status && status(t(`profile.status.${model.status}`))}
${model.error && alert(t(`profile.error.${model.error}`), { focus: true })}
${problems(ctx, problemsOf(t, model))}
<p class="lead">${t('profile.lead')}</p>
${form(model, content)}`,
  })
}

function inputs(t: Translate, attribute: EditableAttribute): Html | readonly Html[] {
  if (attribute.type === 'address') return addressInputs(t, attribute.name, attribute.value ?? {}, hintOf(t, attribute))
  return field({
    name: attribute.name,
    label: attribute.label,
    type: INPUT_TYPES[attribute.type],
    autocomplete: autocompleteFor(attribute.name),
    value: attribute.value,
    readonly: attribute.name === 'email' || attribute.isIdentifier === true,
    hint: hintOf(t, attribute),
    error: attribute.error && t(`profile.error.${attribute.error}`),
    announce: false,
  })
}

function addressInputs(t: Translate, name: string, value: AddressText, hint: HtmlValue): readonly Html[] {
  return ADDRESS_PARTS.map((part, index) => {
    const input = `${name}.${part}`
    const base: Field = {
      name: input,
      label: t(`profile.address.${part}`),
      autocomplete: autocompleteFor(input),
      value: value[part],
    }
    return field(index === 0 && hint ? { ...base, hint } : base)
  })
}

function hintOf(t: Translate, { name, type, sourceName, isIdentifier }: EditableAttribute): HtmlValue {
  if (isIdentifier)
    return html`${t('profile.phone_fixed')} <a href="/account/security/phone" data-action="phone">${t('security.phone.change')}</a>`
  if (name === 'email')
    return html`${t('profile.email_fixed')} <a href="/account/security/email" data-action="change-email">${t('profile.email_change')}</a>`
  if (sourceName !== undefined) return t('profile.source', { brand: sourceName })
  return type === 'list' ? t('profile.list_hint') : undefined
}

function problemsOf(t: Translate, model: ProfileModel): readonly Problem[] {
  const found: Problem[] = []
  for (const { name, label, type, error } of model.groups.flatMap((group) => group.attributes)) {
    if (error) found.push({ field: type === 'address' ? `${name}.street_address` : name, label, text: t(`profile.error.${error}`) })
  }
  return found
}
