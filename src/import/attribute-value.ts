import { normalisePhone } from '../accounts/index.ts'
import type { Attribute } from '../group/group.ts'

const LONGEST = 200
const MOST_ITEMS = 30
const ADDRESS_PARTS = new Set(['formatted', 'street_address', 'locality', 'region', 'postal_code', 'country'])

/** A value of another system as this attribute is stored, or undefined when it is none. Systems that keep lists of texts give a list of one. */
export function attributeValue({ type }: Attribute, given: unknown, country: string): unknown {
  if (type === 'list') return listOf(given)
  if (type === 'address') return addressOf(given)
  const one: unknown = Array.isArray(given) && given.length === 1 ? given[0] : given
  const text = typeof one === 'string' ? one.trim() : typeof one === 'number' || typeof one === 'boolean' ? String(one) : ''
  if (!isText(text)) return undefined
  switch (type) {
    case 'date':
      return isDay(text) ? text : undefined
    case 'number':
      return /^-?\d{1,15}$/.test(text) ? Number(text) : undefined
    case 'phone':
      return normalisePhone(text, country)
    default:
      return text
  }
}

const isText = (text: string): boolean => text !== '' && text.length <= LONGEST && !/\p{Cc}/u.test(text)

function listOf(given: unknown): readonly string[] | undefined {
  const items = (Array.isArray(given) ? given : [given]).map((item) => (typeof item === 'string' ? item.trim() : ''))
  return items.length > 0 && items.length <= MOST_ITEMS && items.every(isText) ? [...new Set(items)] : undefined
}

/** OIDC core §5.1.1. */
function addressOf(given: unknown): Readonly<Record<string, string>> | undefined {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) return undefined
  const parts = Object.entries(given).filter(([name, value]) => ADDRESS_PARTS.has(name) && value !== '' && value !== null)
  if (parts.length === 0) return undefined
  const isWhole = parts.every(([name, value]) => typeof value === 'string' && (name === 'formatted' ? value.length <= 1000 : isText(value)))
  return isWhole ? Object.fromEntries(parts) : undefined
}

function isDay(text: string): boolean {
  const at = /^\d{4}-\d{2}-\d{2}$/.test(text) ? new Date(`${text}T00:00:00Z`) : undefined
  return at !== undefined && !Number.isNaN(at.getTime()) && at.toISOString().startsWith(text)
}
