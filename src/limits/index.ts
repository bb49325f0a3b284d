/**
 * Owns how often something may be tried before it is refused, and which browsers are spared: the counters and their rules, known devices.
 *
 * Does not own what is tried (authenticators, journey), nor where a request comes from (web).
 */
import type { Random } from '../ports/random.ts'
import type { Db } from '../store/db.ts'
import type { Vault } from '../vault/index.ts'
import { type ApiLimits, createApiLimits } from './api-limits.ts'
import { type ClientLimits, createClientLimits } from './client-limits.ts'
import { type CodeLimits, createCodeLimits } from './code-limits.ts'
import { keysBy } from './keys.ts'
import { createKnownDevices, type KnownDevices } from './known-devices.ts'
import { createPasswordLimits, type PasswordLimits } from './password-limits.ts'
import { createProofLimits, type ProofLimits } from './proof-limits.ts'
import { deleteExpiredCounters } from './store.ts'

export type { ApiLimits } from './api-limits.ts'
export type { ClientLimits, ClientTry } from './client-limits.ts'
export type { CodeLimits, CodeMail, CodeTextAsked, CodeTry } from './code-limits.ts'
export { limitsTable } from './describe-limits.ts'
export type { DeviceId, KnownDevices } from './known-devices.ts'
export type { BegunTry, Origin, PasswordLimits, PasswordTry } from './password-limits.ts'
export type { ProofKind, ProofLimits } from './proof-limits.ts'
export { DEVICE_LIFE_S } from './rules.ts'

/** Every limit on who may try what how often. */
export interface Limits {
  readonly passwords: PasswordLimits
  readonly codes: CodeLimits
  readonly proofs: ProofLimits
  readonly clients: ClientLimits
  readonly apis: ApiLimits
  readonly devices: KnownDevices
  /** Removes some of what counts for nothing any more. Returns how much. */
  sweep(db: Db, now: Date): Promise<number>
}

const SWEEP_AT_ONCE = 1_000

export interface LimitsDeps {
  readonly vault: Vault
  readonly random: Random
  readonly onAttack: () => void
  /** Told of each try that was refused, with the name of the limit. */
  readonly onRefused?: (rule: 'passwords' | 'code_mails' | 'code_texts' | 'codes' | 'proofs' | 'clients' | 'apis') => void
}

/** Limits whose counters are rows under HMACs, shared by all processes. */
export function createLimits({ vault, random, onAttack, onRefused }: LimitsDeps): Limits {
  const keyOf = keysBy(vault.derive('limits'))
  const devices = createKnownDevices({ keyOf, key: vault.derive('device_cookie'), random })
  const passwords = createPasswordLimits({ keyOf, devices, onAttack })
  const codes = createCodeLimits(keyOf)
  const clients = createClientLimits(keyOf)
  const proofs = createProofLimits(keyOf)
  const apis = createApiLimits(keyOf)
  return {
    passwords: {
      async begin(db, tried, now) {
        const begun = await passwords.begin(db, tried, now)
        if (!begun.ok) onRefused?.('passwords')
        return begun
      },
    },
    codes: {
      async mail(db, mail, now) {
        const decided = await codes.mail(db, mail, now)
        if (decided.kind !== 'send') onRefused?.('code_mails')
        return decided
      },
      async text(db, text, now) {
        const decided = await codes.text(db, text, now)
        if (decided.kind !== 'send') onRefused?.('code_texts')
        return decided
      },
      async begin(db, mailbox, now) {
        const begun = await codes.begin(db, mailbox, now)
        if (!begun.ok) onRefused?.('codes')
        return begun
      },
    },
    proofs: {
      async begin(db, accountId, kind, now) {
        const begun = await proofs.begin(db, accountId, kind, now)
        if (!begun.ok) onRefused?.('proofs')
        return begun
      },
    },
    clients: {
      isBarred: clients.isBarred,
      async failed(db, tried, now) {
        const barred = await clients.failed(db, tried, now)
        if (barred) onRefused?.('clients')
        return barred
      },
    },
    apis: {
      async take(db, clientId, now) {
        const take = await apis.take(db, clientId, now)
        if (!take.ok) onRefused?.('apis')
        return take
      },
    },
    devices,
    sweep: async (db, now) => (await deleteExpiredCounters(db, now, SWEEP_AT_ONCE)) + (await devices.sweep(db, now)),
  }
}
