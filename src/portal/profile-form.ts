import { ADDRESS_PARTS, type AddressText, type EditableAttribute, type ProfileProblem } from '../../views/index.ts'
import { EMAIL, isPhoneVerified, normalisePhone, PHONE_NUMBER, type Profile } from '../accounts/index.ts'
import type { Attribute, Group } from '../group/group.ts'
import type { Form } from '../web/form.ts'
import { type Locale, localised } from '../web/i18n.ts'

/** The profile page's form: attributes the group lets customers edit, by their types, from and to what is stored. */

const MAX_TEXT = 200
const MAX_LIST = 30

/** One attribute as typed: what to show again, and what to store (null empties it) or what is wrong with it. */
export interface TypedAttribute {
  readonly attribute: Attribute
  readonly typed: string | AddressText
  readonly outcome: { readonly value: unknown } | { readonly problem: ProfileProblem }
}

/** Attribute groups on the page, in the group file's order. */
export function editableGroups(group: Group): { name: string; label: Readonly<Record<string, string>>; attributes: Attribute[] }[] {
  return [...group.attributeGroupDetails.values()]
    .filter((details) => details.customerEdits)
    .map(({ name, label }) => ({
      name,
      label,
      attributes: (group.attributeGroups.get(name) ?? []).flatMap((attribute) => group.attributes.get(attribute) ?? []),
    }))
}

/** Reads what was typed. The email and a verified number are identifiers and change elsewhere, never here. */
export function readProfileForm(group: Group, form: Form, profile: Profile): TypedAttribute[] {
  return editableGroups(group)
    .flatMap((g) => g.attributes)
    .filter((attribute) => attribute.name !== EMAIL && !(attribute.name === PHONE_NUMBER && isPhoneVerified(profile)))
    .map((attribute) => {
      const typed = attribute.type === 'address' ? typedAddress(attribute.name, form) : form.text(attribute.name, { max: 2_000 })
      return { attribute, typed, outcome: parse(attribute, typed, group.country) }
    })
}

function typedAddress(name: string, form: Form): AddressText {
  return Object.fromEntries(ADDRESS_PARTS.map((part) => [part, form.text(`${name}.${part}`, { max: 2_000 })]))
}

function parse({ type }: Attribute, typed: string | AddressText, country: string): TypedAttribute['outcome'] {
  if (typeof typed !== 'string') return parseAddress(typed)
  if (typed === '') return { value: null }
  if (typed.length > MAX_TEXT) return { problem: 'too_long' }
  if (/[^\P{Cc}\n\r]/u.test(typed)) return { problem: 'malformed' }
  switch (type) {
    case 'date':
      return isDay(typed) ? { value: typed } : { problem: 'malformed_date' }
    case 'phone': {
      const phone = normalisePhone(typed, country)
      return phone === undefined ? { problem: 'malformed_phone' } : { value: phone }
    }
    case 'number':
      return /^-?\d{1,15}$/.test(typed) ? { value: Number(typed) } : { problem: 'malformed' }
    case 'list':
      return { value: listOf(typed) }
    default:
      return { value: typed }
  }
}

const listOf = (typed: string): string[] => [...new Set(typed.split(',').map((item) => item.trim()))].filter(Boolean).slice(0, MAX_LIST)

function parseAddress(typed: AddressText): TypedAttribute['outcome'] {
  const parts = Object.entries(typed).filter(([, value]) => value !== '')
  if (parts.some(([, value]) => value.length > MAX_TEXT)) return { problem: 'too_long' }
  if (parts.some(([, value]) => /\p{Cc}/u.test(value.replaceAll(/[\r\n]/g, ' ')))) return { problem: 'malformed' }
  return { value: parts.length === 0 ? null : Object.fromEntries(parts) }
}

function isDay(text: string): boolean {
  const at = /^\d{4}-\d{2}-\d{2}$/.test(text) ? new Date(`${text}T00:00:00Z`) : undefined
  return at !== undefined && !Number.isNaN(at.getTime()) && at.toISOString().startsWith(text)
}

/** The stored value as the form shows it. */
export function shown(attribute: Attribute, profile: Profile): string | AddressText | undefined {
  const value = profile[attribute.name]?.value
  if (attribute.type === 'address') return typeof value === 'object' && value !== null ? (value as AddressText) : undefined // parsed by accounts
  if (Array.isArray(value)) return value.join(', ')
  return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined
}

/** An attribute for the view. */
export function editable(
  attribute: Attribute,
  locale: Locale,
  value: string | AddressText | undefined,
  rest: { sourceName?: string | undefined; error?: ProfileProblem | undefined; isIdentifier?: boolean },
): EditableAttribute {
  const base = {
    name: attribute.name,
    label: localised(attribute.label, locale),
    ...(rest.sourceName === undefined ? {} : { sourceName: rest.sourceName }),
    ...(rest.error === undefined ? {} : { error: rest.error }),
    ...(rest.isIdentifier ? { isIdentifier: true } : {}),
  }
  if (attribute.type === 'address') return { ...base, type: 'address', ...(typeof value === 'object' ? { value } : {}) }
  return { ...base, type: attribute.type, ...(typeof value === 'string' ? { value } : {}) }
}
