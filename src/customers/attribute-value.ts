import { z } from 'zod'
import { normaliseEmail, normalisePhone } from '../accounts/index.ts'
import type { Attribute, Group } from '../group/group.ts'

/** Values as a brand's server sends them: JSON of the attribute's type, as a merge patch of what is there. */

const MAX_TEXT = 200
const MAX_ITEMS = 100
const MAX_MEMBERS = 20
const MOST = 1e15

const text = z
  .string()
  .min(1)
  .max(MAX_TEXT)
  .refine((value) => !/[^\P{Cc}\n\r\t]/u.test(value) && value.isWellFormed())
const number = z.number().min(-MOST).max(MOST)
const scalar = z.union([text, number, z.boolean()])
/** What was bought, say: a line of text, or a few named values. */
const item = z.union([
  scalar,
  z.record(z.string().regex(/^[a-z][a-z0-9_]{0,62}$/), scalar).refine((members) => Object.keys(members).length <= MAX_MEMBERS),
])
const day = z.iso.date()

/** OpenID Connect core §5.1.1; null takes a member away (RFC 7396). */
const address = z.strictObject({
  formatted: text.nullish(),
  street_address: text.nullish(),
  locality: text.nullish(),
  region: text.nullish(),
  postal_code: text.nullish(),
  country: text.nullish(),
})

const normalised = (normalise: (typed: string) => string | undefined) =>
  text.transform((typed, ctx) => {
    const value = normalise(typed)
    if (value !== undefined) return value
    ctx.addIssue({ code: 'custom', message: 'malformed' })
    return z.NEVER
  })

function schemaOf(type: Attribute['type'], country: string): z.ZodType {
  switch (type) {
    case 'text':
      return text
    case 'date':
      return day
    case 'number':
      return number
    case 'list':
      return z.array(item).max(MAX_ITEMS)
    case 'address':
      return address
    case 'email':
      return normalised(normaliseEmail)
    case 'phone':
      return normalised((typed) => normalisePhone(typed, country))
    default:
      throw new Error(`an attribute of a type nobody knows: ${String(type satisfies never)}`)
  }
}

/**
 * Reads one value that was sent for an attribute.
 *
 * @param sent null takes the value away
 * @returns what to write, in its normal form; undefined when it is no value of the attribute's type
 */
export function parseAttributePatch(
  attribute: Attribute,
  sent: unknown,
  group: Pick<Group, 'country'>,
): { readonly value: unknown } | undefined {
  if (sent === null) return { value: null }
  const parsed = schemaOf(attribute.type, group.country).safeParse(sent)
  return parsed.success ? { value: parsed.data } : undefined
}
