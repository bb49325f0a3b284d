import { type Kysely, sql } from 'kysely'

/**
 * Expand: a spent refresh token remembers what is needed to give its successor again (docs/decisions/0008-lost-refresh-answer.md), and
 * `account_notices` holds what Atrium did to protect an account. The version before this one leaves the columns empty, which means that
 * nothing is given again, and does not know the table.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db)
}

const statements = [
  `alter table oidc_refresh_tokens
     add column successor_bucket smallint,
     add column early_uses smallint`,
  `create table account_notices (
     account_id uuid not null,
     id uuid not null,
     kind text not null constraint account_notices_kind check (kind in ('copied_key')),
     client_id text not null,
     at timestamptz not null,
     primary key (account_id, id))`,
  `create index account_notices_age on account_notices using brin (at)`,
]
