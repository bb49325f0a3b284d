import { type Kysely, sql } from 'kysely'

/**
 * Expand: a number that a code was texted to waits for the code, and codes to the phone are a second factor once at most. The version before this
 * one knows neither, and asks nobody for such a code.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db)
}

const statements = [
  `create table pending_phones (
     account_id uuid not null primary key,
     pending_sealed bytea not null,
     version bigint not null,
     expires_at timestamptz not null)`,
  `create index pending_phones_expiry on pending_phones using brin (expires_at)`,
  `create unique index authenticators_one_sms_otp on authenticators (account_id) where kind = 'sms_otp'`,
]
