import type { Db } from '../store/db.ts'
import type { AccountId } from '../store/ids.ts'
import { changeGuest, type GuestDeps } from './guests/open-guest.ts'
import { type AttributeWrite, patchedProfile } from './patched-profile.ts'
import { readOwnProfile } from './read-profile.ts'
import { findAccountRow, replaceProfile } from './store.ts'

export type WriteAttributesResult =
  | { readonly ok: true }
  | { readonly ok: false; readonly reason: 'unknown_customer' | 'changed_meanwhile' }

/** How often a write is worked out again because the profile was changed meanwhile. */
const TRIES = 5

/**
 * Writes what a recipient says about a customer or a guest of its own. What follows an identifier is left alone, and so is a phone number that its
 * owner has proved: the recipient is not told, because that would tell it of the proof.
 *
 * @param id what a subject of the recipient's sector led to
 */
export async function writeAttributes(deps: GuestDeps, db: Db, id: AccountId, write: AttributeWrite): Promise<WriteAttributesResult> {
  const account = await findAccountRow(db, id)
  if (!account) {
    const changed = await db.transaction().execute((tx) => changeGuest(deps, tx, id, (profile, now) => patchedProfile(profile, write, now)))
    return changed ? { ok: true } : { ok: false, reason: 'unknown_customer' }
  }
  if (account.status !== 'active') return { ok: false, reason: 'unknown_customer' }
  for (let attempt = 0; attempt < TRIES; attempt++) if (await writeOnce(deps, db, id, write)) return { ok: true }
  return { ok: false, reason: 'changed_meanwhile' }
}

async function writeOnce({ vault, clock }: GuestDeps, db: Db, accountId: AccountId, write: AttributeWrite): Promise<boolean> {
  const { profile, version } = await readOwnProfile({ vault }, db, accountId)
  const now = clock()
  const profile_sealed = await vault.seal(db, accountId, 'accounts.profile_sealed', JSON.stringify(patchedProfile(profile, write, now)))
  return replaceProfile(db, accountId, { profile_sealed, expectedVersion: version, now })
}
