import { z } from 'zod'
import type { LegacyHash, LegacyHashRefusal } from '../authenticators/index.ts'
import { fromBase32 } from './base32.ts'
import type { Format, RawAccount, RawPasskey, Remark } from './raw-account.ts'
import { flag, listOf, mapped, readRow, text, withMapped } from './read-row.ts'

/** Keycloak: the export of a realm with its users (`kc.sh export`), in one file or one of its files of users. */
export const keycloak: Format = {
  shapeOf: () => ({ member: 'users' }),
  reader(frame, { mapping, passkeyRpId }) {
    const rpId = passkeyRpId ?? realm.safeParse(frame).data?.webAuthnPolicyPasswordlessRpId
    return (row) => readRow(schema, row, (user) => withMapped(accountOf(user, rpId), mapped(row, mapping)))
  },
}

/** Empty where the realm uses its own host, which the export does not say. */
const realm = z.looseObject({ webAuthnPolicyPasswordlessRpId: text })

const credential = z.looseObject({
  type: z.string(),
  userLabel: text,
  secretData: text,
  credentialData: text,
  // before Keycloak 8
  hashedSaltedValue: text,
  salt: text,
  hashIterations: z.number().nullish(),
  algorithm: text,
})
type Credential = z.infer<typeof credential>

const schema = z.looseObject({
  id: text,
  email: text,
  emailVerified: flag,
  enabled: flag,
  firstName: text,
  lastName: text,
  attributes: z
    .record(z.string(), z.union([z.array(z.string()), z.string()]))
    .nullish()
    .transform((value) => value ?? {}),
  credentials: listOf(credential),
  federatedIdentities: listOf(z.unknown()),
})
type User = z.infer<typeof schema>

function accountOf(user: User, rpId: string | undefined): RawAccount {
  const byType = (type: string) => user.credentials.filter((candidate) => candidate.type === type)
  const [password] = byType('password')
  const [otp] = byType('otp')
  const names = [user.firstName, user.lastName].filter((name) => name !== undefined)
  return {
    id: user.id,
    email: user.email,
    emailVerified: user.emailVerified,
    // Whoever may edit attributes may have written that the number is verified, so it is not believed.
    phoneNumber: attribute(user, 'phoneNumber') ?? attribute(user, 'phone_number'),
    locale: attribute(user, 'locale'),
    blocked: user.enabled === false,
    attributes: { given_name: user.firstName, family_name: user.lastName, name: names.length > 0 ? names.join(' ') : undefined },
    password: password && passwordOf(password),
    totp: otp && totpOf(otp),
    passkeys: byType('webauthn-passwordless').flatMap((each) => passkeyOf(each, { userId: user.id, rpId }) ?? []),
    leftOut: leftOut(user),
  }
}

function attribute({ attributes }: User, name: string): string | undefined {
  const value = Object.hasOwn(attributes, name) ? attributes[name] : undefined
  return Array.isArray(value) ? value[0] : value
}

/** Security keys as a second factor need no user verification there, recovery codes are hashed: neither is what it would be here. */
const TAKEN = new Set(['password', 'otp', 'webauthn-passwordless'])

function leftOut(user: User): readonly Remark[] {
  const seen = new Set<string>()
  const credentials = user.credentials.flatMap((each, at): Remark[] => {
    const isSecond = seen.has(each.type) && each.type !== 'webauthn-passwordless'
    seen.add(each.type)
    const isUnreadable = each.type === 'webauthn-passwordless' && !passkeyOf(each, { userId: user.id, rpId: '' })
    if (isUnreadable) return [{ field: `credentials[${at}]`, reason: 'malformed' }]
    return TAKEN.has(each.type) && !isSecond ? [] : [{ field: `credentials[${at}]`, reason: 'not_kept' }]
  })
  const federated = user.federatedIdentities.map((_, at): Remark => ({ field: `federatedIdentities[${at}]`, reason: 'not_kept' }))
  return [...credentials, ...federated]
}

const secretData = z.looseObject({ value: z.string(), salt: text })
const passwordData = z.looseObject({
  hashIterations: z.number(),
  algorithm: z.string(),
  additionalParameters: z.record(z.string(), z.array(z.string())).nullish(),
})

function passwordOf(stored: Credential): LegacyHash | LegacyHashRefusal {
  if (stored.hashedSaltedValue !== undefined)
    return pbkdf2(stored.algorithm ?? 'pbkdf2', stored.hashIterations ?? 0, { value: stored.hashedSaltedValue, salt: stored.salt })
  const [secret, data] = [secretData.safeParse(json(stored.secretData)), passwordData.safeParse(json(stored.credentialData))]
  if (!secret.success || !data.success) return 'hash_malformed'
  const { algorithm, hashIterations, additionalParameters } = data.data
  return algorithm === 'argon2'
    ? argon2(additionalParameters ?? {}, hashIterations, secret.data)
    : pbkdf2(algorithm, hashIterations, secret.data)
}

type Secret = { readonly value: string; readonly salt?: string | undefined }
const PBKDF2_DIGESTS: Readonly<Record<string, 'sha1' | 'sha256' | 'sha512'>> = {
  pbkdf2: 'sha1',
  'pbkdf2-sha256': 'sha256',
  'pbkdf2-sha512': 'sha512',
}

function pbkdf2(algorithm: string, iterations: number, { value, salt }: Secret): LegacyHash | LegacyHashRefusal {
  const digest = PBKDF2_DIGESTS[algorithm]
  if (!digest) return 'hash_unsupported'
  if (!Number.isInteger(iterations) || salt === undefined) return 'hash_malformed'
  return { kind: 'pbkdf2', digest, iterations, salt: canonical(salt), hash: canonical(value) }
}

function argon2(
  parameters: Readonly<Record<string, readonly string[]>>,
  t: number,
  { value, salt }: Secret,
): LegacyHash | LegacyHashRefusal {
  const { type: [type = 'id'] = [], version: [version = '1.3'] = [], memory: [m = ''] = [], parallelism: [p = '1'] = [] } = parameters
  if (version !== '1.3') return 'hash_unsupported'
  if (salt === undefined) return 'hash_malformed'
  const unpadded = (base64: string): string => canonical(base64).replace(/=+$/, '')
  return { kind: 'argon2', phc: `$argon2${type}$v=19$m=${m},t=${t},p=${p}$${unpadded(salt)}$${unpadded(value)}` }
}

const otpData = z.looseObject({
  subType: z.string(),
  digits: z.int(),
  period: z.int().nullish(),
  algorithm: z.string(),
  secretEncoding: text,
})

function totpOf(stored: Credential): RawAccount['totp'] {
  const [secret, data] = [secretData.safeParse(json(stored.secretData)), otpData.safeParse(json(stored.credentialData))]
  if (!secret.success || !data.success || data.data.subType !== 'totp') return 'totp_unsupported'
  // The secret is the text itself, unless it says otherwise; the app was shown it in base32.
  const bytes = data.data.secretEncoding === 'BASE32' ? fromBase32(secret.data.value) : Buffer.from(secret.data.value)
  const { algorithm, digits, period } = data.data
  return bytes
    ? { secret: bytes, algorithm: algorithm.replace(/^Hmac/i, '').toLowerCase(), digits, periodS: period ?? 30 }
    : 'totp_unsupported'
}

const passkeyData = z.looseObject({
  credentialId: z.string(),
  credentialPublicKey: z.string(),
  counter: z.int().nullish(),
  aaguid: text,
  transports: listOf(z.string()),
})

/** Its user handle is the user's id, as bytes of its text. */
function passkeyOf(stored: Credential, { userId, rpId }: { userId: string | undefined; rpId: string | undefined }): RawPasskey | undefined {
  const { success, data } = passkeyData.safeParse(json(stored.credentialData))
  if (!success || userId === undefined) return undefined
  return {
    credentialId: data.credentialId,
    publicKey: data.credentialPublicKey,
    userHandle: Buffer.from(userId).toString('base64url'),
    rpId,
    counter: data.counter ?? 0,
    aaguid: data.aaguid,
    transports: data.transports,
    name: stored.userLabel,
  }
}

const canonical = (base64: string): string => Buffer.from(base64, 'base64').toString('base64')

/** `undefined` for what is no JSON. */
function json(written: string | undefined): unknown {
  try {
    return written === undefined ? undefined : JSON.parse(written)
  } catch {
    return undefined
  }
}
