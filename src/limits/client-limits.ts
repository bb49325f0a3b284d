import type { Db } from '../store/db.ts'
import type { ClientAddress } from '../web/client-address.ts'
import type { KeyOf } from './keys.ts'
import { CLIENT_FAILURES } from './rules.ts'
import { type Counter, takeOne } from './store.ts'

/** A client that says who it is, from one place. */
export interface ClientTry {
  /** Undefined: no client of that name. All of those share their counters, so that made-up names make no rows. */
  readonly clientId: string | undefined
  readonly from: ClientAddress
}

/** Limits on failed client authentications, by the name a client says and the place it is in. */
export interface ClientLimits {
  /** Whether nobody is believed to be this client there now. Asks the memory of this process alone: a right secret costs no statement. */
  isBarred(tried: ClientTry, now: Date): boolean
  /**
   * Counts a failure. Known everywhere after one failure at each process; the same client from another place is not affected (SEC-17).
   *
   * @returns how long nobody is believed there, in seconds; undefined: not yet. `first`: it begins with this one
   */
  failed(db: Db, tried: ClientTry, now: Date): Promise<{ readonly retryAfterS: number; readonly first: boolean } | undefined>
}

const MOST_BARRED = 10_000

/** Limits counted in the database; which counters are used up is also remembered here. */
export function createClientLimits(keyOf: KeyOf): ClientLimits {
  /** Key of a counter that is used up → until when, in milliseconds since 1970. The oldest are forgotten first; the database still counts them. */
  const barred = new Map<string, number>()

  const countersOf = ({ clientId = '', from }: ClientTry): readonly Counter[] => {
    const network = { key: keyOf('client from network', clientId, from.network), rule: CLIENT_FAILURES.network }
    if (from.address === undefined) return [network]
    return [{ key: keyOf('client from address', clientId, from.address), rule: CLIENT_FAILURES.address }, network]
  }
  const remainingS = (tried: ClientTry, now: Date): number => {
    if (barred.size === 0) return 0
    const untilMs = Math.max(...countersOf(tried).map(({ key }) => barred.get(key.toString('base64')) ?? 0))
    return Math.max(0, Math.ceil((untilMs - now.getTime()) / 1000))
  }
  const bar = (key: Buffer, untilMs: number): void => {
    const [oldest] = barred.keys()
    if (barred.size >= MOST_BARRED && oldest !== undefined) barred.delete(oldest)
    barred.set(key.toString('base64'), untilMs)
  }

  return {
    isBarred: (tried, now) => remainingS(tried, now) > 0,
    async failed(db, tried, now) {
      const known = remainingS(tried, now)
      if (known > 0) return { retryAfterS: known, first: false }
      for (const { key, rule } of countersOf(tried)) {
        const take = await takeOne(db, key, rule, now)
        if (take.ok) continue
        bar(key, now.getTime() + take.retryAfterS * 1000)
        return { retryAfterS: take.retryAfterS, first: true }
      }
      return undefined
    },
  }
}
