import type { Clock } from '../ports/clock.ts'
import type { Db } from '../store/db.ts'
import type { AccountId } from '../store/ids.ts'
import type { Vault } from '../vault/index.ts'
import { changedProfile } from './profile.ts'
import { readOwnProfile } from './read-profile.ts'
import { replaceProfile } from './store.ts'

interface Deps {
  readonly vault: Vault
  readonly clock: Clock
}

export type ChangeProfileResult = { readonly ok: true } | { readonly ok: false; readonly reason: 'changed_meanwhile' }

/**
 * What the customer changes about the profile. Callers check values against the group's attributes first.
 *
 * @param changes attribute → value, null removes; `email`, `email_verified` and `phone_number_verified` are ignored, they follow the identifiers
 * @param expectedVersion the version the customer was looking at; another one in the database wins over this change
 */
export async function changeOwnProfile(
  { vault, clock }: Deps,
  db: Db,
  accountId: AccountId,
  changes: Readonly<Record<string, unknown>>,
  expectedVersion: number,
): Promise<ChangeProfileResult> {
  const { profile, version } = await readOwnProfile({ vault }, db, accountId)
  if (version !== expectedVersion) return { ok: false, reason: 'changed_meanwhile' }
  const now = clock()
  const json = JSON.stringify(changedProfile(profile, changes, 'customer', now))
  const profile_sealed = await vault.seal(db, accountId, 'accounts.profile_sealed', json)
  const replaced = await replaceProfile(db, accountId, { profile_sealed, expectedVersion, now })
  return replaced ? { ok: true } : { ok: false, reason: 'changed_meanwhile' }
}
