/**
 * Owns the trail of an account: each completed sign-in, kept for {@link KEPT_DAYS} days, its address for {@link ADDRESS_DAYS}.
 *
 * Does not own sessions (oidc), nor what a sign-in is worth (journey) or what it is suspected of (risk, which is to fill in place and reasons).
 */
import type { Random } from '../ports/random.ts'
import type { Db } from '../store/db.ts'
import { type AccountId, type ClientId, isUuid } from '../store/ids.ts'
import { dayOf } from '../store/partitions.ts'
import type { Vault } from '../vault/index.ts'
import { moveTrail } from './move-trail.ts'
import { forgetAddresses, insertion, listSignIns, type SignInFragment, type StoredSignIn } from './store.ts'

export type { SignInFragment } from './store.ts'

/** How long a sign-in is remembered, and how long the address it came from. */
export const KEPT_DAYS = 180
export const ADDRESS_DAYS = 30

/** A sign-in that has just been completed. */
export interface NewSignIn {
  readonly accountId: AccountId
  readonly client_id: ClientId
  readonly acr: string
  readonly amr: readonly string[]
  readonly at: Date
  /** When its first proof was given: a browser that was remembered earlier is a known one. */
  readonly begun: Date
  readonly deviceHash: Buffer | undefined
  readonly userAgent: string
  readonly address: string
  readonly session: SessionKey | undefined
}

/** The key of a session's row. */
export interface SessionKey {
  readonly routing: number
  readonly bucket: number
  readonly hash: Buffer
}

/** A sign-in as its owner may see it. */
export interface SignIn {
  readonly id: string
  readonly at: Date
  readonly client_id: ClientId
  readonly acr: string
  readonly amr: readonly string[]
  readonly deviceKnown: boolean
  readonly deviceHash: Buffer | undefined
  readonly userAgent: string
  /** Until it is forgotten. */
  readonly address: string | undefined
  readonly session: SessionKey | undefined
  /** Where it came from, once there is geo data to tell: the risk engine fills it in. */
  readonly place?: Place
}

/** Country and town, as geo data names them. */
export interface Place {
  readonly country: string
  readonly town?: string
}

export interface Activity {
  /** A part of the statement that writes the sign-in's session: the two stand or fall together, and it costs no statement of its own. */
  recording(db: Db, signIn: NewSignIn): Promise<SignInFragment>
  /** The latest first, at most `limit`, older than the one named. */
  list(db: Db, accountId: AccountId, page: { readonly before?: string | undefined; readonly limit: number }): Promise<readonly SignIn[]>
  /** One of the account's own; undefined when it has no such sign-in. */
  find(db: Db, accountId: AccountId, id: string): Promise<SignIn | undefined>
  /** Makes the trail of an account another's, sealed with that one's key: the two became one. */
  move(tx: Db, move: { readonly from: AccountId; readonly to: AccountId }): Promise<void>
  /** Removes some addresses whose time is over. Returns how many. */
  sweep(db: Db, now: Date): Promise<number>
}

const SWEEP_AT_ONCE = 1_000

/** The trail of sign-ins in the table `sign_ins`: device and address are sealed with the account's key. */
export function createActivity({ vault, random }: { readonly vault: Vault; readonly random: Random }): Activity {
  const opened = async (db: Db, accountId: AccountId, row: StoredSignIn): Promise<SignIn> => ({
    ...{ id: row.id, at: row.at, client_id: row.client_id, acr: row.acr, amr: row.amr, deviceKnown: row.device_known },
    deviceHash: row.device_hash ?? undefined,
    userAgent: await vault.open(db, accountId, 'sign_ins.device_sealed', row.device_sealed),
    address: row.address_sealed ? await vault.open(db, accountId, 'sign_ins.address_sealed', row.address_sealed) : undefined,
    session: sessionOf(row),
  })
  return {
    async recording(db, signIn) {
      const { accountId, at } = signIn
      const sealed = {
        device: await vault.seal(db, accountId, 'sign_ins.device_sealed', signIn.userAgent),
        address: await vault.seal(db, accountId, 'sign_ins.address_sealed', signIn.address),
      }
      return insertion({ ...signIn, id: random.uuid(), bucket: dayOf(at) + KEPT_DAYS, sealed })
    },
    async list(db, accountId, { before, limit }) {
      const rows = await listSignIns(db, accountId, { before: before !== undefined && isUuid(before) ? before : undefined, limit })
      return Promise.all(rows.map((row) => opened(db, accountId, row)))
    },
    async find(db, accountId, id) {
      if (!isUuid(id)) return undefined
      const [row] = await listSignIns(db, accountId, { id, limit: 1 })
      return row && opened(db, accountId, row)
    },
    move: (tx, move) => moveTrail(vault, tx, move),
    sweep: (db, now) => forgetAddresses(db, dayOf(now) + KEPT_DAYS - ADDRESS_DAYS, SWEEP_AT_ONCE),
  }
}

const sessionOf = ({ session_routing: routing, session_bucket: bucket, session_hash: hash }: StoredSignIn): SessionKey | undefined =>
  routing === null || bucket === null || hash === null ? undefined : { routing, bucket, hash }
