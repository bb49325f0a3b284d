import { EMAIL, PHONE_NUMBER, type Profile, textOf } from '../../accounts/index.ts'

/** What a customer knows an account of theirs by: its address, else its number, else its name. */
export const nameOf = (profile: Profile): string =>
  [EMAIL, PHONE_NUMBER, 'name'].map((name) => textOf(profile, name)).find((text) => text !== undefined) ?? '–'

/** A value as a customer reads it. */
export function readable(value: unknown): string {
  if (Array.isArray(value)) return value.map(readable).join(', ')
  if (typeof value === 'object' && value !== null) return Object.values(value).map(readable).join(', ')
  return String(value)
}
