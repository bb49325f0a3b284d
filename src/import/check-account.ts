import { createHash } from 'node:crypto'
import { type ImportedIdentifier, normaliseEmail, normaliseMemberNumber, normalisePhone } from '../accounts/index.ts'
import { type ImportedPasskey, isUsablePublicKey, type LegacyHash, legacyHashRefusal } from '../authenticators/index.ts'
import type { Group } from '../group/group.ts'
import type { AttributeName } from '../store/ids.ts'
import { LOCALES, type Locale } from '../web/i18n.ts'
import { attributeValue } from './attribute-value.ts'
import { toBase32 } from './base32.ts'
import type { RawAccount, RawPasskey, RawTotp, Remark } from './raw-account.ts'

/** An account that can be written. */
export interface CheckedAccount {
  /** What makes it the same account when the file comes again. */
  readonly key: string
  readonly identifiers: readonly ImportedIdentifier[]
  readonly status: 'active' | 'locked'
  readonly locale: Locale | undefined
  readonly attributes: Readonly<Record<string, unknown>>
  readonly password: LegacyHash | undefined
  /** Base32. */
  readonly totp: string | undefined
  readonly passkeys: readonly ImportedPasskey[]
  /** Parts that are not taken, while the account is. */
  readonly leftOut: readonly Remark[]
}

export interface CheckContext {
  readonly group: Group
  /** The RP ID of this group's passkeys. */
  readonly rpId: string
}

export type Checked = { readonly ok: true; readonly account: CheckedAccount } | { readonly ok: false; readonly remark: Remark }

const MOST_PASSKEYS = 50
const LONGEST_ID = 500
const refused = (field: string, reason: Remark['reason']): Checked => ({ ok: false, remark: { field, reason } })

/**
 * What is created by a form is checked there, and by an import here, by the same rules (SEC-82). A row is refused where its identifiers or its
 * password cannot be taken, since its customer could not sign in; of anything else the part that does not fit is left out, and told.
 */
export async function checkAccount(raw: RawAccount, context: CheckContext): Promise<Checked> {
  const leftOut: Remark[] = [...(raw.leftOut ?? [])]
  const identifiers = identifiersOf(raw, context.group.country)
  if ('field' in identifiers) return refused(identifiers.field, identifiers.reason)
  const key = raw.id ?? identifiers[0]?.value ?? ''
  if (key === '' || key.length > LONGEST_ID) return refused('id', 'malformed')
  if (typeof raw.password === 'string') return refused('password', raw.password)
  const problem = raw.password && legacyHashRefusal(raw.password)
  if (problem) return refused('password', problem)
  return {
    ok: true,
    account: {
      key,
      identifiers,
      status: raw.blocked ? 'locked' : 'active',
      locale: localeOf(raw.locale, leftOut),
      attributes: attributesOf(raw, context.group, leftOut),
      password: raw.password,
      totp: totpOf(raw.totp, leftOut),
      passkeys: await passkeysOf(raw.passkeys ?? [], context.rpId, leftOut),
      leftOut,
    },
  }
}

/** A phone number that nobody has proven is part of the profile and finds nobody: its owner must be able to sign up with it. */
function identifiersOf(raw: RawAccount, country: string): readonly ImportedIdentifier[] | Remark {
  const email = raw.email === undefined ? undefined : normaliseEmail(raw.email)
  if (raw.email !== undefined && email === undefined) return { field: 'email', reason: 'malformed' }
  const isProven = raw.phoneNumber !== undefined && raw.phoneVerified === true
  const phone = isProven ? normalisePhone(raw.phoneNumber, country) : undefined
  if (isProven && phone === undefined) return { field: 'phone_number', reason: 'malformed' }
  const member = raw.memberNumber === undefined ? undefined : normaliseMemberNumber(raw.memberNumber)
  if (raw.memberNumber !== undefined && member === undefined) return { field: 'member_number', reason: 'malformed' }
  const found: ImportedIdentifier[] = [
    ...(email === undefined ? [] : [{ kind: 'email' as const, value: email, proven: raw.emailVerified === true }]),
    ...(phone === undefined ? [] : [{ kind: 'phone' as const, value: phone, proven: true }]),
    // The group gave it to its customer.
    ...(member === undefined ? [] : [{ kind: 'member_number' as const, value: member, proven: true }]),
  ]
  return found.length > 0 ? found : { field: 'email', reason: 'no_identifier' }
}

function localeOf(given: string | undefined, leftOut: Remark[]): Locale | undefined {
  const language = given?.toLowerCase().split(/[-_]/)[0]
  const locale = LOCALES.find((known) => known === language)
  if (given !== undefined && !locale) leftOut.push({ field: 'locale', reason: 'not_kept' })
  return locale
}

/** These follow the identifiers and are set with them (SEC-82). */
const FOLLOW: ReadonlySet<string> = new Set(['email', 'email_verified', 'phone_number_verified'])

function attributesOf(raw: RawAccount, group: Group, leftOut: Remark[]): Readonly<Record<string, unknown>> {
  const given = {
    ...raw.attributes,
    ...(raw.phoneNumber !== undefined && { phone_number: raw.phoneNumber }),
    ...(raw.memberNumber !== undefined && { member_number: raw.memberNumber }),
  }
  const taken = Object.entries(given).flatMap(([name, value]) => {
    if (value === undefined || value === null || FOLLOW.has(name)) return []
    const attribute = group.attributes.get(name as AttributeName) // a look-up with any name is harmless
    const stored = attribute && attributeValue(attribute, value, group.country)
    if (stored !== undefined) return [[name, stored] as const]
    leftOut.push({ field: attribute ? name : 'attributes', reason: attribute ? 'malformed' : 'unknown_attribute' })
    return []
  })
  return Object.fromEntries(taken)
}

const SHORTEST_SECRET = 10
/** Beyond its block HMAC hashes the key, below it fills up with zeros: so that any secret has a length our library takes, and the same codes. */
const [LEAST, MOST] = [16, 64]

function totpOf(given: RawTotp | 'totp_unsupported' | undefined, leftOut: Remark[]): string | undefined {
  if (given === undefined) return undefined
  if (given !== 'totp_unsupported' && given.algorithm === 'sha1' && given.digits === 6 && given.periodS === 30) {
    const { secret } = given
    const key = secret.length > MOST ? createHash('sha1').update(secret).digest() : secret
    if (secret.length >= SHORTEST_SECRET) return toBase32(Buffer.concat([key, Buffer.alloc(Math.max(0, LEAST - key.length))]))
  }
  leftOut.push({ field: 'totp', reason: 'totp_unsupported' })
  return undefined
}

const BASE64 = /^[A-Za-z0-9+/_-]+={0,2}$/
const TRANSPORTS = ['ble', 'cable', 'hybrid', 'internal', 'nfc', 'smart-card', 'usb']
const AAGUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/** A passkey works for the RP ID it was made for and for no other, so those of another host are told and left. */
async function passkeysOf(given: readonly RawPasskey[], rpId: string, leftOut: Remark[]): Promise<readonly ImportedPasskey[]> {
  const taken: ImportedPasskey[] = []
  for (const [at, passkey] of given.slice(0, MOST_PASSKEYS).entries()) {
    const reason =
      passkey.rpId === undefined
        ? 'rp_id_unknown'
        : passkey.rpId !== rpId
          ? 'other_rp_id'
          : (await isUsable(passkey))
            ? undefined
            : 'malformed'
    if (reason) leftOut.push({ field: `passkeys[${at}]`, reason })
    else taken.push(importedPasskey(passkey, rpId))
  }
  if (given.length > MOST_PASSKEYS) leftOut.push({ field: 'passkeys', reason: 'not_kept' })
  return taken
}

/** WebAuthn: a credential id has at most 1,023 bytes, a user handle 1 to 64. */
async function isUsable({ credentialId, publicKey, userHandle, counter }: RawPasskey): Promise<boolean> {
  const isBytes = (encoded: string, most: number): boolean => BASE64.test(encoded) && Buffer.from(encoded, 'base64').length <= most
  if (!isBytes(credentialId, 1023) || !isBytes(publicKey, 4096) || !isBytes(userHandle, 64) || (counter ?? 0) < 0) return false
  return isUsablePublicKey(base64url(publicKey))
}

const base64url = (encoded: string): string => Buffer.from(encoded, 'base64').toString('base64url')

function importedPasskey(passkey: RawPasskey, rpId: string): ImportedPasskey {
  const aaguid = passkey.aaguid?.toLowerCase()
  const name = passkey.name
    ?.trim()
    .replace(/\p{Cc}/gu, '')
    .slice(0, 60)
  return {
    credentialId: base64url(passkey.credentialId),
    rpId,
    publicKey: base64url(passkey.publicKey),
    userHandle: base64url(passkey.userHandle),
    counter: passkey.counter ?? 0,
    aaguid: aaguid && AAGUID.test(aaguid) ? aaguid : undefined,
    transports: TRANSPORTS.filter((transport) => passkey.transports?.includes(transport)),
    backupEligible: passkey.backupEligible,
    name: name || undefined,
  }
}
