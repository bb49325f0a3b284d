import { type Insertable, sql } from 'kysely'
import type { Db } from '../store/db.ts'
import type { ImportedAccountsTable } from './tables.ts'

/** Which of these were imported before, as hexadecimal. */
export async function findImported(db: Db, hashes: readonly Buffer[]): Promise<ReadonlySet<string>> {
  if (hashes.length === 0) return new Set()
  const rows = await db.selectFrom('imported_accounts').select('import_hash').where('import_hash', 'in', hashes).execute()
  return new Set(rows.map((row) => row.import_hash.toString('hex')))
}

/** Marks rows as imported. Returns those that were not before, as hexadecimal. */
export async function markImported(tx: Db, rows: readonly Insertable<ImportedAccountsTable>[]): Promise<ReadonlySet<string>> {
  if (rows.length === 0) return new Set()
  const marked = await tx
    .insertInto('imported_accounts')
    .values(rows)
    .onConflict((conflict) => conflict.column('import_hash').doNothing())
    .returning('import_hash')
    .execute()
  return new Set(marked.map((row) => row.import_hash.toString('hex')))
}

/** Takes back marks of rows that were refused after all: a later import of the corrected file takes them. */
export async function unmarkImported(tx: Db, hashes: readonly Buffer[]): Promise<void> {
  if (hashes.length > 0) await tx.deleteFrom('imported_accounts').where('import_hash', 'in', hashes).execute()
}

/** Until the transaction ends nobody else imports: so that two imports of one file meet each other's rows. Raw: kysely has no word for advisory locks. */
export async function lockImports(tx: Db): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtextextended('atrium.import', 0))`.execute(tx)
}
