/**
 * Owns what leaves: the one gate that releases attributes, and what the customer confirmed for whom.
 *
 * Does not own the profile (accounts) nor who may ask for what (group). It alone reads a profile for a recipient.
 */
import type { Clock } from '../ports/clock.ts'
import type { Db } from '../store/db.ts'
import type { AccountId, AttributeName, PurposeName, RecipientKey } from '../store/ids.ts'
import type { Vault } from '../vault/index.ts'
import { type JoinSide, joinSharing, partSharing, sharedTogether } from './join-sharing.ts'
import { type Consent, listConsents } from './list-consents.ts'
import { type Released, type ReleaseRequest, release } from './release.ts'
import { deleteGrants, listLiveGrants, listLiveGrantsFor, upsertGrants } from './store.ts'
import type { Grant } from './stricter-consent.ts'

export type { JoinSide } from './join-sharing.ts'
export { KNOWN } from './known.ts'
export type { Consent } from './list-consents.ts'
export type { Outlet, Released, ReleaseRequest } from './release.ts'
export type { Grant } from './stricter-consent.ts'

/** What a recipient may know of a customer, and what was agreed to. */
export interface Sharing {
  /** The one gate: attribute → value of what is requested, registered for the client and present. */
  release(db: Db, request: ReleaseRequest): Promise<Released>
  /** What the customer has confirmed that this recipient reads, under whatever purpose, as of now. */
  confirmedAttributes(db: Db, accountId: AccountId, recipient: RecipientKey): Promise<readonly AttributeName[]>
  /** What the customer shares with a recipient for one purpose as of now → until when; null: until the customer stops it. */
  sharedFor(
    db: Db,
    accountId: AccountId,
    at: { readonly recipient: RecipientKey; readonly purpose: PurposeName },
  ): Promise<ReadonlyMap<AttributeName, Date | null>>
  /** What a customer shares with a recipient as of now, as the recipient may list it. */
  consents(db: Db, accountId: AccountId, recipient: RecipientKey): Promise<readonly Consent[]>
  /** The customer confirms attributes for one recipient and purpose, until further notice. Confirming twice changes nothing. */
  confirm(db: Db, input: Confirmation): Promise<void>
  /** What two accounts would share if they were one: the stricter consent wins. */
  sharedTogether(db: Db, survivor: JoinSide, absorbed: JoinSide): Promise<readonly Grant[]>
  /** Has the survivor share that from now on. Gives what {@link Sharing.part} needs, as JSON. */
  join(tx: Db, survivor: JoinSide, absorbed: JoinSide): Promise<unknown>
  /** Forgets the grants of an account that another has absorbed for good. */
  forget(tx: Db, absorbed: AccountId): Promise<void>
  /** Takes back what a join did, but for what was changed since. */
  part(tx: Db, survivor: AccountId, joined: unknown): Promise<void>
}

export interface Confirmation {
  readonly accountId: AccountId
  readonly recipient: RecipientKey
  readonly purpose: PurposeName
  readonly attributes: readonly AttributeName[]
  readonly now: Date
}

/** The one release gate and the agreements it stands on. */
export function createSharing(deps: { readonly vault: Vault; readonly clock: Clock }): Sharing {
  return {
    release: (db, request) => release(deps, db, request),
    sharedTogether: (db, survivor, absorbed) => sharedTogether(db, survivor, absorbed, deps.clock()),
    join: (tx, survivor, absorbed) => joinSharing(tx, survivor, absorbed, deps.clock()),
    part: partSharing,
    forget: deleteGrants,
    confirmedAttributes: (db, accountId, recipient) => listLiveGrants(db, accountId, { recipient, now: deps.clock() }),
    sharedFor: (db, accountId, at) => listLiveGrantsFor(db, accountId, { ...at, now: deps.clock() }),
    consents: (db, accountId, recipient) => listConsents(db, accountId, { recipient, now: deps.clock() }),
    async confirm(db, { accountId, recipient, purpose, attributes, now }) {
      const rows = [...new Set(attributes)].map((attribute) => ({
        account_id: accountId,
        recipient,
        purpose,
        attribute,
        granted_at: now,
        ends_at: null,
      }))
      if (rows.length > 0) await upsertGrants(db, rows)
    },
  }
}
