import { type Kysely, sql } from 'kysely'

/** Expand: passkeys are found by their credential id, an account has one authenticator app, and a session remembers what proved it. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db)
}

const statements = [
  `create unique index authenticators_one_totp on authenticators (account_id) where kind = 'totp'`,
  `create table passkey_index (
     credential_hash bytea not null primary key,
     account_id uuid not null,
     authenticator_id uuid not null)`,
  `alter table oidc_sessions add column evidence jsonb`,
]
