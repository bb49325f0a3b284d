import { createRequire } from 'node:module'

/** Rows of keyboards (US, German, French, Russian) along which a finger walks. */
const KEYBOARDS = [
  '1234567890',
  'qwertyuiopasdfghjklzxcvbnm',
  'qwertzuiopasdfghjklyxcvbnm',
  'azertyuiopqsdfghjklmwxcvbn',
  'йцукенгшщзхъфывапролджэячсмитьбю',
]

const LEET: Readonly<Record<string, string>> = { '0': 'o', '1': 'i', '3': 'e', '4': 'a', '5': 's', '7': 't', '@': 'a', $: 's', '!': 'i' }

/** Digits and signs that people put around a word to satisfy a rule. Longer ones count as a thought of their own. */
const PREFIX = /^[\d\s!?.,*#_+@$-]{1,6}/u
const SUFFIX = /[\d\s!?.,*#_+@$-]{1,6}$/u
const SHORTEST_STEM = 4

/**
 * Whether a password is one of those that are tried first: on the list of leaked ones, the same with digits or signs around it or in the place
 * of letters, one thing repeated, or a walk along the keyboard or the alphabet (MFA-29).
 *
 * @param password NFKC-normalised
 * @param leaked the list, asked for only when nothing simpler decides
 */
export function isCommonPassword(password: string, leaked: () => ReadonlySet<string>): boolean {
  const lower = password.toLowerCase()
  const unit = shortestPeriod(lower)
  if (unit.length <= 3 || isSequence(unit) || isWalk(unit)) return true
  const stem = unit.replace(SUFFIX, '')
  const stems = [stem, stem.replace(PREFIX, '')].filter((s) => s.length >= SHORTEST_STEM)
  return [unit, ...stems].some((reading) => leaked().has(reading) || leaked().has(unLeet(reading)))
}

/** Some 49,000 leaked passwords in lower case: 40 ms and 4 MB, so only where a new password is checked, and once. */
export function loadLeakedPasswords(): ReadonlySet<string> {
  const require = createRequire(import.meta.url)
  const { dictionary } = require('@zxcvbn-ts/language-common') as typeof import('@zxcvbn-ts/language-common') // what require() gives has no type
  return new Set(dictionary['passwords-common'])
}

const unLeet = (text: string): string => text.replace(/[013457@$!]/g, (c) => LEET[c] ?? c)

/** `abcabcabc` → `abc`; what repeats nothing is returned whole. */
function shortestPeriod(text: string): string {
  const period = `${text}${text}`.indexOf(text, 1)
  return text.slice(0, period)
}

/** `abcdefghij`, `9876543210`, `2468…` is not: one step up or down each time, digits going round. */
function isSequence(text: string): boolean {
  const steps = new Set<number>()
  for (let i = 1; i < text.length; i++) {
    const step = text.charCodeAt(i) - text.charCodeAt(i - 1)
    steps.add(step === 9 ? -1 : step === -9 ? 1 : step)
  }
  return steps.size === 1 && (steps.has(1) || steps.has(-1))
}

function isWalk(text: string): boolean {
  const reversed = Array.from(text).reverse().join('')
  return KEYBOARDS.some((row) => row.includes(text) || row.includes(reversed))
}
