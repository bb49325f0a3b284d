import { type Kysely, sql } from 'kysely'

/**
 * Expand: accounts that are being closed, the list of erased ones, archives of everything about a person, and the trail of sign-ins. The version
 * before this one writes none of it; to it an account that is being closed is one that must not be used, as it is to this one.
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
     execute format('alter table accounts drop constraint accounts_status, add constraint accounts_status check (status = ''closing'' or (%s)) not valid', before);
   end $$`,
  `alter table accounts add column closes_at timestamptz`,
  `create index accounts_closing on accounts (closes_at) where closes_at is not null`,
  `create table erased_accounts (account_mac bytea not null primary key, erased_on date not null)`,
  `create table account_exports (
     account_id uuid not null primary key,
     state text not null constraint account_exports_state check (state in ('pending', 'ready', 'failed')),
     requested_at timestamptz not null,
     expires_at timestamptz not null,
     archive_sealed bytea)`,
  `create index account_exports_expiry on account_exports using brin (expires_at)`,
  `create table sign_ins (
     account_id uuid not null,
     bucket smallint not null,
     id uuid not null,
     at timestamptz not null,
     client_id text not null,
     acr text not null,
     amr text[] not null,
     device_known boolean not null,
     device_hash bytea,
     device_sealed bytea not null,
     address_sealed bytea,
     session_routing smallint,
     session_bucket smallint,
     session_hash bytea,
     primary key (account_id, bucket, id)) partition by range (bucket)`,
  `create index sign_ins_addresses on sign_ins (bucket) where address_sealed is not null`,
  `alter table known_devices add column first_used_at timestamptz not null default '-infinity'`,
  // whom an event is about, so that it can be found when they are erased
  `alter table outbox add column account_id uuid`,
  `create index outbox_account on outbox (account_id) where account_id is not null`,
]
