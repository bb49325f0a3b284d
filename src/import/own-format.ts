import { z } from 'zod'
import type { LegacyHash, LegacyHashRefusal } from '../authenticators/index.ts'
import { fromBase32 } from './base32.ts'
import { bytesOf, readDigest, readHashText } from './hash-notations.ts'
import type { Format, RawAccount } from './raw-account.ts'
import { flag, listOf, mapped, readRow, text, withMapped } from './read-row.ts'

/** Our own: one JSON object a line, described in docs/import-format.md. */
export const ownFormat: Format = {
  shapeOf: () => 'lines',
  reader:
    (_frame, { mapping, passkeyRpId }) =>
    (row) =>
      readRow(schema, row, (user) => withMapped(accountOf(user, passkeyRpId), mapped(row, mapping))),
}

const hashParts = z.discriminatedUnion('algorithm', [
  z.object({
    algorithm: z.literal('pbkdf2'),
    digest: z.enum(['sha1', 'sha256', 'sha512']),
    iterations: z.int(),
    salt: z.string(),
    hash: z.string(),
  }),
  z.object({ algorithm: z.literal('scrypt'), n: z.int(), r: z.int(), p: z.int(), salt: z.string(), hash: z.string() }),
  z.object({
    algorithm: z.literal('firebase_scrypt'),
    rounds: z.int(),
    mem_cost: z.int(),
    signer_key: z.string(),
    salt_separator: z.string(),
    salt: z.string(),
    hash: z.string(),
  }),
  z.object({
    algorithm: z.literal('digest'),
    digest: z.string(),
    salt: z.string().default(''),
    salt_position: z.enum(['prefix', 'suffix']).default('prefix'),
    password_encoding: z.string().default('utf8'),
    key: z.string().optional(),
    hash: z.string(),
  }),
])
type HashParts = z.infer<typeof hashParts>

const schema = z.looseObject({
  id: text,
  email: text,
  email_verified: flag,
  phone_number: text,
  phone_number_verified: flag,
  member_number: text,
  locale: text,
  blocked: flag,
  attributes: z.record(z.string(), z.unknown()).nullish(),
  password: z.union([z.string(), hashParts]).nullish(),
  totp: z
    .object({
      secret: z.string(),
      algorithm: z.string().default('SHA1'),
      digits: z.int().default(6),
      period_s: z.int().default(30),
    })
    .nullish(),
  passkeys: listOf(
    z.object({
      credential_id: z.string(),
      public_key: z.string(),
      user_handle: z.string(),
      rp_id: text,
      counter: z.int().default(0),
      aaguid: text,
      transports: listOf(z.string()),
      backup_eligible: flag,
      name: text,
    }),
  ),
  consents: listOf(z.unknown()),
})
type User = z.infer<typeof schema>

function accountOf(user: User, passkeyRpId: string | undefined): RawAccount {
  return {
    id: user.id,
    email: user.email,
    emailVerified: user.email_verified,
    phoneNumber: user.phone_number,
    phoneVerified: user.phone_number_verified,
    memberNumber: user.member_number,
    locale: user.locale,
    blocked: user.blocked,
    attributes: user.attributes ?? {},
    password: user.password ? (typeof user.password === 'string' ? readHashText(user.password) : fromParts(user.password)) : undefined,
    totp: user.totp ? totpOf(user.totp) : undefined,
    passkeys: user.passkeys.map((passkey) => ({
      credentialId: passkey.credential_id,
      publicKey: passkey.public_key,
      userHandle: passkey.user_handle,
      rpId: passkey.rp_id ?? passkeyRpId,
      counter: passkey.counter,
      aaguid: passkey.aaguid,
      transports: passkey.transports,
      backupEligible: passkey.backup_eligible,
      name: passkey.name,
    })),
    leftOut: user.consents.map((_, at) => ({ field: `consents[${at}]`, reason: 'not_kept' })),
  }
}

function totpOf({ secret, algorithm, digits, period_s }: NonNullable<User['totp']>): RawAccount['totp'] {
  const bytes = fromBase32(secret)
  return bytes ? { secret: bytes, algorithm: algorithm.toLowerCase(), digits, periodS: period_s } : 'totp_unsupported'
}

function fromParts(parts: HashParts): LegacyHash | LegacyHashRefusal {
  const bytes = (value: string): string | undefined => bytesOf(value, 'base64')?.toString('base64')
  const [salt, hash] = [bytes(parts.salt), bytes(parts.hash)]
  if (salt === undefined || hash === undefined) return 'hash_malformed'
  switch (parts.algorithm) {
    case 'pbkdf2':
      return { kind: 'pbkdf2', digest: parts.digest, iterations: parts.iterations, salt, hash }
    case 'scrypt':
      return { kind: 'scrypt', n: parts.n, r: parts.r, p: parts.p, salt, hash }
    case 'firebase_scrypt': {
      const [signer_key, salt_separator] = [bytes(parts.signer_key), bytes(parts.salt_separator)]
      if (signer_key === undefined || salt_separator === undefined) return 'hash_malformed'
      return { kind: 'firebase_scrypt', rounds: parts.rounds, mem_cost: parts.mem_cost, signer_key, salt_separator, salt, hash }
    }
    case 'digest': {
      const key = parts.key === undefined ? undefined : bytesOf(parts.key, 'base64')
      const [hashBytes, saltBytes] = [Buffer.from(hash, 'base64'), Buffer.from(salt, 'base64')]
      return readDigest({
        digest: parts.digest,
        hash: hashBytes,
        salt: saltBytes,
        position: parts.salt_position,
        encoding: parts.password_encoding,
        key,
      })
    }
    default:
      throw new Error(`unknown hash: ${parts satisfies never}`)
  }
}
