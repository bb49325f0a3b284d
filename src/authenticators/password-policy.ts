import { isCommonPassword } from './common-passwords.ts'

/** Characters a password field is read up to; longer is no password but a load. What is too long is told from 1,024 bytes on. */
export const MAX_PASSWORD = 4096
/** The longest password taken, in bytes of UTF-8, before and after normalisation. At least 64 characters fit whatever they are (MFA-28). */
const MAX_PASSWORD_BYTES = 1024

export type PasswordRefusal = PolicyRefusal | 'breached'
/** What the password itself tells. */
export type PolicyRefusal = 'too_short' | 'too_long' | 'too_common' | 'contains_context'

export interface PasswordContext {
  /** In characters (code points), 8 to 64 by the group's policy. */
  readonly minLength: number
  /** What this customer and this group are called: brand and group names, the customer's names, whole email addresses. */
  readonly words: readonly string[]
}

/** One spelling for what keyboards write differently: the same password typed on two devices is the same bytes. */
export const normalisePassword = (typed: string): string => typed.normalize('NFKC')

/** Whether a password is within what is ever hashed. Measured first as typed: normalising may make a text eighteen times as long. */
export const isTooLong = (typed: string): boolean =>
  Buffer.byteLength(typed) > MAX_PASSWORD_BYTES || Buffer.byteLength(normalisePassword(typed)) > MAX_PASSWORD_BYTES

/** Why a new password is refused, or undefined. No composition rules (MFA-28, MFA-29, NIST SP 800-63B-4 §3.1.1.2). */
export function passwordRefusal(
  typed: string,
  { minLength, words }: PasswordContext,
  leaked: () => ReadonlySet<string>,
): PolicyRefusal | undefined {
  if (isTooLong(typed)) return 'too_long'
  const password = normalisePassword(typed)
  if (Array.from(password).length < minLength) return 'too_short'
  if (isMadeOf(password, words, leaked)) return 'contains_context'
  if (isCommonPassword(password, leaked)) return 'too_common'
  return undefined
}

const SHORTEST_WORD = 4
const MOST_WORDS = 100
/** What must be left of a password besides context words: letters count whole, digits and signs half. `-Shop2026!` counts 7, `2026!` 2.5. */
const LEAST_OF_ITS_OWN = 5

/** Whether next to nothing is left of a password when the context's words are taken out (`Aurora2026!`, `@da.L0velace`). */
function isMadeOf(password: string, words: readonly string[], leaked: () => ReadonlySet<string>): boolean {
  const folded = fold(password)
  const own = Array<boolean>(folded.length).fill(true)
  for (const word of contextWords(words)) {
    for (let at = folded.indexOf(word); at !== -1; at = folded.indexOf(word, at + 1)) own.fill(false, at, at + word.length)
  }
  if (own.every(Boolean)) return false
  const rest = Array.from(password)
    .filter((_, i) => own[i])
    .join('')
  const letters = rest.match(/\p{L}/gu)?.length ?? 0
  const others = rest.match(/[^\p{L}\s]/gu)?.length ?? 0
  return letters + others / 2 < LEAST_OF_ITS_OWN || isCommonPassword(rest, leaked)
}

function contextWords(words: readonly string[]): readonly string[] {
  const phrases = words.flatMap((word) => word.normalize('NFKC').slice(0, 256).split('@'))
  const parts = phrases.flatMap((phrase) => {
    const pieces = phrase.split(/[^\p{L}\p{N}]+/u)
    return [...pieces, pieces.join('')]
  })
  return [...new Set(parts.map(fold))].filter((word) => word.length >= SHORTEST_WORD).slice(0, MOST_WORDS)
}

const SAME: Readonly<Record<string, string>> = {
  '0': 'o',
  '1': 'i',
  l: 'i',
  '!': 'i',
  '|': 'i',
  '3': 'e',
  '4': 'a',
  '@': 'a',
  '5': 's',
  $: 's',
  '7': 't',
}

/** One character for each, so that places correspond: lower case, without accents, letters for the digits and signs that stand for them. */
const fold = (text: string): string =>
  Array.from(text, (character) => {
    const plain = character.toLowerCase().normalize('NFKD').charAt(0)
    return SAME[plain] ?? plain
  }).join('')
