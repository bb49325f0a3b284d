import { createHmac, createSecretKey } from 'node:crypto'
import type {
  PublicKeyCredentialCreationOptionsJSON,
  PublicKeyCredentialRequestOptionsJSON,
  VerifiedAuthenticationResponse,
} from '@simplewebauthn/server'
import type { Clock } from '../ports/clock.ts'
import type { Random } from '../ports/random.ts'
import type { Db } from '../store/db.ts'
import { type AccountId, isUuid } from '../store/ids.ts'
import { sha256, type Vault } from '../vault/index.ts'
import { createPasskeyChallenges } from './passkey-challenges.ts'
import { passkeyName } from './passkey-names.ts'
import { parseAssertion, parseAttestation } from './passkey-responses.ts'
import {
  deletePasskey,
  findPasskey,
  insertPasskey,
  listPasskeys,
  type PasskeyPart,
  recordPasskeyUse,
  relabelPasskey,
  type StoredPasskey,
} from './passkey-store.ts'

/** Where passkeys are made and used (MFA-4): from the group's configuration, never from a request. */
export interface RelyingParty {
  /** The RP ID: a domain that all origins belong to, or that names them as related. */
  readonly id: string
  readonly name: string
  readonly origins: readonly string[]
}

/** One question to the browser. `where` names the place it is asked in, see `passkey-challenges.ts`. */
export interface Ceremony<Options> {
  readonly options: Options
  /** Comes back with the answer. */
  readonly askedAt: string
}

/** The browser's answer, and what it was asked. */
export interface CeremonyAnswer {
  readonly where: string
  readonly askedAt: string
  readonly response: unknown
}

/** A passkey that the browser made and that counts for nothing until it is stored. */
export interface NewPasskey {
  readonly credentialId: string
  readonly part: PasskeyPart
}

/** A passkey that may be added, or why not. What was wrong with it is nothing a browser needs to know. */
export type Registration = { readonly ok: true; readonly passkey: NewPasskey } | { readonly ok: false; readonly reason: 'refused' }

/** What an owner is told of a passkey that was used. */
export type PasskeySignal = 'counter_went_back' | 'backed_up' | 'backup_ended'

/** Whose passkey answered, or why the answer does not count. */
export type Assertion =
  | {
      readonly ok: true
      readonly accountId: AccountId
      readonly id: string
      /** Whether it may leave its device: `swk` in `amr`, else `hwk`. */
      readonly synced: boolean
      /** What is worth telling: the counter of a device went back, or the passkey is backed up now and was not, or the other way round (MFA-2, MFA-3). */
      readonly signals: readonly PasskeySignal[]
      /** Notes the use in the transaction that relies on it. False when the passkey was removed meanwhile. */
      record(tx: Db): Promise<boolean>
    }
  /** `unknown_passkey`: with its credential id, for the browser's password manager to forget it. */
  | { readonly ok: false; readonly reason: 'unknown_passkey'; readonly credentialId: string }
  | { readonly ok: false; readonly reason: 'refused' }

/** One of a customer's passkeys, as they see it. */
export interface ListedPasskey {
  readonly id: string
  readonly credentialId: string
  readonly name: string
  readonly synced: boolean
  readonly createdAt: Date
  readonly lastUsedAt: Date | undefined
}

/** WebAuthn Level 3 with user verification and discoverable credentials always required (MFA-1 … MFA-8). */
export interface Passkeys {
  /** What `navigator.credentials.create()` is asked. Passkeys the account has are excluded. */
  creation(
    db: Db,
    who: { readonly accountId: AccountId; readonly name: string; readonly displayName: string },
    where: string,
  ): Promise<Ceremony<PublicKeyCredentialCreationOptionsJSON>>
  register(answer: CeremonyAnswer): Promise<Registration>
  /** Stores it in the caller's transaction. False when that credential is somebody's already, whoever's. */
  add(tx: Db, accountId: AccountId, passkey: NewPasskey): Promise<boolean>
  /** What `navigator.credentials.get()` is asked: any passkey, or those of one account. */
  request(db: Db, where: string, accountId?: AccountId): Promise<Ceremony<PublicKeyCredentialRequestOptionsJSON>>
  /**
   * Whose passkey answered. Finds the account by the credential; the user handle must then be its own (MFA-7).
   *
   * @param expected the account that was asked for by `request`; a passkey of another is refused
   */
  verify(db: Db, answer: CeremonyAnswer, expected?: AccountId): Promise<Assertion>
  list(db: Db, accountId: AccountId): Promise<readonly ListedPasskey[]>
  rename(tx: Db, accountId: AccountId, id: string, name: string): Promise<boolean>
  remove(tx: Db, accountId: AccountId, id: string): Promise<boolean>
  /** The account's user handle, for the Signal API. Opaque: it says nothing about account or customer. */
  userHandle(accountId: AccountId): string
  relyingPartyId(): string
}

export interface PasskeyDeps {
  readonly vault: Vault
  readonly clock: Clock
  readonly random: Random
  /** Whose passkeys: read for each ceremony. */
  readonly relyingParty: () => RelyingParty
}

/** EdDSA, ES256, RS256 (COSE). */
export const ALGORITHMS = [-8, -7, -257]
const LABEL = 'authenticators.label_sealed'

/** Passkeys by WebAuthn Level 3. Nothing is stored before `add` or `record` is called, in the caller's transaction. */
export function createPasskeys({ vault, clock, random, relyingParty }: PasskeyDeps): Passkeys {
  const handleKey = createSecretKey(vault.derive('passkey_user_handle'))
  const handleOf = (accountId: AccountId): Buffer => createHmac('sha256', handleKey).update(accountId).digest()
  /** The user handle it was made with, which the authenticator goes on to say. */
  const madeFor = ({ account_id, part }: StoredPasskey): string => part.user_handle ?? handleOf(account_id).toString('base64url')
  const challenges = createPasskeyChallenges({ key: vault.derive('passkey_challenge'), clock })
  return {
    async creation(db, { accountId, name, displayName }, where) {
      const { generateRegistrationOptions } = await library()
      const { id, name: rpName } = relyingParty()
      const { askedAt, ...asked } = challenges.ask('create', where)
      const options = await generateRegistrationOptions({
        rpName,
        rpID: id,
        userName: name,
        userDisplayName: displayName,
        userID: new Uint8Array(handleOf(accountId)),
        ...asked,
        attestationType: 'none',
        authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
        supportedAlgorithmIDs: ALGORITHMS,
        excludeCredentials: (await listPasskeys(db, accountId)).map(({ part }) => ({
          id: part.credential_id,
          transports: part.transports,
        })),
      })
      return { options, askedAt }
    },

    async register({ where, askedAt, response: typed }) {
      const response = parseAttestation(typed)
      const expectedChallenge = challenges.expected('create', where, askedAt)
      if (!response || !expectedChallenge) return { ok: false, reason: 'refused' }
      const { id, origins } = relyingParty()
      const { verifyRegistrationResponse } = await library()
      const verified = await verifyRegistrationResponse({
        response,
        expectedChallenge,
        expectedOrigin: [...origins],
        expectedRPID: id,
        requireUserVerification: true,
        supportedAlgorithmIDs: ALGORITHMS,
      }).catch(() => undefined) // the library throws whatever is wrong with what the browser sent
      if (!verified?.verified) return { ok: false, reason: 'refused' }
      const { credential, aaguid, credentialDeviceType, credentialBackedUp } = verified.registrationInfo
      const part: PasskeyPart = {
        credential_id: credential.id,
        public_key: Buffer.from(credential.publicKey).toString('base64url'),
        aaguid,
        transports: [...(credential.transports ?? [])],
        counter: credential.counter,
        backup_eligible: credentialDeviceType === 'multiDevice',
        backed_up: credentialBackedUp,
        rp_id: id,
      }
      return { ok: true, passkey: { credentialId: credential.id, part } }
    },

    async add(tx, accountId, { part }) {
      const label = await vault.seal(tx, accountId, LABEL, passkeyName(part.aaguid))
      return insertPasskey(tx, accountId, { id: random.uuid(), hash: hashOf(part.credential_id), part, label, now: clock() })
    },

    async request(db, where, accountId) {
      const { generateAuthenticationOptions } = await library()
      const { askedAt, ...asked } = challenges.ask('get', where)
      const own = accountId === undefined ? [] : await listPasskeys(db, accountId)
      const options = await generateAuthenticationOptions({
        rpID: relyingParty().id,
        ...asked,
        userVerification: 'required',
        ...(accountId === undefined
          ? {}
          : { allowCredentials: own.map(({ part }) => ({ id: part.credential_id, transports: part.transports })) }),
      })
      return { options, askedAt }
    },

    async verify(db, { where, askedAt, response: typed }, expected) {
      const response = parseAssertion(typed)
      const challenge = challenges.expected('get', where, askedAt)
      if (!response || !challenge) return { ok: false, reason: 'refused' }
      const stored = await findPasskey(db, hashOf(response.id))
      if (!stored) return { ok: false, reason: 'unknown_passkey', credentialId: response.id }
      if (expected !== undefined && expected !== stored.of) return { ok: false, reason: 'refused' }
      // A discoverable credential always says whose it is; only one that was asked for by its id may go without.
      const handle = response.response.userHandle ?? (expected === undefined ? '' : madeFor(stored))
      if (handle !== madeFor(stored)) return { ok: false, reason: 'refused' }
      return assertionOf(stored, await verified(response, challenge, stored, relyingParty()), clock)
    },

    async list(db, accountId) {
      const rows = await listPasskeys(db, accountId)
      return Promise.all(
        rows.map(async ({ account_id, id, part, label_sealed, created_at, last_used_at }) => ({
          id,
          credentialId: part.credential_id,
          name: label_sealed ? await vault.open(db, account_id, LABEL, label_sealed) : passkeyName(part.aaguid),
          synced: part.backup_eligible,
          createdAt: created_at,
          lastUsedAt: last_used_at ?? undefined,
        })),
      )
    },

    async rename(tx, accountId, id, name) {
      const row = (await listPasskeys(tx, accountId)).find((own) => own.id === id)
      return row !== undefined && relabelPasskey(tx, accountId, id, await vault.seal(tx, row.account_id, LABEL, name))
    },
    remove: async (tx, accountId, id) => isUuid(id) && deletePasskey(tx, accountId, id),
    relyingPartyId: () => relyingParty().id,
    userHandle: (accountId) => handleOf(accountId).toString('base64url'),
  }
}

const hashOf = (credentialId: string): Buffer => sha256(credentialId)

/** Loaded when the first passkey is used: it brings its own X.509 and ASN.1. */
const library = () => import('@simplewebauthn/server')

type Verified = VerifiedAuthenticationResponse

/** The library's verdict; undefined for whatever is wrong with the answer. Its own check of the counter is a lock, so the counter is compared afterwards (MFA-2). */
async function verified(
  response: NonNullable<ReturnType<typeof parseAssertion>>,
  challenge: string,
  { part }: StoredPasskey,
  { id, origins }: RelyingParty,
): Promise<Verified['authenticationInfo'] | undefined> {
  const credential = { id: part.credential_id, publicKey: new Uint8Array(Buffer.from(part.public_key, 'base64url')), counter: 0 }
  const { verifyAuthenticationResponse } = await library()
  const verdict = await verifyAuthenticationResponse({
    response,
    expectedChallenge: challenge,
    expectedOrigin: [...origins],
    expectedRPID: id,
    credential,
    requireUserVerification: true,
  }).catch(() => undefined)
  return verdict?.verified ? verdict.authenticationInfo : undefined
}

function assertionOf(stored: StoredPasskey, info: Verified['authenticationInfo'] | undefined, clock: Clock): Assertion {
  const { part, of: accountId, account_id: owner, id } = stored
  const backupEligible = info?.credentialDeviceType === 'multiDevice'
  if (!info || (backupEligible !== part.backup_eligible && !part.backup_unknown)) return { ok: false, reason: 'refused' } // MFA-3
  const wentBack = (info.newCounter > 0 || part.counter > 0) && info.newCounter <= part.counter
  return {
    ok: true,
    accountId,
    id,
    synced: backupEligible,
    signals: [
      ...(wentBack ? (['counter_went_back'] as const) : []),
      ...(part.backup_unknown ? [] : backupSignals(part.backed_up, info.credentialBackedUp)),
    ],
    record: (tx) =>
      recordPasskeyUse(tx, owner, { id, counter: info.newCounter, backupEligible, backedUp: info.credentialBackedUp, now: clock() }),
  }
}

function backupSignals(before: boolean, now: boolean): readonly PasskeySignal[] {
  if (before === now) return []
  return [now ? 'backed_up' : 'backup_ended']
}
