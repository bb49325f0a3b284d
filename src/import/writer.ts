import {
  type IdentifierKind,
  type ImportedAccount,
  keepImportedAccounts,
  type SealedAccount,
  type Source,
  sealImportedAccount,
} from '../accounts/index.ts'
import { keepImported, type SealedAuthenticators, sealImported } from '../authenticators/index.ts'
import type { Clock } from '../ports/clock.ts'
import type { Random } from '../ports/random.ts'
import type { Db } from '../store/db.ts'
import type { AccountId } from '../store/ids.ts'
import type { NewAccountKey, Vault } from '../vault/index.ts'
import type { CheckedAccount } from './check-account.ts'
import type { Remark } from './raw-account.ts'
import { findImported, lockImports, markImported, unmarkImported } from './store.ts'

export interface WriterDeps {
  readonly db: Db
  readonly vault: Vault
  readonly clock: Clock
  readonly random: Random
}

/** What became of one account. */
export type Written =
  | { readonly kind: 'imported'; readonly leftOut: readonly Remark[] }
  /** The same row was imported before. */
  | { readonly kind: 'known' }
  | { readonly kind: 'refused'; readonly remark: Remark }

/** Writes accounts in two steps, so that one batch is sealed while the one before is written. */
export interface Writer<Prepared> {
  prepare(accounts: readonly CheckedAccount[]): Promise<readonly Prepared[]>
  write(prepared: readonly Prepared[]): Promise<readonly Written[]>
}

/** An account of the batch, sealed and ready. */
interface SealedRow {
  readonly account: CheckedAccount
  readonly importHash: Buffer
  readonly key: NewAccountKey
  readonly row: SealedAccount
  readonly proofs: SealedAuthenticators
}

/**
 * The writer of a real import: one transaction for each batch, in which an account and the mark that it was imported stand or fall together. So whatever
 * ends an import in the middle, the next one goes on where it ended.
 */
export function createWriter(deps: WriterDeps, { format, source }: { format: string; source: Source }): Writer<SealedRow | undefined> {
  const { db, vault, random } = deps
  return {
    async prepare(accounts) {
      const hashes = accounts.map(({ key }) => importHashOf(vault, { format, source, key }))
      const known = await findImported(db, hashes)
      return Promise.all(
        accounts.map(async (account, at) => {
          const importHash = hashes[at] as Buffer // one for each account
          if (known.has(importHash.toString('hex'))) return undefined // nothing is sealed for it
          const key = await vault.prepareAccountKey(random.uuid() as AccountId) // where account ids come from
          const row = sealImportedAccount(deps, key, importedOf(account, source))
          return { account, importHash, key, row, proofs: sealImported(deps, key, account) }
        }),
      )
    },
    write: (prepared) => db.transaction().execute((tx) => writeBatch(deps, tx, prepared)),
  }
}

async function writeBatch({ vault, clock }: WriterDeps, tx: Db, prepared: readonly (SealedRow | undefined)[]): Promise<readonly Written[]> {
  await lockImports(tx)
  const now = clock()
  const byMark = Map.groupBy(
    prepared.filter((row) => row !== undefined),
    ({ importHash }) => importHash.toString('hex'),
  )
  // Of two rows with one mark in the batch the first counts.
  const candidates = [...byMark].flatMap(([mark, [row]]) => (row ? [{ mark, row }] : []))
  const marks = candidates.map(({ row }) => ({ import_hash: row.importHash, imported_at: now }))
  const marked = await markImported(tx, marks)
  const fresh = candidates.flatMap(({ mark, row }) => (marked.has(mark) ? [row] : []))
  const accounts = fresh.map(({ row }) => row)
  const taken = accounts.length === 0 ? [] : await keepImportedAccounts(tx, accounts)
  const lost = new Map(fresh.flatMap((row, at) => (taken[at] ? [[row, taken[at]] as const] : [])))
  const won = new Set(fresh.filter((row) => !lost.has(row)))
  const lostMarks = [...lost.keys()].map(({ importHash }) => importHash)
  await unmarkImported(tx, lostMarks)
  const keys = [...won].map(({ key }) => key)
  if (keys.length > 0) await vault.keepAccountKeys(tx, keys)
  const lostPasskeys = await keepImported(
    tx,
    [...won].map(({ proofs }) => proofs),
  )
  return prepared.map((row): Written => {
    const kind = row && lost.get(row)
    if (kind) return { kind: 'refused', remark: identifierTaken(kind) }
    return row && won.has(row) ? { kind: 'imported', leftOut: leftOutOf(row, lostPasskeys) } : { kind: 'known' }
  })
}

function leftOutOf({ account, proofs }: SealedRow, lostPasskeys: ReadonlySet<string>): readonly Remark[] {
  const taken = proofs.passkeys.flatMap(({ row }, at) => (lostPasskeys.has(row.id) ? [passkeyTaken(at)] : []))
  return [...account.leftOut, ...taken]
}

const FIELDS: Readonly<Record<IdentifierKind, string>> = { email: 'email', phone: 'phone_number', member_number: 'member_number' }

export const identifierTaken = (kind: IdentifierKind): Remark => ({ field: FIELDS[kind], reason: 'identifier_taken' })
export const passkeyTaken = (at: number): Remark => ({ field: `passkeys[${at}]`, reason: 'passkey_taken' })

/** The same row of the same system, whenever it comes. Keyed, so that the mark tells nobody who it is. */
export const importHashOf = (vault: Vault, { format, source, key }: { format: string; source: Source; key: string }): Buffer =>
  vault.blindIndex('import', `${format}\0${source}\0${key}`)

const importedOf = ({ status, locale, identifiers, attributes }: CheckedAccount, source: Source): ImportedAccount => ({
  status,
  locale,
  identifiers,
  attributes,
  source,
})
