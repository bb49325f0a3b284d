/** One attribute of a distinguished name: the object identifier of its type, and its value. */
export interface NamePart {
  readonly type: string
  readonly value: string
}

/** Relative distinguished names in the order of a certificate, the most general first; most have one part. */
export type DistinguishedName = readonly (readonly NamePart[])[]

/** RFC 4514 §3, and two that are common beside it. */
const TYPES: Readonly<Record<string, string>> = {
  cn: '2.5.4.3',
  serialnumber: '2.5.4.5',
  c: '2.5.4.6',
  l: '2.5.4.7',
  st: '2.5.4.8',
  street: '2.5.4.9',
  o: '2.5.4.10',
  ou: '2.5.4.11',
  uid: '0.9.2342.19200300.100.1.1',
  dc: '0.9.2342.19200300.100.1.25',
  emailaddress: '1.2.840.113549.1.9.1',
}

/**
 * Reads the string representation of a distinguished name (RFC 4514), as in `tls_client_auth_subject_dn` (RFC 8705 §2.1.2): `CN=shop,O=Aurora,C=DE`.
 *
 * @returns undefined for text that is none. A value that is written as hexadecimal (`#04…`) is none here: nobody can compare it by eye.
 */
export function parseDistinguishedName(text: string): DistinguishedName | undefined {
  const names = splitUnescaped(text, ',').map((rdn) => splitUnescaped(rdn, '+').map(parsePart))
  const parts = names.map((rdn) => rdn.filter((part) => part !== undefined))
  if (parts.some((rdn, index) => rdn.length < (names[index]?.length ?? 0))) return undefined
  return parts.reverse()
}

/** The same names in the same order, letter by letter. The parts of one relative name have no order. */
export function sameName(a: DistinguishedName, b: DistinguishedName): boolean {
  return a.length === b.length && a.every((rdn, index) => JSON.stringify(sorted(rdn)) === JSON.stringify(sorted(b[index] ?? [])))
}

const sorted = (rdn: readonly NamePart[]): string[] => rdn.map(({ type, value }) => `${type}=${value}`).sort()

function parsePart(text: string): NamePart | undefined {
  const [, name, raw] = /^\s*([A-Za-z][A-Za-z0-9-]*|\d+(?:\.\d+)+)\s*=\s*(.*)$/s.exec(text) ?? []
  if (name === undefined || raw === undefined || raw.startsWith('#')) return undefined
  const type = /^\d/.test(name) ? name : TYPES[name.toLowerCase()]
  const value = unescaped(trimmed(raw))
  return type === undefined || value === undefined || value === '' ? undefined : { type, value }
}

/** White space at the end counts only when it is escaped. */
const trimmed = (raw: string): string => raw.replace(/(?<!\\)\s+$/, '')

const SPECIAL = ' "#+,;<=>\\'

/** `\2C` is a byte of UTF-8, `\,` a character. Undefined for a special character that stands bare. */
function unescaped(raw: string): string | undefined {
  const bytes: Buffer[] = []
  for (const token of raw.match(/\\[0-9a-fA-F]{2}|\\.|[^\\]|\\$/gsu) ?? []) {
    const [first, second] = token
    if (/^\\[0-9a-fA-F]{2}$/.test(token)) bytes.push(Buffer.from(token.slice(1), 'hex'))
    else if (first === '\\' && second !== undefined && SPECIAL.includes(second)) bytes.push(Buffer.from(second))
    else if (`\\";<>`.includes(first ?? '')) return undefined
    else bytes.push(Buffer.from(token))
  }
  return Buffer.concat(bytes).toString('utf8')
}

function splitUnescaped(text: string, separator: string): string[] {
  const parts = ['']
  for (let at = 0; at < text.length; at++) {
    const char = text[at] ?? ''
    if (char === separator) parts.push('')
    else parts[parts.length - 1] += char === '\\' ? `${char}${text[++at] ?? ''}` : char
  }
  return parts
}
