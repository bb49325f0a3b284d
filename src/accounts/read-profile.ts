import type { Db } from '../store/db.ts'
import type { AccountId } from '../store/ids.ts'
import type { Vault } from '../vault/index.ts'
import { type Profile, parseProfile } from './profile.ts'
import { findProfileRow, type ProfileRow } from './store.ts'

/** What is stored of a profile, and whether the account may be used. */
export type StoredProfile = Pick<ProfileRow, 'status' | 'profile_sealed'>

interface Deps {
  readonly vault: Vault
}

/** The customer's own view of the profile. Throws when there is no such account. */
export async function readOwnProfile(
  deps: Deps,
  db: Db,
  accountId: AccountId,
): Promise<{ readonly profile: Profile; readonly version: number }> {
  const row = await findProfileRow(db, accountId)
  if (!row) throw new Error(`there is no account ${accountId}`)
  return { profile: await openProfile(deps, db, accountId, row), version: row.version }
}

/**
 * The profile as the release gate reads it. Only `src/sharing` may call this: everything that leaves for a recipient passes its `release`.
 *
 * @param stored the account's row, where it was read already, together with what allows the release
 * @returns undefined when the account does not exist or is not active: of a locked or closed account nothing leaves
 */
export async function readProfileForRelease(
  deps: Deps,
  db: Db,
  accountId: AccountId,
  stored?: StoredProfile,
): Promise<Profile | undefined> {
  const row = stored ?? (await findProfileRow(db, accountId))
  return row?.status === 'active' ? openProfile(deps, db, accountId, row) : undefined
}

async function openProfile({ vault }: Deps, db: Db, accountId: AccountId, { profile_sealed }: StoredProfile): Promise<Profile> {
  return parseProfile(await vault.open(db, accountId, 'accounts.profile_sealed', profile_sealed))
}
