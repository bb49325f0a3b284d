import { normaliseEmail } from './normalise-email.ts'
import { normaliseMemberNumber } from './normalise-member-number.ts'
import { normalisePhone } from './normalise-phone.ts'
import type { IdentifierKind } from './tables.ts'

/** What somebody typed to say who they are, normalised. */
export interface TypedIdentifier {
  /** What is shown, counted and written to: an address with its `@`, a number with its `+`, else a member number. */
  readonly value: string
  /** Digits can be a phone's as well as a card's: then this is how the card would have them. */
  readonly memberNumber?: string | undefined
}

/**
 * Reads an email address, a phone number or a member number; each kind shows in its form. What may be a phone's digits and a card's is both, so that
 * one text has one counter (SEC-38) whatever there is an account for.
 *
 * @param country of numbers without a country code
 * @returns undefined when it is none of them
 */
export function parseIdentifier(typed: string, country: string): TypedIdentifier | undefined {
  const text = typed.normalize('NFKC').trim()
  if (text.includes('@')) return asValue(normaliseEmail(typed))
  const phone = normalisePhone(text, country)
  const memberNumber = text.startsWith('+') ? undefined : normaliseMemberNumber(text)
  if (phone === undefined) return asValue(memberNumber)
  return { value: phone, memberNumber }
}

const asValue = (value: string | undefined): TypedIdentifier | undefined => (value === undefined ? undefined : { value })

/** Which kind a normalised identifier is. */
export const kindOf = (value: string): IdentifierKind => (value.includes('@') ? 'email' : value.startsWith('+') ? 'phone' : 'member_number')

/** All that a typed identifier may be in the table, the likeliest first. */
export function candidates({ value, memberNumber }: TypedIdentifier): readonly { readonly kind: IdentifierKind; readonly value: string }[] {
  const likeliest = { kind: kindOf(value), value }
  return memberNumber === undefined ? [likeliest] : [likeliest, { kind: 'member_number', value: memberNumber }]
}
