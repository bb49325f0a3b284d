/** Browsers need not look further than at so many names (WebAuthn L3 §5.11.1): a brand beyond them cannot use the group's passkeys in its own pages. */
export const MOST_LABELS = 5

/** Origins at which the group's passkeys may be used: the issuer's and the brands' (MFA-11). Served as `/.well-known/webauthn` of the RP ID. */
export function relatedOrigins(issuer: string, homes: readonly string[]): readonly string[] {
  return [...new Set([issuer, ...homes].flatMap((uri) => URL.parse(uri)?.origin ?? []))]
}

/** The names that a browser counts, in the order it meets them: `aurora` of both `www.aurora.example` and `aurora.co.uk`. */
export function registrableLabels(origins: readonly string[]): readonly string[] {
  return [...new Set(origins.flatMap((origin) => labelOf(URL.parse(origin)?.hostname ?? '') ?? []))]
}

/**
 * The label before the public suffix. Browsers know the list of public suffixes; this is a rule of thumb: a suffix has one part, or two where the
 * second is a country and the first one of the usual kinds. It errs on the side of one label too few for rare suffixes, where it only warns too late.
 */
function labelOf(host: string): string | undefined {
  if (/^[\d.]+$|:/.test(host)) return undefined // an address
  const parts = host.split('.')
  const [kind = '', country = ''] = parts.slice(-2)
  const suffix = parts.length > 2 && country.length === 2 && KINDS.has(kind) ? 2 : 1
  return parts.at(-1 - suffix)
}

const KINDS = new Set(['ac', 'co', 'com', 'edu', 'gob', 'gov', 'go', 'ne', 'net', 'nom', 'or', 'org', 'gv'])
