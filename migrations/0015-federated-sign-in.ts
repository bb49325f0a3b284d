import { type Kysely, sql } from 'kysely'

/**
 * Expand: identity providers of the group file, who is known by which identity of theirs, and the requests to them that are under way. The version
 * before this one knows none of the three tables.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db)
}

const statements = [
  `create table identity_providers (
     key text not null primary key,
     definition jsonb not null,
     secret_sealed bytea)`,
  `create table federated_index (
     identity_hash bytea not null primary key,
     account_id uuid not null,
     authenticator_id uuid not null)`,
  `create table federated_requests (
     state_hash bytea not null primary key,
     request_sealed bytea not null,
     answer_sealed bytea,
     expires_at timestamptz not null)`,
  `create index federated_requests_age on federated_requests using brin (expires_at)`,
]
