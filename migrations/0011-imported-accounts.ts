import { type Kysely, sql } from 'kysely'

/** Expand: which accounts of other systems were imported, so that the same file imports nothing twice. The version before this one does not know the table. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db)
}

const statements = [
  `create table imported_accounts (
     import_hash bytea not null primary key,
     account_id uuid not null,
     imported_at timestamptz not null)`,
]
