import type { Insertable } from 'kysely'
import type { Clock } from '../ports/clock.ts'
import type { Db } from '../store/db.ts'
import type { NewAccountKey, Vault } from '../vault/index.ts'
import { importedProfile, type Source } from './profile.ts'
import { claimIdentifiers, findTaken, insertAccounts, releaseIdentifiers } from './store.ts'
import type { AccountStatus, AccountsTable, IdentifierKind, IdentifiersTable } from './tables.ts'

/** An account as another system had it, its values checked and normalised. */
export interface ImportedAccount {
  readonly status: AccountStatus
  readonly locale: string | undefined
  readonly identifiers: readonly ImportedIdentifier[]
  /** Attribute → value. What follows an identifier is not taken from here (SEC-82). */
  readonly attributes: Readonly<Record<string, unknown>>
  readonly source: Source
}

export interface ImportedIdentifier {
  readonly kind: IdentifierKind
  /** Normalised. */
  readonly value: string
  /** The other system had proof of it. An email without one finds nobody by itself. */
  readonly proven: boolean
}

/** Rows that are ready to be written. */
export interface SealedAccount {
  readonly identifiers: readonly Insertable<IdentifiersTable>[]
  readonly account: Insertable<AccountsTable>
}

interface Deps {
  readonly vault: Vault
  readonly clock: Clock
}

/** Seals an account with a key that is not stored yet. */
export function sealImportedAccount({ vault, clock }: Deps, key: NewAccountKey, imported: ImportedAccount): SealedAccount {
  const now = clock()
  const { attributes, identifiers, source, status, locale } = imported
  const profile = importedProfile(attributes, identifiers, source, now)
  return {
    identifiers: identifiers.map(({ kind, value, proven }) => ({
      kind,
      blind_index: vault.blindIndex(kind, value),
      account_id: key.accountId,
      value_sealed: key.seal('identifiers.value_sealed', value),
      verified_at: proven ? now : null,
      created_at: now,
    })),
    account: {
      id: key.accountId,
      status,
      locale: locale ?? null,
      profile_sealed: key.seal('accounts.profile_sealed', JSON.stringify(profile)),
      created_at: now,
      updated_at: now,
    },
  }
}

/**
 * Writes the accounts all of whose identifiers are free, in the caller's transaction; the others leave nothing. Of two with the same identifier the
 * first has it, and what somebody has already is never taken from them, proven or not.
 *
 * @returns for each account the kind of the first identifier that was taken, or undefined when it was written
 */
export async function keepImportedAccounts(tx: Db, sealed: readonly SealedAccount[]): Promise<readonly (IdentifierKind | undefined)[]> {
  const claimed = new Set(
    (
      await claimIdentifiers(
        tx,
        sealed.flatMap((each) => each.identifiers),
      )
    ).map(keyOf),
  )
  const taken = sealed.map(({ identifiers }) => identifiers.find((identifier) => !claimed.has(keyOf(identifier)))?.kind)
  const losers = sealed.flatMap(({ account }, at) => (taken[at] ? [account.id] : []))
  if (losers.length > 0) await releaseIdentifiers(tx, losers)
  const winners = sealed.flatMap(({ account }, at) => (taken[at] ? [] : [account]))
  if (winners.length > 0) await insertAccounts(tx, winners)
  return taken
}

const keyOf = ({ kind, account_id }: Pick<Insertable<IdentifiersTable>, 'kind' | 'account_id'>): string => `${kind} ${account_id}`

/** Which of these blind indexes are somebody's, as hexadecimal: for a rehearsal that writes nothing. */
export async function takenIdentifiers(db: Db, blindIndexes: readonly Buffer[]): Promise<ReadonlySet<string>> {
  return blindIndexes.length === 0 ? new Set() : new Set((await findTaken(db, blindIndexes)).map((index) => index.toString('hex')))
}
