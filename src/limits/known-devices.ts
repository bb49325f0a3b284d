import { createHmac } from 'node:crypto'
import type { Random } from '../ports/random.ts'
import { sameSecret } from '../ports/secret.ts'
import type { Db } from '../store/db.ts'
import type { AccountId } from '../store/ids.ts'
import { deleteDevice, deleteOldDevices, findDevice, putDevice } from './device-store.ts'
import type { KeyOf } from './keys.ts'
import { DEVICE_LIFE_S, MOST_DEVICES } from './rules.ts'

/** A browser's id: chance, and nothing about the browser. */
export type DeviceId = string & { readonly __type: 'DeviceId' }

/** Browsers in which an account was signed in to, so that somebody else's failures do not keep its owner out (SEC-37). */
export interface KnownDevices {
  /** For a browser that has none yet. */
  create(): DeviceId
  /** The text of the browser's cookie. */
  cookieOf(device: DeviceId): string
  /** The id in a cookie's text; undefined when we did not write it. */
  parse(cookie: string | undefined): DeviceId | undefined
  /** What it is kept under for an account. */
  hashOf(accountId: AccountId, device: DeviceId): Buffer
  isKnown(db: Db, accountId: AccountId, device: DeviceId, now: Date): Promise<boolean>
  /** After a sign-in. */
  remember(db: Db, accountId: AccountId, device: DeviceId, now: Date): Promise<void>
  /** Takes away what a browser is spared by having been used. */
  forget(tx: Db, accountId: AccountId, hash: Buffer): Promise<void>
  sweep(db: Db, now: Date): Promise<number>
}

const ID = /^[A-Za-z0-9_-]{43}$/
const SWEEP_AT_ONCE = 1_000

/** Known browsers, by the HMAC of account and device. */
export function createKnownDevices({ keyOf, key, random }: { keyOf: KeyOf; key: Buffer; random: Random }): KnownDevices {
  const hashOf = (accountId: AccountId, device: DeviceId): Buffer => keyOf('known device', accountId, device)
  const macOf = (id: string): Buffer => createHmac('sha256', key).update(id).digest()
  const oldest = (now: Date): Date => new Date(now.getTime() - DEVICE_LIFE_S * 1000)
  return {
    create: () => random.bytes(32).toString('base64url') as DeviceId, // made here
    cookieOf: (device) => `${device}.${macOf(device).toString('base64url')}`,
    parse(cookie) {
      const [id = '', mac = ''] = (cookie ?? '').split('.')
      // the cast: made by create(), as the signature says
      return ID.test(id) && sameSecret(Buffer.from(mac, 'base64url'), macOf(id)) ? (id as DeviceId) : undefined
    },
    hashOf,
    isKnown: (db, accountId, device, now) => findDevice(db, accountId, hashOf(accountId, device), oldest(now)),
    remember: (db, accountId, device, now) => putDevice(db, accountId, { hash: hashOf(accountId, device), now, keep: MOST_DEVICES }),
    forget: deleteDevice,
    sweep: (db, now) => deleteOldDevices(db, oldest(now), SWEEP_AT_ONCE),
  }
}
