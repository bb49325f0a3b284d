import { domainToASCII } from 'node:url'

const LONGEST_BYTES = 254 // RFC 5321 §4.5.3.1.3, less the angle brackets
const LONGEST_LOCAL_BYTES = 64
/** Longer input cannot be an address, and NFKC can make text eighteen times as long. */
const LONGEST_TYPED = 512

/**
 * Spaces, control and invisible characters (bidi marks too), and what separates or quotes addresses in a mail header: two
 * programs must never read two addresses, or another one, out of what is one here (SEC-38, SEC-62). So no quoted local parts.
 */
const REFUSED = /[\s\p{C}<>()[\]\\,;:"]/u
const LOCAL_PART = /^[^@.]+(\.[^@.]+)*$/u
/** Letters, marks, digits and the two middle dots of names. Anything else (`%`, `/`, `:`) `domainToASCII` would take as part of a URL. */
const DOMAIN_TYPED = /^[\p{L}\p{M}\p{N}.。·・-]+$/u
const LABEL = '[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?'
/** At least two labels, the last not a number: no local host, no IPv4 address in any of its spellings. */
const DOMAIN = new RegExp(`^(${LABEL}\\.)+(?![0-9]+$)${LABEL}$`)

/**
 * The one form of an email address, by which an account is found: NFKC, trimmed, lower case, domain as A-labels.
 *
 * Plus tags and dots stay: only the provider knows whether they are one mailbox. Normalising twice changes nothing.
 *
 * @returns undefined when it is no address that could receive mail
 */
export function normaliseEmail(typed: string): string | undefined {
  if (typed.length > LONGEST_TYPED) return undefined
  // NFKC again, because lower-casing can leave a sequence that composes.
  const text = typed.normalize('NFKC').trim().toLowerCase().normalize('NFKC')
  if (REFUSED.test(text)) return undefined
  const [local, typedDomain, more] = text.split('@')
  if (!local || !typedDomain || more !== undefined) return undefined
  const domain = asciiDomain(typedDomain)
  if (!domain || !LOCAL_PART.test(local) || Buffer.byteLength(local) > LONGEST_LOCAL_BYTES) return undefined
  const address = `${local}@${domain}`
  return Buffer.byteLength(address) > LONGEST_BYTES ? undefined : address
}

function asciiDomain(typed: string): string | undefined {
  if (!DOMAIN_TYPED.test(typed)) return undefined
  const domain = domainToASCII(typed)
  return DOMAIN.test(domain) ? domain : undefined
}
