import { createCipheriv, createHash, createHmac, pbkdf2Sync, scryptSync, timingSafeEqual } from 'node:crypto'
import { bcryptVerify, createMD4 } from 'hash-wasm'
import type { LegacyHash } from './legacy-hash.ts'

/** Every kind but argon2, whose own engine verifies it. */
export type OwnLegacyHash = Exclude<LegacyHash, { kind: 'argon2' }>

/** bcrypt reads no further, and the library refuses more. */
const BCRYPT_BYTES = 72
const SCRYPT_MEMORY = 256 * 1024 * 1024

/** Whether a password is the one that another system hashed. Runs in a hashing thread: it blocks for as long as the hash takes. */
export async function verifyLegacyHash(hash: OwnLegacyHash, password: string): Promise<boolean> {
  switch (hash.kind) {
    case 'bcrypt': {
      const typed = Buffer.from(password).subarray(0, BCRYPT_BYTES)
      return typed.length > 0 && bcryptVerify({ password: typed, hash: hash.hash })
    }
    case 'pbkdf2':
      return isSame(hash, (salt, length) => pbkdf2Sync(password, salt, hash.iterations, length, hash.digest))
    case 'scrypt':
      return isSame(hash, (salt, length) => scryptSync(password, salt, length, { N: hash.n, r: hash.r, p: hash.p, maxmem: SCRYPT_MEMORY }))
    case 'firebase_scrypt':
      return isSame(hash, (salt) => firebaseScrypt(hash, salt, password))
    case 'digest':
      return digestMatches(hash, password)
    default:
      throw new Error(`unknown hash: ${hash satisfies never}`)
  }
}

function isSame({ salt, hash }: { salt: string; hash: string }, derive: (salt: Buffer, length: number) => Buffer): boolean {
  const expected = Buffer.from(hash, 'base64')
  const found = derive(Buffer.from(salt, 'base64'), expected.length)
  return found.length === expected.length && timingSafeEqual(found, expected)
}

/** https://github.com/firebase/scrypt: the first half of what scrypt derives is an AES key in counter mode, and what it makes of the signer key is the hash. */
function firebaseScrypt(hash: Extract<LegacyHash, { kind: 'firebase_scrypt' }>, salt: Buffer, password: string): Buffer {
  const salted = Buffer.concat([salt, Buffer.from(hash.salt_separator, 'base64')])
  const derived = scryptSync(password, salted, 64, { N: 2 ** hash.mem_cost, r: hash.rounds, p: 1, maxmem: SCRYPT_MEMORY })
  const cipher = createCipheriv('aes-256-ctr', derived.subarray(0, 32), Buffer.alloc(16))
  return Buffer.concat([cipher.update(Buffer.from(hash.signer_key, 'base64')), cipher.final()])
}

async function digestMatches(hash: Extract<LegacyHash, { kind: 'digest' }>, password: string): Promise<boolean> {
  const salt = Buffer.from(hash.salt, 'base64')
  const typed = Buffer.from(password, hash.encoding)
  const input = Buffer.concat(hash.position === 'prefix' ? [salt, typed] : [typed, salt])
  const found = await digestOf(hash, input)
  const expected = Buffer.from(hash.hash, 'base64')
  return found.length === expected.length && timingSafeEqual(found, expected)
}

async function digestOf({ digest, key }: Extract<LegacyHash, { kind: 'digest' }>, input: Buffer): Promise<Buffer> {
  // OpenSSL 3 has put MD4 away; nobody keys it.
  if (digest === 'md4') return Buffer.from((await createMD4()).init().update(input).digest('binary'))
  const hasher = key === undefined ? createHash(digest) : createHmac(digest, Buffer.from(key, 'base64'))
  return hasher.update(input).digest()
}
