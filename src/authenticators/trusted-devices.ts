import { createHmac } from 'node:crypto'
import type { Random } from '../ports/random.ts'
import type { Db } from '../store/db.ts'
import { type AccountId, isUuid } from '../store/ids.ts'
import type { Vault } from '../vault/index.ts'
import {
  deleteExpiredTrust,
  deleteTrustedDevices,
  findTrustedDevice,
  insertTrustedDevice,
  listTrustedDevices,
  rotateTrustedDevice,
} from './trusted-device-store.ts'

/** What a browser shows of itself: the id of its device cookie, and the ticket it was given. */
export interface ShownTicket {
  readonly device: string
  readonly ticket: string
  readonly now: Date
}

/** Whether a browser is trusted. */
export type Trust =
  | {
      readonly ok: true
      /** What it shows the next time; absent: it keeps the one it has. */
      readonly ticket?: string
    }
  /** `copied`: a ticket that was spent came again, so two have it. Nobody is trusted with it any more. */
  | { readonly ok: false; readonly reason: 'unknown' | 'copied' }

/** One browser, as its owner sees it. */
export interface ListedTrust {
  readonly id: string
  readonly userAgent: string
  readonly createdAt: Date
  readonly lastUsedAt: Date | undefined
  readonly expiresAt: Date
}

/**
 * Browsers whose owner does not want to be asked for the second factor there, for 30 days (MFA-20). It is no proof and raises no level: what it
 * skips is up to the journey. A ticket is good for one account, in one browser (its device cookie), once: each use gives the next, so that a copy
 * shows itself (SEC-48).
 */
export interface TrustedDevices {
  /** Trusts a browser from now on. Returns its ticket. */
  trust(tx: Db, accountId: AccountId, browser: { readonly device: string; readonly userAgent: string; readonly now: Date }): Promise<string>
  /** Spends a ticket: one conditional write, so that of two copies at once one gets the next. */
  use(tx: Db, accountId: AccountId, shown: ShownTicket): Promise<Trust>
  list(db: Db, accountId: AccountId, now: Date): Promise<readonly ListedTrust[]>
  /** False: the account has no such device. */
  forget(tx: Db, accountId: AccountId, id: string): Promise<boolean>
  /** After anything about how the account is found or proven was changed. */
  forgetAll(tx: Db, accountId: AccountId): Promise<void>
  /** Removes some whose time is over. Returns how many. */
  sweep(db: Db, now: Date): Promise<number>
}

export interface TrustedDeviceDeps {
  readonly vault: Vault
  readonly random: Random
}

/** How long a browser is trusted, in seconds: from the proof, however often it is used. */
export const TRUST_LIFE_S = 30 * 86_400
/** Two tabs sign in at once with the same ticket; later it is a copy. */
const SAME_MOMENT_S = 60
const MOST = 10
const SWEEP_AT_ONCE = 1_000
const LABEL = 'trusted_devices.label_sealed'

/** Trusted devices of which only HMACs are stored. */
export function createTrustedDevices({ vault, random }: TrustedDeviceDeps): TrustedDevices {
  const key = vault.derive('trusted_device')
  const macOf = (...parts: readonly string[]): Buffer => createHmac('sha256', key).update(parts.join('\0')).digest()
  const hashOf = (accountId: AccountId, device: string, ticket: string): Buffer => macOf('ticket', accountId, device, ticket)
  const deviceHashOf = (accountId: AccountId, device: string): Buffer => macOf('device', accountId, device)
  const ticketOf = (id: string): string => `${id}.${random.bytes(32).toString('base64url')}`
  return {
    async trust(tx, accountId, { device, userAgent, now }) {
      const id = random.uuid()
      const ticket = ticketOf(id)
      const hash = hashOf(accountId, device, ticket)
      const times = { created_at: now, rotated_at: now, expires_at: new Date(now.getTime() + TRUST_LIFE_S * 1000) }
      const label_sealed = await vault.seal(tx, accountId, LABEL, userAgent)
      await insertTrustedDevice(
        tx,
        { account_id: accountId, id, secret_hash: hash, device_hash: deviceHashOf(accountId, device), label_sealed, ...times },
        MOST,
      )
      return ticket
    },

    async use(tx, accountId, { device, ticket, now }) {
      const [id = ''] = ticket.split('.')
      if (!isUuid(id)) return { ok: false, reason: 'unknown' }
      const hash = hashOf(accountId, device, ticket)
      const next = ticketOf(id)
      if (await rotateTrustedDevice(tx, accountId, { id, hash, next: hashOf(accountId, device, next), now }))
        return { ok: true, ticket: next }
      const found = await findTrustedDevice(tx, accountId, { id, deviceHash: deviceHashOf(accountId, device), now })
      if (!found) return { ok: false, reason: 'unknown' }
      // This browser's, and not the ticket that counts now: the one before in the same moment, else one that somebody has used.
      const isTwin = found.previous_hash?.equals(hash) && now.getTime() - found.rotated_at.getTime() <= SAME_MOMENT_S * 1000
      if (isTwin) return { ok: true }
      await deleteTrustedDevices(tx, accountId, id)
      return { ok: false, reason: 'copied' }
    },

    async list(db, accountId, now) {
      const rows = await listTrustedDevices(db, accountId, { now, limit: MOST })
      return Promise.all(
        rows.map(async ({ id, label_sealed, created_at, last_used_at, expires_at }) => ({
          id,
          userAgent: await vault.open(db, accountId, LABEL, label_sealed),
          createdAt: created_at,
          lastUsedAt: last_used_at ?? undefined,
          expiresAt: expires_at,
        })),
      )
    },

    forget: async (tx, accountId, id) => isUuid(id) && (await deleteTrustedDevices(tx, accountId, id)) === 1,
    forgetAll: async (tx, accountId) => void (await deleteTrustedDevices(tx, accountId)),
    sweep: (db, now) => deleteExpiredTrust(db, now, SWEEP_AT_ONCE),
  }
}
