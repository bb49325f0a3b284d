import type { AccountId, ClientId } from '../store/ids.ts'

/** One completed sign-in. Partitioned by the day it is forgotten. */
export interface SignInsTable {
  account_id: AccountId
  /** Day of expiry, counted from 1970 in UTC. */
  bucket: number
  id: string
  at: Date
  client_id: ClientId
  acr: string
  amr: string[]
  /** The account had been signed in to in this browser before. */
  device_known: boolean
  /** As in `known_devices`; null for a browser that keeps no cookie. */
  device_hash: Buffer | null
  /** What the browser calls itself. */
  device_sealed: Buffer
  /** Removed after a month. */
  address_sealed: Buffer | null
  /** The session that began with it or was used for it. */
  session_routing: number | null
  session_bucket: number | null
  session_hash: Buffer | null
}
