/** Longer input cannot be one, and NFKC can make text eighteen times as long. */
const LONGEST_TYPED = 64
/** Letters and digits, at least one of them a digit: a word alone is a name that somebody typed. */
const MEMBER_NUMBER = /^(?=[^0-9]*[0-9])[A-Z0-9]{4,32}$/
/** What cards print between the groups of a number. */
const SEPARATORS = /[\s\p{Pd}./_]/gu

/**
 * The one form of a loyalty programme's member number: upper case, without separators.
 *
 * @returns undefined when it is none
 */
export function normaliseMemberNumber(typed: string): string | undefined {
  if (typed.length > LONGEST_TYPED) return undefined
  const text = typed.normalize('NFKC').toUpperCase().replace(SEPARATORS, '')
  return MEMBER_NUMBER.test(text) ? text : undefined
}
