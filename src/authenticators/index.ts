/**
 * Owns how a customer proves who they are: enrolling and verifying authenticators (passwords, passkeys,
 * authenticator apps, recovery codes, emailed codes), and their tables.
 *
 * Does not own who is asked for which proof (risk, journey), nor the sending of a code: it hands the code to the caller.
 */
import { availableParallelism } from 'node:os'
import type { Clock } from '../ports/clock.ts'
import type { GuardedFetch } from '../ports/guarded-fetch.ts'
import type { Random } from '../ports/random.ts'
import type { Db } from '../store/db.ts'
import type { AccountId } from '../store/ids.ts'
import type { Vault } from '../vault/index.ts'
import { loadArgon2 } from './argon2.ts'
import type { BreachedPasswords } from './breached-passwords.ts'
import { createEmailCodes, type EmailCodes } from './email-code.ts'
import { createFederated, type Federated } from './federated/index.ts'
import { type KeptAuthenticator, keepAuthenticators, restoreAuthenticators } from './kept-authenticators.ts'
import { createLegacyHashes } from './legacy-hashes.ts'
import { type Move, moveAuthenticators } from './move-authenticators.ts'
import { type PasskeyOffers, passkeyOffers } from './passkey-offers.ts'
import { createPasskeys, type Passkeys, type RelyingParty } from './passkeys.ts'
import { createPasswords, type Passwords } from './passwords.ts'
import { createPendingPhones, type PendingPhones } from './pending-phones.ts'
import { createRecoveryCodes, type RecoveryCodes } from './recovery-codes.ts'
import { createSmsFactor, type SmsFactor } from './sms-factor.ts'
import { enrolledKinds, lockAuthenticators, ownKinds } from './store.ts'
import { createTotp, type Totp } from './totp.ts'
import { createTrustedDevices, type TrustedDevices } from './trusted-devices.ts'
import { WorkQueue } from './work-queue.ts'

export { BreachedFileError, openBreachedFile } from './breached-file.ts'
export { type BreachedPasswords, type BreachedSources, createBreachedPasswords } from './breached-passwords.ts'
export {
  type EmailCode,
  type EmailCodeCheck,
  type EmailCodeIssue,
  type EmailCodeRefusal,
  type EmailCodes,
  emailCodeSchema,
} from './email-code.ts'
export {
  callbackPath,
  type Federated,
  type FederatedAnswer,
  type FederatedIdentity,
  type FederatedRefusal,
  federatedIdentitySchema,
  type ListedLink,
} from './federated/index.ts'
export {
  type ImportedAuthenticators,
  type ImportedPasskey,
  isUsablePublicKey,
  keepImported,
  type SealedAuthenticators,
  sealImported,
} from './imported.ts'
export { authenticatorKeySchema, type KeptAuthenticator, keptAuthenticatorSchema } from './kept-authenticators.ts'
export { DIGESTS, type LegacyHash, type LegacyHashRefusal, legacyHashRefusal } from './legacy-hash.ts'
export { hasPasskeyAnswer, readPasskeyAnswer } from './passkey-responses.ts'
export { takenPasskeys } from './passkey-store.ts'
export type { Assertion, Ceremony, CeremonyAnswer, ListedPasskey, PasskeySignal, Passkeys, RelyingParty } from './passkeys.ts'
export { MAX_PASSWORD, type PasswordContext, type PasswordRefusal } from './password-policy.ts'
export type { Passwords, PasswordVerification } from './passwords.ts'
export type { PendingPhone, PendingPhones } from './pending-phones.ts'
export type { RecoveryCodes } from './recovery-codes.ts'
export { MOST_LABELS, registrableLabels, relatedOrigins } from './related-origins.ts'
export type { SmsFactor } from './sms-factor.ts'
export type { Totp, TotpCheck, TotpOffer } from './totp.ts'
export { type ListedTrust, TRUST_LIFE_S, type TrustedDevices } from './trusted-devices.ts'

/** What a customer can prove to be one with. */
export interface Authenticators {
  readonly passwords: Passwords
  readonly emailCodes: EmailCodes
  readonly passkeys: Passkeys
  readonly totp: Totp
  readonly recoveryCodes: RecoveryCodes
  readonly passkeyOffers: PasskeyOffers
  readonly trustedDevices: TrustedDevices
  readonly federated: Federated
  readonly smsFactor: SmsFactor
  readonly pendingPhones: PendingPhones
  /** What an account has enrolled, in one statement. */
  enrolled(db: Db, accountId: AccountId): Promise<Enrolled>
  /** The same without what belongs to accounts it absorbed. */
  enrolledAlone(db: Db, accountId: AccountId): Promise<Enrolled>
  /** Everything enrolled as it is stored: to be compared with what there is after a change. */
  keep(tx: Db, accountId: AccountId): Promise<readonly KeptAuthenticator[]>
  /** Takes away what a change added, puts back what it took. */
  restore: typeof restoreAuthenticators
  /** The same, and nobody takes any of it away before the transaction ends: what decides whether something may be removed reads this (SEC-57). */
  enrolledForRemoval(tx: Db, accountId: AccountId): Promise<Enrolled>
  /** Makes those of an account that another has absorbed that one's own for good, in the caller's transaction. */
  move(tx: Db, move: Move): Promise<void>
  /** How many passwords wait to be hashed. */
  waiting(): number
  /** How much of the longest wait there may be for a hash is there now: 0 is none, at 1 who comes is turned away. */
  fullness(): number
  close(): Promise<void>
}

/** The authenticators of an account, as far as it matters for what can be asked of it. */
export interface Enrolled {
  readonly password: boolean
  /** When the password was chosen. */
  readonly passwordSince: Date | undefined
  readonly passkeys: number
  readonly totpSince: Date | undefined
  /** Since when codes to the customer's phone are a second factor. */
  readonly smsSince: Date | undefined
  /** Whether they raise the level of a sign-in: not while a number that took another's place is young. */
  readonly smsSettled: boolean
  readonly recoveryCodes: number
  /** Accounts elsewhere that sign in to this one. */
  readonly federated: number
}

export interface AuthenticatorDeps {
  readonly vault: Vault
  readonly clock: Clock
  readonly random: Random
  readonly breached: Pick<BreachedPasswords, 'has'>
  readonly relyingParty: () => RelyingParty
  readonly fetch: GuardedFetch
  readonly issuer: string
}

/** Where hashes have no threads of their own they share libuv's pool of four with the signatures of tokens: two stay free for those (PERF-13). */
const HASHES_AT_ONCE = 2
const HASHES_WAITING = 64
/** Somebody who would wait longer is better told at once to come back. */
const LONGEST_WAIT_MS = 2_000
const HASH_DEADLINE_MS = 5_000

/** Loads the fastest argon2 there is. */
export async function createAuthenticators(deps: AuthenticatorDeps): Promise<Authenticators> {
  const { vault, clock, random, breached, relyingParty } = deps
  const concurrency = Math.min(availableParallelism(), HASHES_AT_ONCE)
  const queue = new WorkQueue({ concurrency, limit: HASHES_WAITING, longestWaitMs: LONGEST_WAIT_MS, deadlineMs: HASH_DEADLINE_MS })
  const argon2 = await loadArgon2()
  const legacy = createLegacyHashes(argon2)
  const trustedDevices = createTrustedDevices({ vault, random })
  const forgetting = forgettingBy(trustedDevices)
  const passkeys = forgetting(createPasskeys({ vault, clock, random, relyingParty }), ['add', 'remove'])
  return {
    trustedDevices,
    passkeyOffers,
    passwords: forgetting(createPasswords({ vault, clock, random, queue, breached, argon2, legacy }), ['set', 'remove']),
    waiting: () => queue.waiting,
    fullness: () => queue.fullness,
    close: async () => void (await Promise.all([argon2.close(), legacy.close()])),
    passkeys,
    federated: forgetting(createFederated(deps), ['link', 'unlink']),
    totp: forgetting(createTotp({ vault, clock, random }), ['enrol', 'remove']),
    recoveryCodes: forgetting(createRecoveryCodes({ key: vault.derive('recovery_code'), clock, random }), ['replace']),
    smsFactor: forgetting(createSmsFactor({ clock, random }), ['turnOn', 'unsettle', 'turnOff']),
    pendingPhones: createPendingPhones({ vault }),
    enrolled: (db, accountId) => enrolledAt(db, accountId, clock()),
    enrolledAlone: async (db, accountId) => enrolledOf(await ownKinds(db, accountId), clock()),
    async enrolledForRemoval(tx, accountId) {
      if (!tx.isTransaction) throw new Error('nothing outside a transaction keeps the last way in')
      await lockAuthenticators(tx, accountId)
      return enrolledAt(tx, accountId, clock())
    },
    keep: keepAuthenticators,
    restore: restoreAuthenticators,
    async move(tx, move) {
      await moveAuthenticators({ vault, random, userHandle: passkeys.userHandle }, tx, move)
      await trustedDevices.forgetAll(tx, move.from)
      await passkeyOffers.forget(tx, move.from)
    },
    emailCodes: createEmailCodes({ key: vault.derive('email_code'), random }),
  }
}

/**
 * Whoever changes what an account is proven with forgets the browsers that were trusted under what was there before, in the same transaction
 * (MFA-20): whatever page, journey or job it is.
 */
const forgettingBy =
  ({ forgetAll }: TrustedDevices) =>
  <T extends object>(authenticator: T, changes: readonly (keyof T)[]): T => {
    const changing = changes.map((name) => {
      const change = authenticator[name] as (tx: Db, accountId: AccountId, ...rest: unknown[]) => Promise<unknown> // those named below all are
      return [
        name,
        async (tx: Db, accountId: AccountId, ...rest: unknown[]) => {
          await forgetAll(tx, accountId)
          return change(tx, accountId, ...rest)
        },
      ]
    })
    return { ...authenticator, ...Object.fromEntries(changing) }
  }

/** Later than any clock. */
const NEVER = new Date(8.64e15)

const enrolledAt = async (db: Db, accountId: AccountId, now: Date): Promise<Enrolled> => enrolledOf(await enrolledKinds(db, accountId), now)

function enrolledOf(kinds: Awaited<ReturnType<typeof enrolledKinds>>, now: Date): Enrolled {
  return {
    password: kinds.has('password'),
    passwordSince: kinds.get('password')?.since,
    passkeys: kinds.get('passkey')?.count ?? 0,
    totpSince: kinds.get('totp')?.since,
    smsSince: kinds.get('sms_otp')?.since,
    smsSettled: (kinds.get('sms_otp')?.settlesAt ?? NEVER) <= now,
    recoveryCodes: kinds.get('recovery_code')?.count ?? 0,
    federated: kinds.get('federated')?.count ?? 0,
  }
}
