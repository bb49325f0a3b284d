import { isDeepStrictEqual } from 'node:util'
import { z } from 'zod'
import type { AttributeName, RecipientKey } from '../store/ids.ts'

/** Who a value came from: the customer, or the recipient that collected it. */
export type Source = 'customer' | RecipientKey

/** One value of a profile. */
export interface ProfileValue {
  /** Any JSON but null: text, number, list, or for `address` the object of OIDC core §5.1.1. */
  readonly value: unknown
  readonly source: Source
  /** RFC 3339. */
  readonly updated_at: string
}

export type Profile = Readonly<Partial<Record<AttributeName, ProfileValue>>>

// The names of OIDC core §5.1: constants of the protocol, so they are names of attributes without asking the group.
export const EMAIL = 'email' as AttributeName
export const EMAIL_VERIFIED = 'email_verified' as AttributeName
export const PHONE_NUMBER = 'phone_number' as AttributeName
export const PHONE_NUMBER_VERIFIED = 'phone_number_verified' as AttributeName

/** These follow the identifiers: only proving an address sets them, never a form or an API (SEC-82). */
const FOLLOW_IDENTIFIER: ReadonlySet<string> = new Set([EMAIL, EMAIL_VERIFIED, PHONE_NUMBER_VERIFIED])
const ATTRIBUTE_NAME = /^[a-z][a-z0-9_]{0,62}$/

const storedProfile = z.record(
  z.string().regex(ATTRIBUTE_NAME),
  z.object({
    value: z.unknown().refine((value) => value !== undefined && value !== null),
    source: z.string().min(1),
    updated_at: z.iso.datetime(),
  }),
)

/** Reads the JSON of an opened profile. Throws when it is none: we wrote it, so that is a fault. */
export function parseProfile(json: string): Profile {
  // The shape is checked; the brands only say which of our columns a text came from.
  return storedProfile.parse(JSON.parse(json)) as Profile
}

/** Identifiers that their owner has proven, as the profile has them. */
export interface ProvenIdentifiers {
  readonly email?: string
  readonly phone?: string
}

/** The profile of an account that opens with a verified email or phone number. */
export function firstProfile(proven: ProvenIdentifiers, values: Readonly<Record<string, unknown>>, source: Source, at: Date): Profile {
  return withProven(changedProfile({}, values, source, at), proven, source, at)
}

/** The profile with what was proven as verified values; what is not named stays. */
export function withProven(profile: Profile, { email, phone }: ProvenIdentifiers, source: Source, at: Date): Profile {
  const value = (of: unknown): ProfileValue => ({ value: of, source, updated_at: at.toISOString() })
  return {
    ...profile,
    ...(email !== undefined && { [EMAIL]: value(email), [EMAIL_VERIFIED]: value(true) }),
    ...(phone !== undefined && { [PHONE_NUMBER]: value(phone), [PHONE_NUMBER_VERIFIED]: value(true) }),
  }
}

/** The profile of an account that another system had: the identifiers say what is proven, the attributes cannot. */
export function importedProfile(
  attributes: Readonly<Record<string, unknown>>,
  identifiers: readonly { readonly kind: string; readonly value: string; readonly proven: boolean }[],
  source: Source,
  at: Date,
): Profile {
  const value = (of: unknown): ProfileValue => ({ value: of, source, updated_at: at.toISOString() })
  const profile = new Map<AttributeName, ProfileValue>()
  for (const identifier of identifiers) {
    const [name, verified] = IDENTIFIER_ATTRIBUTES[identifier.kind] ?? []
    if (name) profile.set(name, value(identifier.value))
    if (verified) profile.set(verified, value(identifier.proven))
  }
  return { ...changedProfile({}, attributes, source, at), ...Object.fromEntries(profile) }
}

const IDENTIFIER_ATTRIBUTES: Readonly<Record<string, readonly [AttributeName, AttributeName?]>> = {
  email: [EMAIL, EMAIL_VERIFIED],
  phone: [PHONE_NUMBER, PHONE_NUMBER_VERIFIED],
}

/** The profile once its address is proven. */
export const provenEmail = (profile: Profile, email: string, at: Date): Profile => {
  const value = (of: unknown): ProfileValue => ({ value: of, source: 'customer', updated_at: at.toISOString() })
  return { ...profile, [EMAIL]: profile[EMAIL]?.value === email ? profile[EMAIL] : value(email), [EMAIL_VERIFIED]: value(true) }
}

/**
 * The profile after the changes: null removes, undefined and an equal value leave as it is, source included. What follows an
 * identifier is left alone, a verified phone number too, and so are names that no attribute can have.
 */
export function changedProfile(profile: Profile, changes: Readonly<Record<string, unknown>>, source: Source, at: Date): Profile {
  const values = new Map<string, ProfileValue | undefined>(Object.entries(profile))
  for (const [name, value] of Object.entries(changes)) {
    if (
      !isChangeable(name) ||
      value === undefined ||
      (name === PHONE_NUMBER && isPhoneVerified(profile)) ||
      isDeepStrictEqual(values.get(name)?.value, value)
    )
      continue
    if (value === null) values.delete(name)
    else values.set(name, { value, source, updated_at: at.toISOString() })
  }
  // Keys are those of a profile and names checked above.
  return Object.fromEntries(values) as Profile
}

/** A number that was proven is an identifier, and changes where those do. */
export const isPhoneVerified = (profile: Profile): boolean => profile[PHONE_NUMBER_VERIFIED]?.value === true

const isChangeable = (name: string): boolean => ATTRIBUTE_NAME.test(name) && !FOLLOW_IDENTIFIER.has(name)

/** A value of the profile that is text; undefined when there is none, or it is of another kind. */
export function textOf(profile: Profile, name: string): string | undefined {
  const value = profile[name as AttributeName]?.value // a look-up with any name is harmless
  return typeof value === 'string' ? value : undefined
}
