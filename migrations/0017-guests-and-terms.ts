import { type Kysely, sql } from 'kysely'

/**
 * Expand: guests, whom a brand made for a checkout and who are no account until the owner of the address comes; and which terms of which brand
 * a customer accepted. The version before this one knows none of the tables. A guest's id is like an account's: its key is in `account_keys`, its
 * subject in `subject_index`.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db)
}

const statements = [
  `create table guests (
     guest_id uuid not null primary key,
     profile_sealed bytea not null,
     version bigint not null default 1,
     created_at timestamptz not null,
     updated_at timestamptz not null)`,
  // account_id: whose guest it turned out to be; the row stays, so that the brand is given the same subject again
  `create table guest_index (
     kind text not null constraint guest_index_kind check (kind in ('email', 'phone', 'external_id')),
     blind_index bytea not null,
     sector text not null,
     guest_id uuid not null,
     sub text not null,
     account_id uuid,
     created_at timestamptz not null,
     primary key (kind, blind_index, sector))`,
  `create index guest_index_guest on guest_index (guest_id)`,
  `create index guest_index_account on guest_index (account_id) where account_id is not null`,
  `create table accepted_terms (
     account_id uuid not null,
     recipient text not null,
     version text not null,
     locale text not null,
     accepted_at timestamptz not null,
     primary key (account_id, recipient, version))`,
]
