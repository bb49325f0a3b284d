import { type Kysely, sql } from 'kysely'

/**
 * Expand: the first schema. Names and distribution keys are those of the design: every unique key contains the table's distribution key,
 * no foreign key crosses tables, and what expires in bulk is partitioned by its day of expiry (days since 1970, UTC).
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db)
}

const statements = [
  // vault
  `create table vault_keys (
     purpose text not null constraint vault_keys_purpose check (purpose in ('system', 'blind_index', 'root')),
     number integer not null,
     wrapped text not null,
     created_at timestamptz not null,
     primary key (purpose, number))`,
  `create table account_keys (
     account_id uuid not null,
     number integer not null,
     wrapped text not null,
     created_at timestamptz not null,
     primary key (account_id, number))`,
  `create table signing_keys (
     kid text not null primary key,
     alg text not null,
     state text not null constraint signing_keys_state check (state in ('pending', 'active', 'retiring')),
     jwk_sealed bytea not null,
     created_at timestamptz not null,
     activated_at timestamptz,
     retired_at timestamptz)`,

  // settings that all processes share: versions to watch, the clock's offset outside production
  `create table settings (name text not null primary key, value jsonb not null, updated_at timestamptz not null)`,

  // accounts
  `create table accounts (
     id uuid not null primary key,
     status text not null constraint accounts_status check (status in ('active', 'locked', 'closed')),
     locale text,
     jurisdiction text,
     profile_sealed bytea not null,
     version bigint not null default 1,
     sharing_version bigint not null default 0,
     created_at timestamptz not null,
     updated_at timestamptz not null)`,
  `create table identifiers (
     kind text not null constraint identifiers_kind check (kind in ('email', 'phone', 'member_number')),
     blind_index bytea not null,
     account_id uuid not null,
     value_sealed bytea not null,
     verified_at timestamptz,
     created_at timestamptz not null,
     primary key (kind, blind_index))`,
  `create index identifiers_account on identifiers (account_id)`,
  `create table subjects (
     account_id uuid not null,
     sector text not null,
     sub text not null,
     created_at timestamptz not null,
     primary key (account_id, sector))`,
  `create table subject_index (
     sub_hash bytea not null primary key,
     account_id uuid not null,
     sector text not null)`,

  // authenticators
  `create table authenticators (
     account_id uuid not null,
     id uuid not null,
     kind text not null constraint authenticators_kind
       check (kind in ('password', 'passkey', 'totp', 'recovery_code', 'email_otp', 'sms_otp', 'federated')),
     public_part jsonb,
     secret_sealed bytea,
     label_sealed bytea,
     created_at timestamptz not null,
     last_used_at timestamptz,
     primary key (account_id, id))`,
  `create unique index authenticators_one_password on authenticators (account_id) where kind = 'password'`,

  // journeys
  `create table journey_runs (
     uid_hash bytea not null primary key,
     facts_sealed bytea not null,
     version bigint not null default 1,
     expires_at timestamptz not null)`,
  `create index journey_runs_expiry on journey_runs using brin (expires_at)`,

  // sharing: what the customer confirmed; the sharing ledger builds on it
  `create table sharing_grants (
     account_id uuid not null,
     recipient text not null,
     purpose text not null,
     attribute text not null,
     granted_at timestamptz not null,
     ends_at timestamptz,
     primary key (account_id, recipient, purpose, attribute))`,

  // the group: reference tables, versioned as a whole by settings.group_version
  `create table recipients (key text not null primary key, kind text not null, definition jsonb not null)`,
  `create table clients (id text not null primary key, recipient text not null, definition jsonb not null, secret_sealed bytea)`,
  `create table attributes (name text not null primary key, definition jsonb not null)`,
  `create table purposes (name text not null primary key, definition jsonb not null)`,
  `create table journeys (name text not null primary key, definition jsonb not null)`,
  `create table policies (name text not null primary key, definition jsonb not null)`,

  // OpenID Connect. *_hash: first 16 bytes of SHA-256 over issuer, kind and id. bucket: day of expiry.
  `create table oidc_sessions (
     routing smallint not null,
     bucket smallint not null,
     uid_hash bytea not null,
     id_hash bytea not null,
     account_id uuid,
     login_at timestamptz,
     acr text,
     amr text[],
     transient boolean not null default false,
     state_sealed bytea,
     device_sealed bytea,
     created_at timestamptz not null,
     seen_at timestamptz not null,
     expires_at timestamptz not null,
     ended_at timestamptz,
     primary key (routing, bucket, uid_hash)) partition by range (bucket)`,
  `create unique index oidc_sessions_id on oidc_sessions (routing, bucket, id_hash)`,
  `create index oidc_sessions_account on oidc_sessions (account_id) where account_id is not null`,
  `create index oidc_sessions_anonymous on oidc_sessions (expires_at) where account_id is null`,
  `create table oidc_session_clients (
     routing smallint not null,
     bucket smallint not null,
     uid_hash bytea not null,
     client_id text not null,
     sid text,
     grant_hash bytea,
     grant_routing smallint,
     grant_bucket smallint,
     persists_logout boolean not null default false,
     primary key (routing, bucket, uid_hash, client_id)) partition by range (bucket)`,
  `create table oidc_grants (
     routing smallint not null,
     bucket smallint not null,
     grant_hash bytea not null,
     account_id uuid not null,
     client_id text not null,
     payload jsonb not null,
     context jsonb,
     context_sealed bytea,
     session_routing smallint,
     session_bucket smallint,
     session_hash bytea,
     expires_with_session boolean not null default true,
     created_at timestamptz not null,
     expires_at timestamptz not null,
     revoked_at timestamptz,
     primary key (routing, bucket, grant_hash)) partition by range (bucket)`,
  `create index oidc_grants_account on oidc_grants (account_id)`,
  `create table oidc_codes (
     routing smallint not null,
     bucket smallint not null,
     code_hash bytea not null,
     grant_bucket smallint not null,
     grant_hash bytea not null,
     code_challenge text,
     redirect_uri text not null,
     dpop_jkt text,
     issued_at timestamptz not null,
     expires_at timestamptz not null,
     consumed_at timestamptz,
     primary key (routing, bucket, code_hash)) partition by range (bucket)`,
  `create table oidc_refresh_tokens (
     routing smallint not null,
     bucket smallint not null,
     token_hash bytea not null,
     grant_bucket smallint not null,
     grant_hash bytea not null,
     rotations integer not null default 0,
     jkt text,
     x5t text,
     first_issued_at timestamptz not null,
     issued_at timestamptz not null,
     expires_at timestamptz not null,
     consumed_at timestamptz,
     primary key (routing, bucket, token_hash)) partition by range (bucket)`,
  `create table oidc_access_tokens (
     routing smallint not null,
     bucket smallint not null,
     token_hash bytea not null,
     kind text not null,
     client_id text not null,
     grant_bucket smallint,
     grant_hash bytea,
     scope text,
     aud text,
     jkt text,
     x5t text,
     rar jsonb,
     extra jsonb,
     gty text,
     issued_at timestamptz not null,
     expires_at timestamptz not null,
     primary key (routing, bucket, token_hash)) partition by range (bucket)`,
  `create table oidc_artifacts (
     kind text not null,
     bucket smallint not null,
     id_hash bytea not null,
     payload_sealed bytea not null,
     user_code_hash bytea,
     grant_hash bytea,
     consumed_at timestamptz,
     expires_at timestamptz not null,
     primary key (kind, bucket, id_hash)) partition by range (bucket)`,
  `create unique index oidc_artifacts_user_code on oidc_artifacts (kind, bucket, user_code_hash) where user_code_hash is not null`,

  // events
  `create table outbox (
     id uuid not null primary key,
     kind text not null,
     payload_sealed bytea not null,
     created_at timestamptz not null,
     due_at timestamptz not null,
     attempts integer not null default 0,
     last_error text)`,
  `create index outbox_due on outbox (due_at)`,
  `create table dev_mailbox (id uuid not null primary key, mail_sealed bytea not null, at timestamptz not null)`,

  // limits: fixed windows
  `create table rate_limits (
     key_hash bytea not null primary key,
     window_started_at timestamptz not null,
     taken integer not null)`,
]
