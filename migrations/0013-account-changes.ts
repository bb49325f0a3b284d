import { type Kysely, sql } from 'kysely'

/**
 * Expand: what was changed about an account is recorded with what is needed to undo it, an address that was replaced stays its account's while
 * that is possible (docs/decisions/0014-changes-that-can-be-undone.md), and something of an account can be on hold. The version before this one
 * records nothing, replaces no address, and takes nothing for held.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db)
}

const statements = [
  // `kind` has no check: each version knows more of them, and two run side by side
  `create table account_changes (
     account_id uuid not null,
     seq bigint not null,
     kind text not null,
     at timestamptz not null,
     client_id text not null,
     session_hash bytea,
     undo_sealed bytea,
     undo_until timestamptz,
     undone_at timestamptz,
     primary key (account_id, seq))`,
  `create index account_changes_age on account_changes using brin (at)`,
  `create table undo_links (
     token_hash bytea not null primary key,
     account_id uuid not null,
     seq bigint not null,
     expires_at timestamptz not null)`,
  `create index undo_links_expiry on undo_links using brin (expires_at)`,
  `create table holds (
     account_id uuid not null,
     what text not null constraint holds_what check (what in ('changes', 'codes')),
     because text not null,
     since timestamptz not null,
     until timestamptz not null,
     primary key (account_id, what))`,
  `create index holds_expiry on holds using brin (until)`,
  `create table pending_emails (
     account_id uuid not null primary key,
     pending_sealed bytea not null,
     version bigint not null,
     expires_at timestamptz not null)`,
  `create index pending_emails_expiry on pending_emails using brin (expires_at)`,
  `alter table identifiers
     add column former_until timestamptz,
     add column changed_at timestamptz`,
]
