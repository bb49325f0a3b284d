import { setTimeout as wait } from 'node:timers/promises'
import type { Clock } from '../ports/clock.ts'
import { Overloaded } from '../ports/overloaded.ts'
import type { Random } from '../ports/random.ts'
import type { Db } from '../store/db.ts'
import type { AccountId } from '../store/ids.ts'
import type { Vault } from '../vault/index.ts'
import { type Argon2, type EngineName, isOutdated } from './argon2.ts'
import type { BreachedPasswords } from './breached-passwords.ts'
import { loadLeakedPasswords } from './common-passwords.ts'
import { readLegacyHash } from './legacy-hash.ts'
import { type LegacyHashes, SlowestRefusal } from './legacy-hashes.ts'
import { isTooLong, normalisePassword, type PasswordContext, type PasswordRefusal, passwordRefusal } from './password-policy.ts'
import { deleteAbsorbedPasswords, deletePassword, findPassword, putPassword, recordPasswordUse, type StoredPassword } from './store.ts'
import type { WorkQueue } from './work-queue.ts'

export type PasswordVerification = { readonly ok: true } | { readonly ok: false; readonly reason: 'wrong_password' }

export interface Passwords {
  /** Which implementation of argon2 is in use: told at start. */
  readonly engine: EngineName
  /** Why a new password is refused, or undefined (MFA-28, MFA-29, NIST SP 800-63B-4). Asked of new ones only: nobody is kept from signing in by it. */
  refusal(password: string, context: PasswordContext): Promise<PasswordRefusal | undefined>
  /** PHC string of a password that was not refused. Takes its turn in the queue: throws {@link Overloaded} when that is too long. Call it outside transactions. */
  hash(password: string): Promise<string>
  /**
   * Gives the account this password instead of the one it had, and instead of those of accounts it absorbed. The hash is made before the transaction.
   *
   * @param since from when it counts: what was proven with a password before is void. Now, unless it is said.
   */
  set(db: Db, accountId: AccountId, hash: string, since?: Date): Promise<void>
  /** Takes the password away. False when there was none. */
  remove(tx: Db, accountId: AccountId): Promise<boolean>
  /**
   * One statement and one argon2 whatever happens: an account that is missing, or has no password, costs the same work and time (MFA-30).
   * Accepting notes the use, and re-hashes when the parameters were raised or the hash was imported. Throws {@link Overloaded}.
   * Call it outside transactions: it takes its turn in a queue.
   *
   * @param holder the account that has the identifier that was typed, where that is one which the account absorbed: its own password goes with it
   */
  verify(db: Db, accountId: AccountId | undefined, password: string, holder?: AccountId): Promise<PasswordVerification>
}

export interface PasswordDeps {
  readonly vault: Vault
  readonly clock: Clock
  readonly random: Random
  readonly argon2: Argon2
  readonly legacy: LegacyHashes
  readonly queue: WorkQueue
  readonly breached: Pick<BreachedPasswords, 'has'>
}

const SEALED_FIELD = 'authenticators.secret_sealed'

/** Nobody's id: a look-up by it is the same statement and finds nothing. */
const NOBODY = '00000000-0000-0000-0000-000000000000' as AccountId // the nil UUID is a UUID, and UUIDv7 never makes it

/** The hash of 32 random bytes that nobody kept, with today's parameters. What it says about a password is never believed. */
export const NOBODYS_HASH = '$argon2id$v=19$m=19456,t=2,p=1$I0OSZpBjpEQYxtCCnNQkZw$HkizF7h3oO01yvBwKejbG+uIp0dC50Em+ZHhfgHSFjg'

/** Reading a password takes this long or longer, in milliseconds, so that nobody can tell whether there was one, or an account's key to fetch. */
const READING_MS = 5

/** Passwords hashed with argon2id in a bounded queue. */
export function createPasswords(deps: PasswordDeps): Passwords {
  const { vault, clock, random, argon2, queue } = deps
  const slowest = new SlowestRefusal()
  let leaked: ReadonlySet<string> | undefined
  return {
    engine: argon2.name,
    async refusal(password, context) {
      const refused = passwordRefusal(password, context, () => (leaked ??= loadLeakedPasswords()))
      return refused ?? ((await deps.breached.has(normalisePassword(password))) ? 'breached' : undefined)
    },
    hash: (password) => queue.run(() => argon2.hash(normalisePassword(password))),
    async set(db, accountId, hash, since = clock()) {
      const sealed = await vault.seal(db, accountId, SEALED_FIELD, hash)
      await putPassword(db, accountId, { id: random.uuid(), sealed, now: since })
      // Not written over: should the two part, it opens the account it was chosen for, and no other.
      await deleteAbsorbedPasswords(db, accountId)
    },
    remove: deletePassword,
    verify: (db, accountId, password, holder) =>
      verifyPassword({ ...deps, slowest }, db, { accountId, holder: holder ?? accountId }, password),
  }
}

interface VerifyDeps extends PasswordDeps {
  readonly slowest: SlowestRefusal
}

interface Whose {
  readonly accountId: AccountId | undefined
  readonly holder: AccountId | undefined
}

async function verifyPassword(deps: VerifyDeps, db: Db, whose: Whose, typed: string): Promise<PasswordVerification> {
  const [stored] = await Promise.all([readPassword(deps, db, whose), wait(READING_MS)])
  // Too long to be anyone's, and as much work to refuse as any other.
  const password = isTooLong(typed) ? '' : normalisePassword(typed)
  const { matches, tookMs } = await deps.queue.run(() => compare(deps, stored?.secret, { password, typed }))
  if (!matches || !stored || isTooLong(typed)) {
    await wait(deps.slowest.missingMs(tookMs))
    return { ok: false, reason: 'wrong_password' }
  }
  const rehashed = await rehash(deps, db, stored.owner, stored.secret, password)
  await recordPasswordUse(db, stored.owner, { id: stored.id, sealed: stored.sealed, rehashed, now: deps.clock() })
  return { ok: true }
}

/**
 * The hash that is stored, or nobody's. An imported one was made of the text as it was typed, so that is tried beside ours; when it does not match, the
 * argon2 of everybody else comes on top, so that a fast old hash is not seen in the time.
 */
async function compare(
  { argon2, legacy, slowest }: VerifyDeps,
  secret: string | undefined,
  { password, typed }: { readonly password: string; readonly typed: string },
): Promise<{ readonly matches: boolean; readonly tookMs: number }> {
  const startedMs = performance.now()
  const imported = secret === undefined ? undefined : readLegacyHash(secret)
  const matches = imported
    ? await legacy.verify(imported, new Set(password === '' ? [''] : [typed, password]))
    : await argon2.verify(secret ?? NOBODYS_HASH, password)
  if (imported && !matches) await argon2.verify(NOBODYS_HASH, password)
  const tookMs = performance.now() - startedMs
  if (imported && !matches) slowest.note(tookMs)
  return { matches, tookMs }
}

interface OpenedPassword {
  readonly owner: AccountId
  readonly id: string
  readonly sealed: Buffer
  /** A PHC string, or an imported hash as `legacy-hash.ts` writes it. */
  readonly secret: string
}

async function readPassword({ vault }: PasswordDeps, db: Db, { accountId, holder }: Whose): Promise<OpenedPassword | undefined> {
  const stored: StoredPassword | undefined = await findPassword(db, accountId ?? NOBODY, holder)
  if (!stored?.secret_sealed) return undefined
  const { account_id: owner, id, secret_sealed: sealed } = stored
  return { owner, id, sealed, secret: await vault.open(db, owner, SEALED_FIELD, sealed) }
}

/** A stronger hash of a password that was just accepted, sealed; undefined when the stored one is good, or when there is no time for it now. */
async function rehash(
  { vault, argon2, queue }: PasswordDeps,
  db: Db,
  accountId: AccountId,
  stored: string,
  password: string,
): Promise<Buffer | undefined> {
  if (readLegacyHash(stored) === undefined && !isOutdated(stored)) return undefined
  try {
    const stronger = await queue.run(() => argon2.hash(password))
    return await vault.seal(db, accountId, SEALED_FIELD, stronger)
  } catch (error) {
    if (error instanceof Overloaded) return undefined
    throw error
  }
}
