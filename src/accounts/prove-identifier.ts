import type { Clock } from '../ports/clock.ts'
import type { Db } from '../store/db.ts'
import type { AccountId } from '../store/ids.ts'
import type { Vault } from '../vault/index.ts'
import { normaliseEmail } from './normalise-email.ts'
import { provenEmail } from './profile.ts'
import { readOwnProfile } from './read-profile.ts'
import { markProven, replaceProfile } from './store.ts'

interface Deps {
  readonly vault: Vault
  readonly clock: Clock
}

/**
 * The address of an imported account is proven by its owner, in the caller's transaction: from now on it finds the account by itself, and may be released.
 *
 * @returns false when it is not this account's any more: somebody else has proven it and signed up with it
 */
export async function proveEmail({ vault, clock }: Deps, tx: Db, accountId: AccountId, typed: string): Promise<boolean> {
  const email = normaliseEmail(typed)
  const now = clock()
  if (email === undefined || !(await markProven(tx, accountId, { kind: 'email', blindIndex: vault.blindIndex('email', email), now })))
    return false
  const { profile, version } = await readOwnProfile({ vault }, tx, accountId)
  const profile_sealed = await vault.seal(tx, accountId, 'accounts.profile_sealed', JSON.stringify(provenEmail(profile, email, now)))
  const replaced = await replaceProfile(tx, accountId, { profile_sealed, expectedVersion: version, now })
  if (!replaced) throw new Error('the profile was changed while its address was being proven') // rolls back; the form is sent again
  return true
}
