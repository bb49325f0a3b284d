import type { Db } from '../../store/db.ts'
import type { AccountId, AttributeName } from '../../store/ids.ts'
import { sha256 } from '../../vault/index.ts'
import { EMAIL, EMAIL_VERIFIED, PHONE_NUMBER_VERIFIED, type Profile, parseProfile } from '../profile.ts'
import { readOwnProfile } from '../read-profile.ts'
import { findAbsorbedSubject, insertSubject, moveSubjectIndex, replaceProfile } from '../store.ts'
import { claimGuest, deleteGuest, deleteGuestIndex, findGuestsOf, type GuestIndexRow, type GuestPlace, lockGuest } from './guest-store.ts'
import type { GuestDeps } from './open-guest.ts'

/** How often the profile is read again because it was changed meanwhile. */
const TRIES = 3

/**
 * Makes the guests of one sector the account's own, when their address is one that the account's owner has proved and the customer comes to that
 * recipient. Costs one look-up when there is none.
 *
 * One way only: the guest's subject leads to the account from now on and is the account's there if it had none, and of the guest's values those come
 * along that the profile has none of, with the brand as their source. Nothing that the customer or anybody else said is replaced, so a brand
 * gets nothing into a profile by naming an address that it could not write later as itself.
 */
export async function joinGuests(deps: GuestDeps, db: Db, accountId: AccountId, sector: string): Promise<void> {
  for (const found of await findGuestsOf(db, accountId, sector)) {
    // The address was another account's before: what is bought as its guest from now on is a new guest.
    if (found.account_id !== null) await deleteGuestIndex(db, found, found.account_id)
    else await joinOne(deps, db, accountId, found)
  }
}

async function joinOne(deps: GuestDeps, db: Db, accountId: AccountId, found: GuestPlace & GuestIndexRow): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await db.transaction().execute((tx) => join(deps, tx, accountId, found))
    } catch (error) {
      if (!(error instanceof ChangedMeanwhile) || attempt === TRIES) throw error
    }
  }
}

/** Never gets past {@link joinOne} but for a profile that is changed all the time. */
class ChangedMeanwhile extends Error {}

async function join(deps: GuestDeps, tx: Db, accountId: AccountId, { guest_id, sub, sector }: GuestPlace & GuestIndexRow): Promise<void> {
  const { vault, clock } = deps
  const row = await lockGuest(tx, guest_id) // waits for a write of the brand's, which finds it gone afterwards
  if (!row || !(await claimGuest(tx, guest_id, accountId))) return
  const now = clock()
  const guest = parseProfile(await vault.open(tx, guest_id, 'guests.profile_sealed', row.profile_sealed))
  const { profile, version } = await readOwnProfile(deps, tx, accountId)
  const missing = missingIn(profile, guest)
  if (Object.keys(missing).length > 0) {
    const profile_sealed = await vault.seal(tx, accountId, 'accounts.profile_sealed', JSON.stringify({ ...profile, ...missing }))
    if (!(await replaceProfile(tx, accountId, { profile_sealed, expectedVersion: version, now }))) throw new ChangedMeanwhile()
  }
  // Where the recipient knows the customer by an account that was merged into this one, that subject stays.
  if ((await findAbsorbedSubject(tx, accountId, sector)) === undefined)
    await insertSubject(tx, { account_id: accountId, sector, sub, created_at: now })
  await moveSubjectIndex(tx, sector, sha256(sub), accountId)
  await deleteGuest(tx, guest_id)
  await vault.destroyAccountKeys(tx, guest_id)
}

/** Proof of an address comes from its owner and from nowhere else. */
const NEVER: ReadonlySet<string> = new Set([EMAIL, EMAIL_VERIFIED, PHONE_NUMBER_VERIFIED])

/** Pure: what a guest's profile has and the customer's lacks, as it is, source included. */
export function missingIn(profile: Profile, guest: Profile): Profile {
  const names = Object.keys(guest) as AttributeName[] // the keys of a profile
  return Object.fromEntries(names.filter((name) => !NEVER.has(name) && !profile[name]).map((name) => [name, guest[name]]))
}
