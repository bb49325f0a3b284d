import { type Kysely, sql } from 'kysely'

/**
 * Expand: what the limits on sign-in need. `rate_limits` learns when a row means nothing any more and whether the latest take was refused;
 * `known_devices` remembers in which browsers an account was signed in to. The version before this one uses neither table.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db)
}

const statements = [
  `alter table rate_limits
     add column refused integer not null default 0,
     add column expires_at timestamptz not null default '-infinity'`,
  `create index rate_limits_expiry on rate_limits (expires_at)`,
  `create table known_devices (
     account_id uuid not null,
     device_hash bytea not null,
     last_used_at timestamptz not null,
     primary key (account_id, device_hash))`,
  `create index known_devices_age on known_devices using brin (last_used_at)`,
]
