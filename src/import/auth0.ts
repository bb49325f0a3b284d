import { z } from 'zod'
import type { LegacyHash, LegacyHashRefusal } from '../authenticators/index.ts'
import { fromBase32 } from './base32.ts'
import { bytesOf, readDigest, readHashText } from './hash-notations.ts'
import type { Format, RawAccount, Remark } from './raw-account.ts'
import { flag, listOf, mapped, readRow, text, withMapped } from './read-row.ts'

/**
 * Auth0: the export of a tenant (newline-delimited JSON), the hashes its support hands out (`passwordHash`), and the files its own import takes
 * (an array, with `password_hash` or `custom_password_hash`).
 */
export const auth0: Format = {
  shapeOf: (first) => (first === '[' ? 'array' : 'lines'),
  reader:
    (_frame, { mapping }) =>
    (row) =>
      readRow(schema, row, (user) => withMapped(accountOf(user), mapped(row, mapping))),
}

const encoded = z.looseObject({ value: z.string(), encoding: z.string().nullish() })
const customHash = z.looseObject({
  algorithm: z.string(),
  hash: z.looseObject({ value: z.string(), encoding: z.string().nullish(), digest: z.string().nullish(), key: encoded.nullish() }),
  salt: z.looseObject({ value: z.string(), encoding: z.string().nullish(), position: z.enum(['prefix', 'suffix']).nullish() }).nullish(),
  password: z.looseObject({ encoding: z.string().nullish() }).nullish(),
  keylen: z.int().nullish(),
  cost: z.int().nullish(),
  blockSize: z.int().nullish(),
  parallelization: z.int().nullish(),
})
type CustomHash = z.infer<typeof customHash>

const schema = z.looseObject({
  user_id: text,
  _id: z.looseObject({ $oid: text }).nullish(),
  email: text,
  email_verified: flag,
  phone_number: text,
  phone_verified: flag,
  given_name: text,
  family_name: text,
  name: text,
  locale: text,
  blocked: flag,
  password_hash: text,
  passwordHash: text,
  custom_password_hash: customHash.nullish(),
  mfa_factors: listOf(z.looseObject({ totp: z.looseObject({ secret: z.string() }).nullish() })),
  identities: listOf(z.looseObject({ provider: text })),
})
type User = z.infer<typeof schema>

function accountOf(user: User): RawAccount {
  const secret = user.mfa_factors.find(({ totp }) => totp)?.totp?.secret
  return {
    id: user.user_id ?? user._id?.$oid,
    email: user.email,
    emailVerified: user.email_verified,
    phoneNumber: user.phone_number,
    phoneVerified: user.phone_verified,
    locale: user.locale,
    blocked: user.blocked,
    attributes: {
      given_name: user.given_name,
      family_name: user.family_name,
      // Auth0 calls who gave no name by the address.
      name: user.name === user.email ? undefined : user.name,
    },
    password: passwordOf(user),
    totp: secret === undefined ? undefined : totpOf(secret),
    leftOut: leftOut(user),
  }
}

function totpOf(base32: string): RawAccount['totp'] {
  const secret = fromBase32(base32)
  return secret ? { secret, algorithm: 'sha1', digits: 6, periodS: 30 } : 'totp_unsupported'
}

function leftOut({ mfa_factors, identities }: User): readonly Remark[] {
  const factors = mfa_factors.flatMap(({ totp }, at) => (totp ? [] : [{ field: `mfa_factors[${at}]`, reason: 'not_kept' as const }]))
  const social = identities.flatMap(({ provider }, at) =>
    provider === undefined || provider === 'auth0' ? [] : [{ field: `identities[${at}]`, reason: 'not_kept' as const }],
  )
  return [...factors, ...social]
}

function passwordOf({ password_hash, passwordHash, custom_password_hash: custom }: User): LegacyHash | LegacyHashRefusal | undefined {
  if (custom) return customPassword(custom)
  const hash = password_hash ?? passwordHash
  return hash === undefined ? undefined : readHashText(hash)
}

/** Auth0's `custom_password_hash`, by its documentation of bulk imports. */
function customPassword(custom: CustomHash): LegacyHash | LegacyHashRefusal {
  const { algorithm, hash } = custom
  switch (algorithm) {
    case 'argon2':
    case 'bcrypt':
    case 'pbkdf2':
    case 'ldap':
      return readHashText(hash.value)
    case 'scrypt':
      return scrypt(custom)
    case 'hmac':
      return digest(custom, hash.digest ?? '', hash.key ? bytesOf(hash.key.value, hash.key.encoding ?? 'utf8') : undefined)
    default:
      return digest(custom, algorithm)
  }
}

const saltOf = ({ salt }: CustomHash): Buffer | undefined => (salt ? bytesOf(salt.value, salt.encoding ?? 'utf8') : Buffer.alloc(0))

function scrypt(custom: CustomHash): LegacyHash | LegacyHashRefusal {
  const { cost, blockSize, parallelization, keylen } = custom
  const [hash, salt] = [bytesOf(custom.hash.value, custom.hash.encoding ?? 'base64'), saltOf(custom)]
  if (!hash || !salt || (keylen && keylen !== hash.length)) return 'hash_malformed'
  return {
    kind: 'scrypt',
    n: cost ?? 16_384,
    r: blockSize ?? 8,
    p: parallelization ?? 1,
    salt: salt.toString('base64'),
    hash: hash.toString('base64'),
  }
}

function digest(custom: CustomHash, name: string, key?: Buffer): LegacyHash | LegacyHashRefusal {
  const [hash, salt] = [bytesOf(custom.hash.value, custom.hash.encoding ?? 'hex'), saltOf(custom)]
  if (!hash || !salt || (custom.algorithm === 'hmac' && !key)) return 'hash_malformed'
  return readDigest({
    digest: name,
    hash,
    salt,
    position: custom.salt?.position ?? 'prefix',
    encoding: custom.password?.encoding ?? undefined,
    key,
  })
}
