import type { AttributeProblem, RequestedAttribute } from '../../views/index.ts'
import { normalisePhone } from '../accounts/index.ts'
import { type Attribute, type Client, type Group, SERVICE } from '../group/group.ts'
import type { AttributeName } from '../store/ids.ts'
import type { Form } from '../web/form.ts'
import { type Locale, localised } from '../web/i18n.ts'

/** Attributes a page of a journey asks for: what the client says it needs them for, what was typed, what is wrong with it, what it is worth. */

const MAX_VALUE = 200
const MAX_LIST = 30

/** Those of these attributes that a page can ask for, each with the client's reason where its need has one. */
export function askableAttributes(
  { client, group, locale }: { readonly client: Client; readonly group: Group; readonly locale: Locale },
  names: readonly AttributeName[],
): RequestedAttribute[] {
  const reasons = client.needs.find(({ purpose }) => purpose === SERVICE)?.reasons
  return names.flatMap((name) => {
    const attribute = group.attributes.get(name)
    if (!attribute || attribute.type === 'address') return [] // no line of text: it has fields of its own at /account/profile
    const why = reasons?.get(name)
    return [
      {
        name,
        label: localised(attribute.label, locale),
        type: attribute.type,
        required: true,
        ...(why ? { why: localised(why, locale) } : {}),
      },
    ]
  })
}

/** The attribute as it was typed, with what is wrong with it. */
export function withValue(attribute: RequestedAttribute, form: Form, country: string): RequestedAttribute {
  const value = form.text(attribute.name, { max: 10_000 })
  const error = valueProblem(attribute, value, country)
  return { ...attribute, value, ...(error ? { error } : {}) }
}

function valueProblem({ type, required }: RequestedAttribute, value: string, country: string): AttributeProblem | undefined {
  if (value === '') return required ? 'required' : undefined
  if (value.length > MAX_VALUE) return 'too_long'
  if (/\p{Cc}/u.test(value)) return 'malformed'
  if (type === 'phone' && normalisePhone(value, country) === undefined) return 'malformed'
  if (type === 'list' && listOf(value).length === 0) return 'required'
  return FORMATS[type]?.test(value) === false ? 'malformed' : undefined
}

const FORMATS: Partial<Readonly<Record<Attribute['type'], RegExp>>> = { date: /^\d{4}-\d{2}-\d{2}$/, number: /^-?\d{1,15}$/ }

/** What was typed, as the profile keeps it: attribute → value of its type. Of attributes without a problem. */
export function profileOf(attributes: readonly RequestedAttribute[], country: string): Readonly<Record<string, unknown>> {
  return Object.fromEntries(attributes.flatMap(({ name, type, value }) => (value ? [[name, typed(type, value, country)] as const] : [])))
}

function typed(type: RequestedAttribute['type'], value: string, country: string): unknown {
  if (type === 'number') return Number(value)
  if (type === 'list') return listOf(value)
  return type === 'phone' ? normalisePhone(value, country) : value
}

const listOf = (value: string): string[] => [...new Set(value.split(',').map((item) => item.trim()))].filter(Boolean).slice(0, MAX_LIST)
