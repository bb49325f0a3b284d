import { type RawBuilder, sql } from 'kysely'
import type { AccountId } from '../store/ids.ts'

/**
 * Every table with rows about a person: how they are found, what of them is handed over in an export, and in which order they are erased. It is the
 * one place that knows all tables; a test holds it against the schema, so that no table and no column is forgotten
 * (docs/decisions/0017-export-and-erasure.md).
 */
export interface PersonalTable {
  readonly table: string
  readonly section: Section
  /** The condition on the rows of one account. */
  readonly rowsOf: (accountId: AccountId) => RawBuilder<boolean>
  /** Columns that are ciphertext, and how they are read. The archive has them without `_sealed`. */
  readonly opened?: Readonly<Record<string, Opened>>
  /** Columns that are not handed over. Whatever is in neither list is handed over as it stands. */
  readonly withheld?: Readonly<Record<string, Withheld>>
}

/** Where a table stands in the archive. */
export const SECTIONS = ['account', 'signing_in', 'devices', 'shops', 'messages', 'requests'] as const
export type Section = (typeof SECTIONS)[number]

export interface Opened {
  /** Under whose key it is sealed. */
  readonly by: 'account' | 'system'
  readonly as: 'text' | 'json' | ((plain: string) => unknown)
}

/**
 * `secret`: opens something, or proves who somebody is, and would serve a thief of the archive; `internal`: finds rows by a hash and says nothing about
 * the person; `copy`: is the archive itself; `unclaimed`: a guest's, who had the same address and may have been somebody else until the customer comes to
 * that brand.
 */
export type Withheld = 'secret' | 'internal' | 'copy' | 'unclaimed'

const ofAccount = (accountId: AccountId): RawBuilder<boolean> => sql<boolean>`account_id = ${accountId}`
const text: Opened = { by: 'account', as: 'text' }
const systemText: Opened = { by: 'system', as: 'text' }

/** The routing key alone is an index's beginning: without it every token of everybody would be looked at. */
const ofItsGrants = (accountId: AccountId): RawBuilder<boolean> => sql<boolean>`
  routing = any (array(select distinct routing from oidc_grants where account_id = ${accountId}))
  and (grant_bucket, grant_hash) in (select bucket, grant_hash from oidc_grants where account_id = ${accountId})`
const ofItsSessions = (accountId: AccountId): RawBuilder<boolean> => sql<boolean>`
  routing = any (array(select routing from oidc_sessions where account_id = ${accountId}))
  and (bucket, uid_hash) in (select bucket, uid_hash from oidc_sessions where account_id = ${accountId})`
/** Whose guest it turned out to be, and whose address it has. */
const itsGuestIndex = (accountId: AccountId): RawBuilder<boolean> => sql<boolean>`(account_id = ${accountId}
  or (kind, blind_index) in (select kind, blind_index from identifiers where account_id = ${accountId} and verified_at is not null))`
const ofItsGuests =
  (column: 'guest_id' | 'account_id') =>
  (accountId: AccountId): RawBuilder<boolean> =>
    sql<boolean>`${sql.ref(column)} in (select guest_id from guest_index where ${itsGuestIndex(accountId)})`

const ofItsSubjects = (accountId: AccountId): RawBuilder<boolean> => sql<boolean>`sub_hash in (
  select sha256(convert_to(sub, 'UTF8')) from subjects where account_id = ${accountId}
  union all select sha256(convert_to(sub, 'UTF8')) from guest_index where ${itsGuestIndex(accountId)})`

/** By its key, as every look-up: the table has no other index. */
const ofItsPasskeys = (accountId: AccountId): RawBuilder<boolean> => sql<boolean>`credential_hash in (
  select sha256(convert_to(public_part ->> 'credential_id', 'UTF8')) from authenticators where account_id = ${accountId} and kind = 'passkey')`

const all =
  (why: Withheld) =>
  (...columns: readonly string[]): Readonly<Record<string, Withheld>> =>
    Object.fromEntries(columns.map((column) => [column, why]))
const [secret, internal, copy, unclaimed] = [all('secret'), all('internal'), all('copy'), all('unclaimed')]
const token = internal('routing', 'bucket', 'grant_bucket', 'grant_hash')

/** In the order of erasure: what is found by another table's rows comes before that table, and the account itself is the last of what is about it. */
export const PERSONAL_TABLES: readonly PersonalTable[] = [
  {
    table: 'oidc_codes',
    section: 'shops',
    rowsOf: ofItsGrants,
    withheld: { ...token, ...secret('code_hash', 'code_challenge'), ...internal('dpop_jkt') },
  },
  {
    table: 'oidc_access_tokens',
    section: 'shops',
    rowsOf: ofItsGrants,
    withheld: { ...token, ...secret('token_hash'), ...internal('jkt', 'x5t') },
  },
  {
    table: 'oidc_refresh_tokens',
    section: 'shops',
    rowsOf: ofItsGrants,
    withheld: { ...token, ...secret('token_hash'), ...internal('successor_bucket', 'jkt', 'x5t') },
  },
  {
    table: 'oidc_session_clients',
    section: 'devices',
    rowsOf: ofItsSessions,
    withheld: internal('routing', 'bucket', 'uid_hash', 'grant_hash', 'grant_routing', 'grant_bucket'),
  },
  {
    table: 'oidc_grants',
    section: 'shops',
    rowsOf: ofAccount,
    opened: { context_sealed: { by: 'system', as: 'json' } },
    withheld: internal('routing', 'bucket', 'grant_hash', 'session_routing', 'session_bucket', 'session_hash'),
  },
  {
    table: 'oidc_sessions',
    section: 'devices',
    rowsOf: ofAccount,
    opened: { device_sealed: systemText },
    withheld: { ...internal('routing', 'bucket', 'uid_hash'), ...secret('id_hash', 'state_sealed') },
  },
  {
    table: 'sign_ins',
    section: 'signing_in',
    rowsOf: ofAccount,
    opened: { device_sealed: text, address_sealed: text },
    withheld: internal('bucket', 'device_hash', 'session_routing', 'session_bucket', 'session_hash'),
  },
  { table: 'known_devices', section: 'devices', rowsOf: ofAccount, withheld: internal('device_hash') },
  {
    table: 'trusted_devices',
    section: 'devices',
    rowsOf: ofAccount,
    opened: { label_sealed: text },
    withheld: { ...secret('secret_hash', 'previous_hash'), ...internal('device_hash') },
  },
  { table: 'passkey_offers', section: 'signing_in', rowsOf: ofAccount },
  { table: 'passkey_index', section: 'signing_in', rowsOf: ofItsPasskeys, withheld: internal('credential_hash') },
  {
    table: 'authenticators',
    section: 'signing_in',
    rowsOf: ofAccount,
    opened: { label_sealed: text },
    withheld: secret('secret_sealed'),
  },
  { table: 'federated_index', section: 'signing_in', rowsOf: ofAccount, withheld: internal('identity_hash') },
  { table: 'undo_links', section: 'requests', rowsOf: ofAccount, withheld: secret('token_hash') },
  // what was taken away may be put back, password hashes among it
  { table: 'account_changes', section: 'requests', rowsOf: ofAccount, withheld: { ...secret('undo_sealed'), ...internal('session_hash') } },
  { table: 'holds', section: 'requests', rowsOf: ofAccount },
  {
    table: 'pending_emails',
    section: 'requests',
    rowsOf: ofAccount,
    // without its code
    opened: { pending_sealed: { by: 'account', as: (plain) => ({ address: (JSON.parse(plain) as { address: string }).address }) } },
  },
  {
    table: 'pending_phones',
    section: 'requests',
    rowsOf: ofAccount,
    // without its code
    opened: { pending_sealed: { by: 'account', as: (plain) => ({ number: (JSON.parse(plain) as { number: string }).number }) } },
  },
  { table: 'sharing_grants', section: 'shops', rowsOf: ofAccount },
  { table: 'account_notices', section: 'messages', rowsOf: ofAccount },
  {
    table: 'outbox',
    section: 'messages',
    rowsOf: ofAccount,
    // the words of a mail may hold what opens something
    opened: { payload_sealed: { by: 'system', as: addressee } },
    withheld: internal('last_error'),
  },
  { table: 'subject_index', section: 'shops', rowsOf: ofItsSubjects, withheld: internal('sub_hash') },
  { table: 'subjects', section: 'shops', rowsOf: ofAccount },
  { table: 'accepted_terms', section: 'shops', rowsOf: ofAccount },
  { table: 'guests', section: 'shops', rowsOf: ofItsGuests('guest_id'), withheld: unclaimed('profile_sealed') },
  {
    table: 'account_keys',
    section: 'account',
    rowsOf: (accountId) => sql<boolean>`(account_id = ${accountId} or ${ofItsGuests('account_id')(accountId)})`,
    withheld: secret('wrapped'),
  },
  { table: 'guest_index', section: 'shops', rowsOf: itsGuestIndex, withheld: internal('blind_index') },
  { table: 'account_exports', section: 'requests', rowsOf: ofAccount, withheld: copy('archive_sealed') },
  {
    table: 'identifiers',
    section: 'account',
    rowsOf: ofAccount,
    opened: { value_sealed: text },
    withheld: internal('blind_index'),
  },
  {
    table: 'accounts',
    section: 'account',
    rowsOf: (accountId) => sql<boolean>`id = ${accountId}`,
    opened: { profile_sealed: { by: 'account', as: 'json' } },
  },
  // after the account: of one that was absorbed, this row is what leads to it until it is gone
  {
    table: 'account_merges',
    section: 'account',
    rowsOf: (accountId) => sql<boolean>`(account_id = ${accountId} or absorbed_id = ${accountId})`,
    withheld: secret('undo_sealed'),
  },
]

/** Every other table, and why nothing in it is about a person. */
export const OTHER_TABLES: Readonly<Record<string, string>> = {
  attributes: 'the group',
  client_invitations: 'the group',
  identity_providers: 'the group',
  clients: 'the group',
  journeys: 'the group',
  policies: 'the group',
  purposes: 'the group',
  recipients: 'the group',
  registered_clients: 'the group',
  settings: 'the installation',
  schema_migrations: 'the installation',
  schema_migrations_lock: 'the installation',
  signing_keys: 'the installation',
  vault_keys: 'the installation',
  dev_mailbox: 'the mails of a development server, as a mail server would have them; production has none',
  erased_accounts: 'HMACs of ids that are nowhere else any more',
  imported_accounts: 'HMACs of ids of other systems, so that a file that is imported again brings back nobody who was erased',
  federated_requests: 'sealed and found by the request it belongs to, not by the account; gone within the hour',
  journey_runs: 'sealed and found by the browser that runs it, not by the account; gone within the hour',
  oidc_artifacts: 'sealed and found by the request it belongs to, not by the account; gone within two days',
  rate_limits: 'counts under HMACs, which nothing leads back from; gone when they count for nothing any more',
}

function addressee(plain: string): unknown {
  type Sent = { to?: string; subject?: string }
  const { mail, sms, client_id } = JSON.parse(plain) as { mail?: Sent; sms?: Sent; client_id?: string } // written by events
  return { to: mail?.to ?? sms?.to, subject: mail?.subject, client_id }
}
