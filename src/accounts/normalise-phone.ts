import { createRequire } from 'node:module'

/** Longer input cannot be a number: E.164 has 15 digits at most. */
const LONGEST_TYPED = 40

/** CLDR's unknown region: without a country only the international form of a number is exact enough to find somebody. */
export const NO_COUNTRY = 'ZZ'

/** Loaded at the first number, not at start: its tables cost 100 ms and 14 MB. */
let library: typeof import('libphonenumber-js/min') | undefined

/**
 * The one form of a phone number: E.164 (`+4930901820`).
 *
 * Judged by length and country only, not by the ranges in use, which change faster than releases. An extension is refused.
 *
 * @param country ISO 3166 code for numbers without a country code; `ZZ` (unknown) accepts the international form only
 * @returns undefined when it is no number
 */
export function normalisePhone(typed: string, country: string): string | undefined {
  if (typed.length > LONGEST_TYPED) return undefined
  // createRequire's result is untyped; this is the module whose types are named above.
  library ??= createRequire(import.meta.url)('libphonenumber-js/min') as typeof import('libphonenumber-js/min')
  const defaultCountry = library.isSupportedCountry(country) ? { defaultCountry: country } : {}
  const number = library.parsePhoneNumberFromString(typed.normalize('NFKC').trim(), { ...defaultCountry, extract: false })
  return number?.isPossible() && !number.ext ? number.number : undefined
}
