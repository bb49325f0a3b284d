import { createRequire } from 'node:module'

/** Whether a text message may go to a number, and in whose country that is. */
export type SmsDestination =
  | { readonly ok: true /** ISO 3166-1 alpha-2. */; readonly country: string }
  | { readonly ok: false; readonly reason: 'country_not_served' | 'expensive_number' }

/**
 * Ranges that cost the sender more, or are nobody's pocket: what somebody who earns by received messages has sent to (SEC-64, toll fraud).
 * Lines on desks stay: some networks read messages out.
 */
const REFUSED: ReadonlySet<string> = new Set(['PREMIUM_RATE', 'SHARED_COST', 'TOLL_FREE', 'PERSONAL_NUMBER', 'UAN', 'PAGER', 'VOICEMAIL'])

/** The tables of all ranges: loaded at the first number that is texted, not at start. */
let library: typeof import('libphonenumber-js/max') | undefined

/**
 * Judges a number in E.164 by the countries that are served and by its range. Says nothing about whose it is, so anybody may be told.
 *
 * @param countries ISO 3166-1 alpha-2; of a calling code that many countries share (`+1`) only those named
 */
export function smsDestination(number: string, countries: readonly string[]): SmsDestination {
  // createRequire's result is untyped; this is the module whose types are named above.
  library ??= createRequire(import.meta.url)('libphonenumber-js/max') as typeof import('libphonenumber-js/max')
  const parsed = library.parsePhoneNumberFromString(number)
  // Of countries that share a calling code the main one has what is in nobody's range.
  const country = parsed?.country ?? parsed?.getPossibleCountries()[0]
  if (!parsed || !country || !countries.includes(country)) return { ok: false, reason: 'country_not_served' }
  return REFUSED.has(parsed.getType() ?? '') ? { ok: false, reason: 'expensive_number' } : { ok: true, country }
}
