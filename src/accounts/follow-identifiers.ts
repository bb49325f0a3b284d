import type { Clock } from '../ports/clock.ts'
import type { Db } from '../store/db.ts'
import type { AccountId, AttributeName } from '../store/ids.ts'
import type { Vault } from '../vault/index.ts'
import { keepIdentifiers } from './kept-identifiers.ts'
import { EMAIL, EMAIL_VERIFIED, PHONE_NUMBER, PHONE_NUMBER_VERIFIED, type Profile, textOf } from './profile.ts'
import { readOwnProfile } from './read-profile.ts'
import { replaceProfile } from './store.ts'

interface Deps {
  readonly vault: Vault
  readonly clock: Clock
}

/** Identifiers that are attributes too, and the attribute that says they are proven. */
const ATTRIBUTES = { email: [EMAIL, EMAIL_VERIFIED], phone: [PHONE_NUMBER, PHONE_NUMBER_VERIFIED] } as const
export type FollowedKind = keyof typeof ATTRIBUTES

/**
 * Makes the profile say what finds the account, after its identifiers changed: brands read address and number there. The caller holds the
 * account's lock, so nobody else changes the profile meanwhile.
 */
export async function followIdentifiers(deps: Deps, tx: Db, accountId: AccountId, kinds: readonly FollowedKind[]): Promise<void> {
  const { profile, version } = await readOwnProfile(deps, tx, accountId)
  const now = deps.clock()
  let followed = profile
  for (const kind of kinds) followed = withIdentifiers(followed, kind, await valuesInForce(deps, tx, accountId, kind), now)
  if (followed === profile) return
  const profile_sealed = await deps.vault.seal(tx, accountId, 'accounts.profile_sealed', JSON.stringify(followed))
  if (!(await replaceProfile(tx, accountId, { profile_sealed, expectedVersion: version, now })))
    throw new Error('the profile was changed beside the lock on its account')
}

/** Of the kind, the one that took its place last comes first. */
async function valuesInForce({ vault }: Deps, tx: Db, accountId: AccountId, kind: FollowedKind): Promise<readonly string[]> {
  const placedAt = ({ changed_at, created_at }: { changed_at: Date | null; created_at: Date }) => (changed_at ?? created_at).getTime()
  const inForce = (await keepIdentifiers(tx, accountId))
    .filter((identifier) => identifier.kind === kind && identifier.former_until === null)
    .sort((a, b) => placedAt(b) - placedAt(a))
  return Promise.all(inForce.map(({ value_sealed }) => vault.open(tx, accountId, 'identifiers.value_sealed', value_sealed)))
}

/** What nobody proved (a guest's address, a number somebody typed) stays as it is where nothing finds the account by that kind. */
function withIdentifiers(profile: Profile, kind: FollowedKind, values: readonly string[], at: Date): Profile {
  const [attribute, verified] = ATTRIBUTES[kind]
  const [latest] = values
  const wasProven = profile[verified]?.value === true
  if (latest === undefined) return wasProven ? without(profile, [attribute, verified]) : profile
  const current = textOf(profile, attribute)
  if (wasProven && current !== undefined && values.includes(current)) return profile
  const value = (of: unknown) => ({ value: of, source: 'customer' as const, updated_at: at.toISOString() })
  return { ...profile, [attribute]: value(latest), [verified]: value(true) }
}

const without = (profile: Profile, names: readonly AttributeName[]): Profile =>
  // the keys that are left are those of a profile
  Object.fromEntries(Object.entries(profile).filter(([name]) => !names.some((gone) => gone === name))) as Profile
