import type { Db } from '../store/db.ts'
import type { ClientId } from '../store/ids.ts'
import type { KeyOf } from './keys.ts'
import { API_CALLS } from './rules.ts'
import { type Take, takeOne } from './store.ts'

export interface ApiLimits {
  /** Counts one request of a client at our own APIs. */
  take(db: Db, clientId: ClientId, now: Date): Promise<Take>
}

/** Counts what clients ask of our own APIs, by client: one that runs wild does not slow down its neighbours. */
export const createApiLimits = (keyOf: KeyOf): ApiLimits => ({
  take: (db, clientId, now) => takeOne(db, keyOf('api calls', clientId), API_CALLS, now),
})
