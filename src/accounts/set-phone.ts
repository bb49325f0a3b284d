import type { Clock } from '../ports/clock.ts'
import type { Db } from '../store/db.ts'
import type { AccountId } from '../store/ids.ts'
import type { Vault } from '../vault/index.ts'
import { followIdentifiers } from './follow-identifiers.ts'
import { keepIdentifiers } from './kept-identifiers.ts'
import { SETTLES_S } from './own-phone.ts'
import { insertIdentifier, retirePhones, takeBackPhone } from './store.ts'

interface Deps {
  readonly vault: Vault
  readonly clock: Clock
}

export type SetPhoneResult = { readonly ok: true } | { readonly ok: false; readonly reason: 'identifier_taken' }

/**
 * Gives an account this number, which its owner has proven, in place of any other; without a number, takes its number away. The one row of a
 * number decides between accounts that race for it; on a refusal the caller rolls back. The account is locked.
 *
 * A number before it finds nobody from then on, and is kept for its account as long as the change can be undone. Whatever the account had within
 * that time, the new one is a changed one: taking one away and adding another is no way around.
 */
export async function setPhone(deps: Deps, tx: Db, accountId: AccountId, number: string | undefined): Promise<SetPhoneResult> {
  const now = deps.clock()
  const had = (await keepIdentifiers(tx, accountId)).filter(({ kind, former_until }) => kind === 'phone' && isWithin(former_until, now))
  const index = number === undefined ? undefined : deps.vault.blindIndex('phone', number)
  await retirePhones(tx, accountId, { except: index, until: new Date(now.getTime() + SETTLES_S * 1000) })
  if (number !== undefined && index !== undefined) {
    const own = had.find(({ blind_index }) => blind_index.equals(index))
    const isTaken = own
      ? !(await takeBackPhone(tx, accountId, { index, now }))
      : !(await insertIdentifier(tx, {
          ...{ kind: 'phone', blind_index: index, account_id: accountId, verified_at: now, created_at: now },
          value_sealed: await deps.vault.seal(tx, accountId, 'identifiers.value_sealed', number),
          changed_at: had.length > 0 ? now : null,
        }))
    if (isTaken) return { ok: false, reason: 'identifier_taken' }
  }
  await followIdentifiers(deps, tx, accountId, ['phone'])
  return { ok: true }
}

const isWithin = (formerUntil: Date | null, now: Date): boolean => formerUntil === null || formerUntil > now
