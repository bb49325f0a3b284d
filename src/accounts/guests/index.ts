/** Guests: whom a brand made for a checkout, and who are no account until the owner of their address comes (docs/decisions/0018-own-apis-and-guests.md). */
import type { Db } from '../../store/db.ts'
import type { AccountId } from '../../store/ids.ts'
import { joinGuests } from './join-guests.ts'
import { type GuestDeps, type NewGuest, openGuest } from './open-guest.ts'

export type { NewGuest } from './open-guest.ts'

/** People a recipient knows by an address or a number of its own, and nobody has proved to be. */
export interface Guests {
  /** Makes a guest, or finds it again. Returns its subject in the recipient's sector, whoever has the address. */
  open(db: Db, guest: NewGuest): Promise<string>
  /** Makes a recipient's guests under the account's proven addresses the account's own. Call it when the customer comes to that recipient. */
  join(db: Db, accountId: AccountId, sector: string): Promise<void>
}

/** Guests in the tables `guests` and `guest_index`. */
export const createGuests = (deps: GuestDeps): Guests => ({
  open: (db, guest) => openGuest(deps, db, guest),
  join: (db, accountId, sector) => joinGuests(deps, db, accountId, sector),
})
