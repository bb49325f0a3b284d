import { z } from 'zod'

/**
 * Password hashes that another system made: what is known of each to verify it once, at the first sign-in, after which it is argon2id.
 * Written in the place of a PHC string, as JSON. Bytes are base64.
 */
const bytes = z.string().regex(/^[A-Za-z0-9+/]*={0,2}$/)
export const DIGESTS = ['md4', 'md5', 'sha1', 'sha256', 'sha512'] as const
const PASSWORD_ENCODINGS = ['utf8', 'utf16le', 'latin1'] as const

const legacyHashSchema = z.discriminatedUnion('kind', [
  /** `$argon2id$v=19$m=…`: any of the three variants, made with other parameters or of text that was not normalised. */
  z.object({ kind: z.literal('argon2'), phc: z.string() }),
  /** `$2a$`, `$2b$` or `$2y$`. */
  z.object({ kind: z.literal('bcrypt'), hash: z.string() }),
  z.object({ kind: z.literal('pbkdf2'), digest: z.enum(['sha1', 'sha256', 'sha512']), iterations: z.int(), salt: bytes, hash: bytes }),
  z.object({ kind: z.literal('scrypt'), n: z.int(), r: z.int(), p: z.int(), salt: bytes, hash: bytes }),
  /** Firebase's variant: scrypt makes a key, which encrypts the project's signer key. */
  z.object({
    kind: z.literal('firebase_scrypt'),
    rounds: z.int(),
    mem_cost: z.int(),
    signer_key: bytes,
    salt_separator: bytes,
    salt: bytes,
    hash: bytes,
  }),
  /** One round of a digest, over salt and password or password and salt; with a key, an HMAC. */
  z.object({
    kind: z.literal('digest'),
    digest: z.enum(DIGESTS),
    key: bytes.optional(),
    salt: bytes,
    position: z.enum(['prefix', 'suffix']),
    encoding: z.enum(PASSWORD_ENCODINGS),
    hash: bytes,
  }),
])
export type LegacyHash = z.infer<typeof legacyHashSchema>

/** Why a hash is not taken. */
export type LegacyHashRefusal = 'hash_malformed' | 'hash_unsupported' | 'hash_too_costly' | 'hash_too_short'

/** The text that is stored, sealed, where a password's PHC string would be. */
export const writeLegacyHash = (hash: LegacyHash): string => JSON.stringify(hash)

/** What {@link writeLegacyHash} wrote; undefined for a PHC string. Throws on what is neither, because we wrote it. */
export function readLegacyHash(stored: string): LegacyHash | undefined {
  return stored.startsWith('{') ? legacyHashSchema.parse(JSON.parse(stored)) : undefined
}

/** Shorter ones are found by guessing: one in 65,536 passwords matches a hash of two bytes. */
const SHORTEST_HASH_BYTES = 16
const LONGEST_BYTES = 1024

/**
 * What one verification may cost, set so that the dearest takes about a second of one core and 128 MiB: a row from outside must not be able to
 * keep a hashing thread for minutes (MFA-30).
 */
const MOST = {
  bcryptCost: 14,
  pbkdf2Blocks: 2_000_000,
  scryptMemory: 128 * 1024 * 1024,
  scryptWork: 2 ** 21,
  argon2MemoryKib: 131_072,
  argon2Work: 1_048_576,
  argon2Lanes: 16,
} as const

const DIGEST_BYTES = { md4: 16, md5: 16, sha1: 20, sha256: 32, sha512: 64 } as const
const ARGON2 = /^\$argon2(?:id|i|d)\$v=19\$m=(\d{1,10}),t=(\d{1,10}),p=(\d{1,10})\$([A-Za-z0-9+/]{11,})\$([A-Za-z0-9+/]{22,})$/
const BCRYPT = /^\$2[aby]\$(\d\d)\$[./A-Za-z0-9]{53}$/

/** Why this hash is not taken, or undefined. What is taken can be verified without a throw and within the bounds. */
export function legacyHashRefusal(hash: LegacyHash): LegacyHashRefusal | undefined {
  switch (hash.kind) {
    case 'argon2':
      return argon2Refusal(hash.phc)
    case 'bcrypt': {
      const cost = Number(BCRYPT.exec(hash.hash)?.[1] ?? 0)
      return cost < 4 ? 'hash_malformed' : cost > MOST.bcryptCost ? 'hash_too_costly' : undefined
    }
    case 'pbkdf2':
      return pbkdf2Refusal(hash)
    case 'scrypt':
      return isPowerOfTwo(hash.n) ? scryptRefusal(hash, hash) : 'hash_malformed'
    case 'firebase_scrypt':
      return firebaseRefusal(hash)
    case 'digest':
      return lengthOf(hash.hash) === DIGEST_BYTES[hash.digest] ? lengthsRefusal(hash) : 'hash_malformed'
    default:
      throw new Error(`unknown hash: ${hash satisfies never}`)
  }
}

function argon2Refusal(phc: string): LegacyHashRefusal | undefined {
  const [, m = 0, t = 0, p = 0] = (ARGON2.exec(phc) ?? []).map(Number)
  if (t < 1 || p < 1 || m < 8 * p || phc.length > LONGEST_BYTES) return 'hash_malformed'
  return m > MOST.argon2MemoryKib || m * t > MOST.argon2Work || p > MOST.argon2Lanes ? 'hash_too_costly' : undefined
}

function pbkdf2Refusal(hash: Extract<LegacyHash, { kind: 'pbkdf2' }>): LegacyHashRefusal | undefined {
  if (hash.iterations < 1) return 'hash_malformed'
  const blocks = Math.ceil(lengthOf(hash.hash) / DIGEST_BYTES[hash.digest])
  return hash.iterations * blocks > MOST.pbkdf2Blocks ? 'hash_too_costly' : lengthsRefusal(hash)
}

function firebaseRefusal(hash: Extract<LegacyHash, { kind: 'firebase_scrypt' }>): LegacyHashRefusal | undefined {
  if (hash.mem_cost < 1 || hash.mem_cost > 30 || lengthOf(hash.signer_key) !== lengthOf(hash.hash)) return 'hash_malformed'
  return scryptRefusal({ n: 2 ** hash.mem_cost, r: hash.rounds, p: 1 }, hash)
}

function scryptRefusal(cost: { n: number; r: number; p: number }, hash: { salt: string; hash: string }): LegacyHashRefusal | undefined {
  const { n, r, p } = cost
  if (n < 2 || r < 1 || p < 1) return 'hash_malformed'
  return 128 * n * r > MOST.scryptMemory || n * r * p > MOST.scryptWork ? 'hash_too_costly' : lengthsRefusal(hash)
}

function lengthsRefusal({ salt, hash }: { salt: string; hash: string }): LegacyHashRefusal | undefined {
  if (lengthOf(salt) > LONGEST_BYTES || lengthOf(hash) > LONGEST_BYTES) return 'hash_malformed'
  return lengthOf(hash) < SHORTEST_HASH_BYTES ? 'hash_too_short' : undefined
}

const lengthOf = (base64: string): number => Buffer.byteLength(base64, 'base64')
const isPowerOfTwo = (n: number): boolean => n > 1 && Number.isInteger(Math.log2(n))
