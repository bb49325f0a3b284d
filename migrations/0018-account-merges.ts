import { type Kysely, sql } from 'kysely'

/**
 * Expand: an account can be absorbed by another of the same person. For 30 days its rows stay where they are and are read along with the
 * survivor's (docs/decisions/0019-two-accounts-become-one.md). To the version before this one an absorbed account is one that must not be used.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db)
}

const statements = [
  // one more status, whatever the others are
  `do $$
   declare before text;
   begin
     select pg_get_expr(conbin, conrelid) into strict before
     from pg_constraint where conname = 'accounts_status' and conrelid = 'accounts'::regclass;
     execute format('alter table accounts drop constraint accounts_status, add constraint accounts_status check (status = ''merged'' or (%s)) not valid', before);
   end $$`,
  `alter table accounts add column merged_into uuid`,
  `create table account_merges (
     account_id uuid not null,
     absorbed_id uuid not null,
     merged_at timestamptz not null,
     ended_at timestamptz,
     undo_sealed bytea,
     known_twice text[] not null,
     primary key (account_id, absorbed_id))`,
  `create index account_merges_open on account_merges (merged_at) where ended_at is null`,
]
