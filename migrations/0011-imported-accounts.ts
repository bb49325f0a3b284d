import { type Kysely, sql } from 'kysely'

/**
 * Expand: which rows of other systems' files were imported, so that the same file imports nothing twice. A mark names no account: it outlives its own, or
 * the file would bring back who was erased. The version before this one does not know the table.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db)
}

const statements = [
  `create table imported_accounts (
     import_hash bytea not null primary key,
     imported_at timestamptz not null)`,
]
