import type { Clock } from '../ports/clock.ts'
import type { Random } from '../ports/random.ts'
import type { Db } from '../store/db.ts'
import type { AccountId } from '../store/ids.ts'
import type { Vault } from '../vault/index.ts'
import { normaliseEmail } from './normalise-email.ts'
import { NO_COUNTRY, normalisePhone } from './normalise-phone.ts'
import { firstProfile, type Source } from './profile.ts'
import { insertAccount, insertIdentifier } from './store.ts'

interface Deps {
  readonly vault: Vault
  readonly clock: Clock
  readonly random: Random
}

export interface NewAccount {
  /** Proven by its owner: this is where `email_verified` comes from. */
  readonly email?: string
  /** The same, of a phone number in E.164. An account has one of the two at least. */
  readonly phone?: string
  /** Attribute → value. What follows an identifier (`email`, `email_verified`, …) is not taken from here. */
  readonly profile: Readonly<Record<string, unknown>>
  readonly source: Source
  /** BCP 47. */
  readonly locale: string
  /** Chosen before, where something was made for this account already: a passkey's user handle follows from it. */
  readonly accountId?: AccountId | undefined
}

export type OpenAccountResult =
  | { readonly ok: true; readonly accountId: AccountId }
  | { readonly ok: false; readonly reason: 'identifier_taken' }

/**
 * Opens an account with a verified email or phone number, inside the caller's transaction.
 *
 * The identifier is written first, and its one row decides between two who open with the same address: for the other nothing is written.
 * Throws when the identifier is malformed, because it was verified, and outside a transaction.
 */
export async function openAccount({ vault, clock, random }: Deps, db: Db, input: NewAccount): Promise<OpenAccountResult> {
  if (!db.isTransaction)
    throw new Error('openAccount needs a transaction: an identifier without its account would lock the address for good')
  const proven = identifiersOf(input)
  const now = clock()
  // random.uuid() is where account ids come from.
  const accountId = input.accountId ?? (random.uuid() as AccountId)
  const key = await vault.prepareAccountKey(accountId)
  for (const { kind, value } of proven) {
    const row = { kind, blind_index: vault.blindIndex(kind, value), value_sealed: key.seal('identifiers.value_sealed', value) }
    if (!(await insertIdentifier(db, { ...row, account_id: accountId, verified_at: now, created_at: now })))
      return { ok: false, reason: 'identifier_taken' }
  }
  await key.keep(db)
  const profile = firstProfile(Object.fromEntries(proven.map(({ kind, value }) => [kind, value])), input.profile, input.source, now)
  const profile_sealed = key.seal('accounts.profile_sealed', JSON.stringify(profile))
  await insertAccount(db, { id: accountId, status: 'active', locale: input.locale, profile_sealed, created_at: now, updated_at: now })
  return { ok: true, accountId }
}

/** What finds the new account, normalised. */
function identifiersOf({ email, phone }: NewAccount): readonly { readonly kind: 'email' | 'phone'; readonly value: string }[] {
  const given = [
    ...(email === undefined ? [] : [{ kind: 'email' as const, value: normaliseEmail(email) }]),
    ...(phone === undefined ? [] : [{ kind: 'phone' as const, value: normalisePhone(phone, NO_COUNTRY) }]),
  ]
  const proven = given.flatMap(({ kind, value }) => (value === undefined ? [] : [{ kind, value }]))
  if (proven.length === 0 || proven.length < given.length)
    throw new TypeError('openAccount was given an email or a phone number that cannot have been verified')
  return proven
}
