import { type Kysely, sql } from 'kysely'

/**
 * Expand: the life of signing keys, and clients that register themselves. Keys that are there stay active; the version before this one reads the
 * same states and does not notice the rest. One active key for each algorithm is now a rule of the database too.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db)
}

const statements = [
  `alter table signing_keys
     add column activates_at timestamptz,
     add column published_until timestamptz,
     add column kept_until timestamptz`,
  `create unique index signing_keys_one_active on signing_keys (alg) where state = 'active'`,
  `create table client_invitations (
     token_hash bytea not null primary key,
     recipient text not null,
     channel text not null constraint client_invitations_channel check (channel in ('web', 'app')),
     uses_left integer not null,
     created_at timestamptz not null,
     expires_at timestamptz not null)`,
  `create table registered_clients (
     id text not null primary key,
     recipient text not null,
     definition jsonb not null,
     secret_sealed bytea,
     token_hash bytea not null,
     created_at timestamptz not null,
     updated_at timestamptz not null)`,
  `create unique index registered_clients_token on registered_clients (token_hash)`,
]
