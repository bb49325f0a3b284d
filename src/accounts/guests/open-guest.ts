import type { Clock } from '../../ports/clock.ts'
import type { Random } from '../../ports/random.ts'
import type { Db } from '../../store/db.ts'
import type { AccountId, RecipientKey } from '../../store/ids.ts'
import { sha256, type Vault } from '../../vault/index.ts'
import { patchedProfile } from '../patched-profile.ts'
import { EMAIL, PHONE_NUMBER, type Profile, parseProfile } from '../profile.ts'
import { insertSubjectIndex } from '../store.ts'
import { newSubject } from '../subjects.ts'
import type { GuestKind } from '../tables.ts'
import { findGuestIndex, type GuestPlace, insertGuest, insertGuestIndex, lockGuest, replaceGuestProfile } from './guest-store.ts'

export interface GuestDeps {
  readonly vault: Vault
  readonly clock: Clock
  readonly random: Random
}

export interface NewGuest {
  readonly kind: GuestKind
  /** An address in its normal form, or the brand's own number. */
  readonly value: string
  /** Whose guest: the source of every value. */
  readonly recipient: RecipientKey
  readonly sector: string
  /** Attribute → merge patch of its value, checked against the group. */
  readonly attributes: Readonly<Record<string, unknown>>
}

/**
 * A guest of one recipient, made or found again: the same name gives the same subject for good.
 *
 * Accounts are never looked at: a known address and an unknown one are the same statements, so the answer tells nothing, and nobody reaches into an
 * account by naming its address. What is written stays the guest's until the owner of the address comes (`join-guests.ts`); afterwards
 * nothing is written here, because the profile is a customer's then.
 *
 * @returns the guest's subject in the recipient's sector
 */
export async function openGuest(deps: GuestDeps, db: Db, guest: NewGuest): Promise<string> {
  const { vault, clock, random } = deps
  const place: GuestPlace = { kind: guest.kind, sector: guest.sector, blind_index: vault.blindIndex(guest.kind, indexed(guest)) }
  const guestId = random.uuid() as AccountId // where ids of accounts come from: no key is ever two people's
  const key = await vault.prepareAccountKey(guestId)
  const now = clock()
  return db.transaction().execute(async (tx) => {
    const sub = newSubject(random)
    if (!(await insertGuestIndex(tx, { ...place, guest_id: guestId, sub, account_id: null, created_at: now })))
      return foundAgain(deps, tx, place, guest)
    await key.keep(tx)
    const profile_sealed = key.seal('guests.profile_sealed', JSON.stringify(withValues(named(guest, now), guest, now)))
    await insertGuest(tx, { guest_id: guestId, profile_sealed, created_at: now, updated_at: now })
    await insertSubjectIndex(tx, { sub_hash: sha256(sub), account_id: guestId, sector: guest.sector })
    return sub
  })
}

/** A brand's numbers are its own: equal ones of two brands must not look equal. Addresses must, to be found by their owner. */
const indexed = ({ kind, sector, value }: NewGuest): string => (kind === 'external_id' ? `${sector}\0${value}` : value)

async function foundAgain(deps: GuestDeps, tx: Db, place: GuestPlace, guest: NewGuest): Promise<string> {
  const found = await findGuestIndex(tx, place)
  if (!found) throw new Error('a guest that was in the way of another cannot be read')
  await changeGuest(deps, tx, found.guest_id, (profile, now) => withValues(profile, guest, now))
  return found.sub
}

/**
 * Changes the values of a guest, in the caller's transaction. False: there is no such guest, or it has become an account's.
 *
 * @param change the profile that is to be, of the one that is
 */
export async function changeGuest(
  { vault, clock }: GuestDeps,
  tx: Db,
  guestId: AccountId,
  change: (profile: Profile, now: Date) => Profile,
): Promise<boolean> {
  const row = await lockGuest(tx, guestId)
  if (!row) return false
  const now = clock()
  const profile = parseProfile(await vault.open(tx, guestId, 'guests.profile_sealed', row.profile_sealed))
  const profile_sealed = await vault.seal(tx, guestId, 'guests.profile_sealed', JSON.stringify(change(profile, now)))
  await replaceGuestProfile(tx, guestId, { profile_sealed, now })
  return true
}

const withValues = (profile: Profile, { attributes, recipient }: NewGuest, now: Date): Profile =>
  patchedProfile(profile, { source: recipient, patch: attributes }, now)

/** The address as the brand gave it, proven by nobody: kept for a copy of everything that is known, and released to nobody. */
function named({ kind, value, recipient }: NewGuest, now: Date): Profile {
  const own = { value, source: recipient, updated_at: now.toISOString() }
  if (kind === 'email') return { [EMAIL]: own }
  return kind === 'phone' ? { [PHONE_NUMBER]: own } : {}
}
