import type { Db } from '../store/db.ts'
import type { AccountId } from '../store/ids.ts'
import type { ClientAddress } from '../web/client-address.ts'
import type { KeyOf } from './keys.ts'
import type { DeviceId, KnownDevices } from './known-devices.ts'
import { GROUP_FAILURES, PASSWORD_FAILURES, PASSWORD_FAILURES_FROM, PASSWORD_FAILURES_UNDER_ATTACK } from './rules.ts'
import { type Counter, giveBack, isExhausted, type Take, takeEach, takeOne } from './store.ts'

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

/** Limits on wrong passwords, taken before the password is looked at. */
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
  const take = await takeOne(db, key, PASSWORD_FAILURES, now)
  if (!take.ok) return take
  return { ok: true, succeeded: () => giveBack(db, { all: [key] }), failed: async () => {}, abandoned: () => giveBack(db, { one: [key] }) }
}

async function beginAsStranger(deps: PasswordLimitDeps, db: Db, tried: PasswordTry, now: Date): Promise<BegunTry> {
  const { keyOf, onAttack } = deps
  const group = keyOf('passwords of group')
  const account = tried.accountId ? keyOf('password of account', tried.accountId) : keyOf('password of identifier', tried.identifier)
  const places = placesOf(keyOf, tried.origin, { underAttack: await isExhausted(db, group, GROUP_FAILURES, now) })
  const refused = await takeAll(db, [{ key: account, rule: PASSWORD_FAILURES }, ...places], now)
  if (refused) return refused
  const keys = places.map(({ key }) => key)
  return {
    ok: true,
    succeeded: () => giveBack(db, { all: [account], one: keys }),
    abandoned: () => giveBack(db, { one: [account, ...keys] }),
    async failed() {
      const take = await takeOne(db, group, GROUP_FAILURES, now)
      if (take.ok && take.taken === GROUP_FAILURES.most) onAttack()
    },
  }
}

function placesOf(keyOf: KeyOf, { address: from }: Origin, { underAttack }: { underAttack: boolean }): readonly Counter[] {
  const rules = underAttack ? PASSWORD_FAILURES_UNDER_ATTACK : PASSWORD_FAILURES_FROM
  const network = { key: keyOf('passwords from network', from.network), rule: rules.network }
  return from.address === undefined ? [network] : [{ key: keyOf('passwords from address', from.address), rule: rules.address }, network]
}

/**
 * All or nothing: a guess that a place may not make counts for nobody. The rows most requests share come last, so that they are locked for the
 * shortest time, and always in this order, so that no two requests wait for each other.
 */
async function takeAll(db: Db, counters: readonly Counter[], now: Date): Promise<RefusedTake | undefined> {
  const transaction = await db.startTransaction().execute()
  try {
    const takes = await takeEach(transaction, counters, now)
    const refused = takes.find((take) => !take.ok)
    await (refused ? transaction.rollback() : transaction.commit()).execute()
    return refused
  } catch (error) {
    if (!transaction.isCommitted && !transaction.isRolledBack) await transaction.rollback().execute()
    throw error
  }
}

type RefusedTake = Extract<Take, { ok: false }>
