/**
 * Owns how a customer proves who they are: enrolling and verifying authenticators (passwords and emailed codes so far), and their table.
 *
 * Does not own who is asked for which proof (risk, journey), nor the sending of a code: it hands the code to the caller.
 */
import { availableParallelism } from 'node:os'
import type { Clock } from '../ports/clock.ts'
import type { Random } from '../ports/random.ts'
import type { Vault } from '../vault/index.ts'
import { loadArgon2 } from './argon2.ts'
import { createEmailCodes, type EmailCodes } from './email-code.ts'
import { createPasswords, type Passwords } from './passwords.ts'
import { WorkQueue } from './work-queue.ts'

export {
  type EmailCode,
  type EmailCodeCheck,
  type EmailCodeIssue,
  type EmailCodeRefusal,
  type EmailCodes,
  emailCodeSchema,
} from './email-code.ts'
export type { PasswordContext, PasswordRefusal } from './password-policy.ts'
export type { Passwords, PasswordVerification } from './passwords.ts'

export interface Authenticators {
  readonly passwords: Passwords
  readonly emailCodes: EmailCodes
}

export interface AuthenticatorDeps {
  readonly vault: Vault
  readonly clock: Clock
  readonly random: Random
}

/** libuv's pool has four threads, and signatures of tokens wait in the same pool: two stay free for them (PERF-13). */
const HASHES_AT_ONCE = 2
const HASHES_WAITING = 64
const HASH_DEADLINE_MS = 5_000

/** Loads the fastest argon2 there is. */
export async function createAuthenticators({ vault, clock, random }: AuthenticatorDeps): Promise<Authenticators> {
  const concurrency = Math.min(availableParallelism(), HASHES_AT_ONCE)
  const queue = new WorkQueue({ concurrency, limit: HASHES_WAITING, deadlineMs: HASH_DEADLINE_MS })
  return {
    passwords: createPasswords({ vault, clock, random, queue, argon2: await loadArgon2() }),
    emailCodes: createEmailCodes({ key: vault.derive('email_code'), random }),
  }
}
