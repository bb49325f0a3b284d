/**
 * Owns how often something may be tried before it is refused, and which browsers are spared: the counters and their rules, known devices.
 *
 * Does not own what is tried (authenticators, journey), nor where a request comes from (web).
 */
import type { Random } from '../ports/random.ts'
import type { Db } from '../store/db.ts'
import type { Vault } from '../vault/index.ts'
import { type CodeLimits, createCodeLimits } from './code-limits.ts'
import { keysBy } from './keys.ts'
import { createKnownDevices, type KnownDevices } from './known-devices.ts'
import { createPasswordLimits, type PasswordLimits } from './password-limits.ts'
import { deleteExpiredCounters } from './store.ts'

export type { CodeLimits, CodeMail, CodeTry } from './code-limits.ts'
export { limitsTable } from './describe-limits.ts'
export type { DeviceId, KnownDevices } from './known-devices.ts'
export type { BegunTry, Origin, PasswordLimits, PasswordTry } from './password-limits.ts'
export { DEVICE_LIFE_S } from './rules.ts'

export interface Limits {
  readonly passwords: PasswordLimits
  readonly codes: CodeLimits
  readonly devices: KnownDevices
  /** Removes some of what counts for nothing any more. Returns how much. */
  sweep(db: Db, now: Date): Promise<number>
}

const SWEEP_AT_ONCE = 1_000

export function createLimits({ vault, random, onAttack }: { vault: Vault; random: Random; onAttack: () => void }): Limits {
  const keyOf = keysBy(vault.derive('limits'))
  const devices = createKnownDevices({ keyOf, key: vault.derive('device_cookie'), random })
  return {
    passwords: createPasswordLimits({ keyOf, devices, onAttack }),
    codes: createCodeLimits(keyOf),
    devices,
    sweep: async (db, now) => (await deleteExpiredCounters(db, now, SWEEP_AT_ONCE)) + (await devices.sweep(db, now)),
  }
}
