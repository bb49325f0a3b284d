import type { Db } from '../store/db.ts'
import type { AccountId } from '../store/ids.ts'
import type { ClientAddress } from '../web/client-address.ts'
import type { KeyOf } from './keys.ts'
import type { DeviceId, KnownDevices } from './known-devices.ts'
import { GROUP_FAILURES, PASSWORD_FAILURES, PASSWORD_FAILURES_FROM, PASSWORD_FAILURES_UNDER_ATTACK, type WindowRule } from './rules.ts'
import { forget, giveBack, isExhausted, type Take, takeFromWindow, takeWithWait } from './store.ts'

/** Where a try comes from. */
export interface Origin {
  readonly address: ClientAddress
  /** The browser's, when it brought one of ours. */
  readonly device: DeviceId | undefined
}

export interface PasswordTry {
  /** Normalised; what is counted by when there is no account, so that nobody can tell. */
  readonly identifier: string
  readonly accountId: AccountId | undefined
  readonly origin: Origin
}

export type BegunTry =
  | {
      readonly ok: true
      /** The password was right: the row of failures ends. */
      succeeded(): Promise<void>
      failed(): Promise<void>
      /** Nobody looked at the password. */
      abandoned(): Promise<void>
    }
  | { readonly ok: false; readonly retryAfterS: number }

export interface PasswordLimits {
  /**
   * Counts a try before the password is looked at, so that many at once are no more than one after the other; or refuses it. A browser the account
   * is known in has a count of its own and meets no other (SEC-37). An account has one count however it is named (SEC-38).
   */
  begin(db: Db, tried: PasswordTry, now: Date): Promise<BegunTry>
}

export interface PasswordLimitDeps {
  readonly keyOf: KeyOf
  readonly devices: KnownDevices
  /** Told once in each window in which the whole group saw as many failures as only an attack makes (SEC-41). */
  readonly onAttack: () => void
}

const NOBODY = '00000000-0000-0000-0000-000000000000' as AccountId // the nil UUID: a look-up by it is the same statement and finds nothing

export function createPasswordLimits(deps: PasswordLimitDeps): PasswordLimits {
  return {
    async begin(db, tried, now) {
      const { accountId, origin } = tried
      const isKnown = origin.device !== undefined && (await deps.devices.isKnown(db, accountId ?? NOBODY, origin.device, now))
      return isKnown && accountId && origin.device
        ? beginOnDevice(db, deps.keyOf('password of device', accountId, origin.device), now)
        : beginAsStranger(deps, db, tried, now)
    },
  }
}

async function beginOnDevice(db: Db, key: Buffer, now: Date): Promise<BegunTry> {
  const take = await takeWithWait(db, key, PASSWORD_FAILURES, now)
  if (!take.ok) return take
  return { ok: true, succeeded: () => forget(db, key), failed: async () => {}, abandoned: () => giveBack(db, key) }
}

async function beginAsStranger(deps: PasswordLimitDeps, db: Db, tried: PasswordTry, now: Date): Promise<BegunTry> {
  const { keyOf, onAttack } = deps
  const group = keyOf('passwords of group')
  const account = tried.accountId ? keyOf('password of account', tried.accountId) : keyOf('password of identifier', tried.identifier)
  const places = placesOf(keyOf, tried.origin, { underAttack: await isExhausted(db, group, GROUP_FAILURES, now) })
  const refused = await takeAll(db, { account, places, now })
  if (refused) return refused
  const inOrder = (end: (tx: Db) => Promise<void>) => async () => {
    await db.transaction().execute(async (tx) => {
      await end(tx)
      for (const { key } of places) await giveBack(tx, key)
    })
  }
  return {
    ok: true,
    succeeded: inOrder((tx) => forget(tx, account)),
    abandoned: inOrder((tx) => giveBack(tx, account)),
    async failed() {
      const take = await takeFromWindow(db, group, GROUP_FAILURES, now)
      if (take.ok && take.taken === GROUP_FAILURES.most) onAttack()
    },
  }
}

interface Place {
  readonly key: Buffer
  readonly rule: WindowRule
}

function placesOf(keyOf: KeyOf, { address: from }: Origin, { underAttack }: { underAttack: boolean }): readonly Place[] {
  const rules = underAttack ? PASSWORD_FAILURES_UNDER_ATTACK : PASSWORD_FAILURES_FROM
  const network = { key: keyOf('passwords from network', from.network), rule: rules.network }
  return from.address === undefined ? [network] : [{ key: keyOf('passwords from address', from.address), rule: rules.address }, network]
}

/**
 * All or nothing: a guess that a place may not make counts for nobody. The rows most requests share come last, so that they are locked for the
 * shortest time, and always in this order, so that no two requests wait for each other.
 */
async function takeAll(db: Db, { account, places, now }: { account: Buffer; places: readonly Place[]; now: Date }) {
  try {
    await db.transaction().execute(async (tx) => {
      refuse(await takeWithWait(tx, account, PASSWORD_FAILURES, now))
      for (const { key, rule } of places) refuse(await takeFromWindow(tx, key, rule, now))
    })
    return undefined
  } catch (error) {
    if (error instanceof Refused) return error.take
    throw error
  }
}

type RefusedTake = Extract<Take, { ok: false }>

function refuse(take: Take): void {
  if (!take.ok) throw new Refused(take)
}

/** Leaves the transaction with nothing written. Never gets past {@link takeAll}. */
class Refused extends Error {
  readonly take: RefusedTake
  constructor(take: RefusedTake) {
    super('refused')
    this.take = take
  }
}
