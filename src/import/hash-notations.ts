import { DIGESTS, type LegacyHash, type LegacyHashRefusal } from '../authenticators/index.ts'

type Read = LegacyHash | LegacyHashRefusal

/** A hash that says by itself how it was made: the notations of PHC, modular crypt, passlib and LDAP (RFC 2307). */
export function readHashText(text: string): Read {
  if (text.startsWith('$argon2')) return { kind: 'argon2', phc: text }
  if (/^\$2[aby]?\$/.test(text)) return { kind: 'bcrypt', hash: text.replace(/^\$2\$/, '$2a$') }
  if (text.startsWith('$pbkdf2')) return pbkdf2(text)
  if (text.startsWith('$scrypt')) return scrypt(text)
  if (text.startsWith('{')) return ldap(text)
  return 'hash_unsupported'
}

/** `$pbkdf2-sha512$i=100000,l=64$salt$hash`; passlib writes the iterations alone, and `.` for `+`. */
const PBKDF2 = /^\$pbkdf2(?:-(sha1|sha256|sha512))?\$(?:i=)?(\d{1,9})(?:,l=\d+)?\$([A-Za-z0-9+/.]*)=*\$([A-Za-z0-9+/.]+)=*$/

function pbkdf2(text: string): Read {
  const [, digest = 'sha1', iterations, salt, hash] = PBKDF2.exec(text) ?? []
  if (salt === undefined || hash === undefined) return /^\$pbkdf2-(?!sha(1|256|512)\$)/.test(text) ? 'hash_unsupported' : 'hash_malformed'
  // the expression names only these three
  return { kind: 'pbkdf2', digest: digest as 'sha1', iterations: Number(iterations), salt: base64(salt), hash: base64(hash) }
}

/** `$scrypt$ln=14,r=8,p=1$salt$hash` */
const SCRYPT = /^\$scrypt\$ln=(\d{1,2}),r=(\d{1,6}),p=(\d{1,6})\$([A-Za-z0-9+/.]*)=*\$([A-Za-z0-9+/.]+)=*$/

function scrypt(text: string): Read {
  const [, ln, r, p, salt, hash] = SCRYPT.exec(text) ?? []
  if (salt === undefined || hash === undefined) return 'hash_malformed'
  return { kind: 'scrypt', n: 2 ** Number(ln), r: Number(r), p: Number(p), salt: base64(salt), hash: base64(hash) }
}

const LDAP = /^\{(S?)(MD5|SHA|SHA1|SHA256|SHA512)\}([A-Za-z0-9+/]+={0,2})$/i
const LDAP_BYTES = { md5: 16, sha1: 20, sha256: 32, sha512: 64 } as const

/** `{SSHA}…`: the digest of password and salt, then the salt. */
function ldap(text: string): Read {
  const [, , name, encoded] = LDAP.exec(text) ?? []
  if (name === undefined || encoded === undefined) return 'hash_unsupported'
  const named = name.toLowerCase()
  const digest = (named === 'sha' ? 'sha1' : named) as keyof typeof LDAP_BYTES // the expression names only these
  const bytes = Buffer.from(encoded, 'base64')
  const [hash, salt] = [bytes.subarray(0, LDAP_BYTES[digest]), bytes.subarray(LDAP_BYTES[digest])]
  return { kind: 'digest', digest, salt: salt.toString('base64'), position: 'suffix', encoding: 'utf8', hash: hash.toString('base64') }
}

/** One round of a digest, as several systems describe it in parts. */
export function readDigest(parts: {
  readonly digest: string
  readonly hash: Buffer
  readonly salt: Buffer
  readonly position: 'prefix' | 'suffix'
  readonly encoding?: string | undefined
  readonly key?: Buffer | undefined
}): Read {
  const digest = DIGESTS.find((name) => name === parts.digest.toLowerCase())
  const encoding = ENCODINGS[parts.encoding ?? 'utf8']
  if (!digest || !encoding || (digest === 'md4' && parts.key)) return 'hash_unsupported'
  return {
    kind: 'digest',
    digest,
    salt: parts.salt.toString('base64'),
    position: parts.position,
    encoding,
    hash: parts.hash.toString('base64'),
    ...(parts.key && { key: parts.key.toString('base64') }),
  }
}

const ENCODINGS: Readonly<Record<string, 'utf8' | 'utf16le' | 'latin1'>> = {
  utf8: 'utf8',
  ascii: 'utf8',
  utf16le: 'utf16le',
  ucs2: 'utf16le',
  latin1: 'latin1',
  binary: 'latin1',
}

/** Bytes as a system wrote them; undefined when they are of another alphabet. */
export function bytesOf(value: string, encoding: string): Buffer | undefined {
  switch (encoding) {
    case 'base64':
      return /^[A-Za-z0-9+/_-]*={0,2}$/.test(value) ? Buffer.from(value, 'base64') : undefined
    case 'hex':
      return /^([0-9A-Fa-f]{2})*$/.test(value) ? Buffer.from(value, 'hex') : undefined
    case 'utf8':
      return Buffer.from(value)
    default:
      return undefined
  }
}

/** Canonical base64, whatever alphabet and padding it came in. */
const base64 = (encoded: string): string => Buffer.from(encoded.replaceAll('.', '+'), 'base64').toString('base64')
