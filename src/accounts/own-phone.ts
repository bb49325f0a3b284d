import type { Db } from '../store/db.ts'
import type { AccountId } from '../store/ids.ts'
import type { Vault } from '../vault/index.ts'
import { findOwnIdentifier } from './store.ts'

/** A number that its owner has proven. */
export interface OwnPhone {
  /** E.164. */
  readonly number: string
  /** When it took the place of another, which its owner may not know yet; absent: it was the account's first. */
  readonly changedAt: Date | undefined
}

/** How long a number or address that took another's place proves nothing beside a password (MFA-18), and its owner can undo the change (MFA-44). */
export const SETTLES_S = 72 * 3_600

/** The number an account is found by. */
export async function phoneOf({ vault }: { readonly vault: Vault }, db: Db, accountId: AccountId): Promise<OwnPhone | undefined> {
  const row = await findOwnIdentifier(db, accountId, 'phone')
  if (!row) return undefined
  return { number: await vault.open(db, accountId, 'identifiers.value_sealed', row.value_sealed), changedAt: row.changed_at ?? undefined }
}
