import { type Kysely, sql } from 'kysely'

/** Expand: who said no to a passkey when, and which browsers are not asked for the second factor. The version before this one uses neither table. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db)
}

const statements = [
  `create table passkey_offers (
     account_id uuid not null primary key,
     declined_at timestamptz not null,
     for_good boolean not null)`,
  `create table trusted_devices (
     account_id uuid not null,
     id uuid not null,
     device_hash bytea not null,
     secret_hash bytea not null,
     previous_hash bytea,
     rotated_at timestamptz not null,
     label_sealed bytea not null,
     created_at timestamptz not null,
     last_used_at timestamptz,
     expires_at timestamptz not null,
     primary key (account_id, id))`,
  `create index trusted_devices_expiry on trusted_devices (expires_at)`,
]
