import { z } from 'zod'
import type { Clock } from '../ports/clock.ts'
import type { Random } from '../ports/random.ts'
import type { Db } from '../store/db.ts'
import { type NewAccountKey, sha256 } from '../vault/index.ts'
import { type LegacyHash, writeLegacyHash } from './legacy-hash.ts'
import { passkeyName } from './passkey-names.ts'
import { insertPasskeyIndex, type PasskeyPart } from './passkey-store.ts'
import { ALGORITHMS } from './passkeys.ts'
import { insertAuthenticators, type NewAuthenticator } from './store.ts'

/** What an account proved itself with in another system. */
export interface ImportedAuthenticators {
  readonly password: LegacyHash | undefined
  /** Base32, SHA-1, six digits, 30 seconds. */
  readonly totp: string | undefined
  readonly passkeys: readonly ImportedPasskey[]
}

/** A passkey of the group's own RP ID. Bytes are base64url. */
export interface ImportedPasskey {
  readonly credentialId: string
  readonly rpId: string
  /** COSE. */
  readonly publicKey: string
  /** What the other system called the account: the authenticator goes on to say it. */
  readonly userHandle: string
  readonly counter: number
  readonly aaguid: string | undefined
  readonly transports: readonly string[]
  /** Undefined: the other system did not keep it. */
  readonly backupEligible: boolean | undefined
  readonly name: string | undefined
}

/** Rows that are ready to be written, the passkeys apart, because each may turn out to be somebody's already. */
export interface SealedAuthenticators {
  readonly rows: readonly NewAuthenticator[]
  readonly passkeys: readonly { readonly hash: Buffer; readonly row: NewAuthenticator }[]
}

interface Deps {
  readonly clock: Clock
  readonly random: Random
}

const SECRET = 'authenticators.secret_sealed'
const LABEL = 'authenticators.label_sealed'
const NO_AAGUID = '00000000-0000-0000-0000-000000000000'

/** Seals what was imported with the key of an account that is not there yet. */
export function sealImported({ clock, random }: Deps, key: NewAccountKey, imported: ImportedAuthenticators): SealedAuthenticators {
  const base = {
    account_id: key.accountId,
    secret_sealed: null,
    public_part: null,
    label_sealed: null,
    created_at: clock(),
    last_used_at: null,
  }
  const { password, totp } = imported
  return {
    rows: [
      ...(password
        ? [{ ...base, id: random.uuid(), kind: 'password' as const, secret_sealed: key.seal(SECRET, writeLegacyHash(password)) }]
        : []),
      ...(totp
        ? [
            {
              ...base,
              id: random.uuid(),
              kind: 'totp' as const,
              secret_sealed: key.seal(SECRET, totp),
              public_part: JSON.stringify({ last_step: 0 }),
            },
          ]
        : []),
    ],
    passkeys: imported.passkeys.map((passkey) => ({
      hash: sha256(passkey.credentialId),
      row: {
        ...base,
        id: random.uuid(),
        kind: 'passkey' as const,
        public_part: JSON.stringify(partOf(passkey)),
        label_sealed: key.seal(LABEL, passkey.name ?? passkeyName(passkey.aaguid ?? NO_AAGUID)),
      },
    })),
  }
}

function partOf(passkey: ImportedPasskey): PasskeyPart {
  return {
    credential_id: passkey.credentialId,
    public_key: passkey.publicKey,
    aaguid: passkey.aaguid ?? NO_AAGUID,
    transports: [...passkey.transports],
    counter: passkey.counter,
    backup_eligible: passkey.backupEligible ?? false,
    ...(passkey.backupEligible === undefined && { backup_unknown: true as const }),
    backed_up: false,
    rp_id: passkey.rpId,
    user_handle: passkey.userHandle,
  }
}

/** Writes many at once, in the caller's transaction. Returns the ids of passkeys whose credential was somebody's already, and that were left. */
export async function keepImported(tx: Db, sealed: readonly SealedAuthenticators[]): Promise<ReadonlySet<string>> {
  const passkeys = sealed.flatMap((each) => each.passkeys)
  const index = passkeys.map(({ hash, row }) => ({ credential_hash: hash, account_id: row.account_id, authenticator_id: row.id }))
  const kept = index.length === 0 ? new Set<string>() : await insertPasskeyIndex(tx, index)
  const rows = [...sealed.flatMap((each) => each.rows), ...passkeys.flatMap(({ row }) => (kept.has(row.id) ? [row] : []))]
  if (rows.length > 0) await insertAuthenticators(tx, rows)
  return new Set(passkeys.flatMap(({ row }) => (kept.has(row.id) ? [] : [row.id])))
}

const coseKey = z.map(z.union([z.number(), z.string()]), z.unknown())

/** Whether a public key can be one of a passkey here: COSE, of an algorithm that is accepted. */
export async function isUsablePublicKey(base64url: string): Promise<boolean> {
  try {
    const { decodeCredentialPublicKey } = await import('@simplewebauthn/server/helpers')
    const key = coseKey.safeParse(decodeCredentialPublicKey(new Uint8Array(Buffer.from(base64url, 'base64url'))))
    return key.success && ALGORITHMS.includes(Number(key.data.get(3)))
  } catch {
    return false // what is no CBOR throws
  }
}
