import type { Clock } from '../ports/clock.ts'
import type { Db } from '../store/db.ts'
import type { AccountId } from '../store/ids.ts'
import type { Vault } from '../vault/index.ts'
import { normaliseMemberNumber } from './normalise-member-number.ts'
import { deleteIdentifier, findIdentified, insertIdentifier } from './store.ts'

interface Deps {
  readonly vault: Vault
  readonly clock: Clock
}

export type AttachMemberNumberResult = { readonly ok: true } | { readonly ok: false; readonly reason: 'identifier_taken' | 'malformed' }

/**
 * Lets an account be found by the member number that a brand or an import vouches for. Inside the caller's transaction; the one row of a number
 * decides between accounts. Attaching a number again changes nothing.
 */
export async function attachMemberNumber(
  { vault, clock }: Deps,
  tx: Db,
  accountId: AccountId,
  typed: string,
): Promise<AttachMemberNumberResult> {
  const number = normaliseMemberNumber(typed)
  if (number === undefined) return { ok: false, reason: 'malformed' }
  const now = clock()
  const blind_index = vault.blindIndex('member_number', number)
  const value_sealed = await vault.seal(tx, accountId, 'identifiers.value_sealed', number)
  const row = { kind: 'member_number', blind_index, account_id: accountId, value_sealed, verified_at: now, created_at: now } as const
  if (await insertIdentifier(tx, row)) return { ok: true }
  const holder = await findIdentified(tx, 'member_number', blind_index)
  return holder?.holder === accountId ? { ok: true } : { ok: false, reason: 'identifier_taken' }
}

/** False: the account was not found by it. */
export async function detachMemberNumber({ vault }: Pick<Deps, 'vault'>, tx: Db, accountId: AccountId, typed: string): Promise<boolean> {
  const number = normaliseMemberNumber(typed)
  return number !== undefined && deleteIdentifier(tx, accountId, 'member_number', vault.blindIndex('member_number', number))
}
