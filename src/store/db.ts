import { type ColumnType, Kysely, PostgresDialect } from 'kysely'
import pg from 'pg'
import type {
  AcceptedTermsTable,
  AccountMergesTable,
  AccountNoticesTable,
  AccountsTable,
  GuestIndexTable,
  GuestsTable,
  IdentifiersTable,
  SubjectIndexTable,
  SubjectsTable,
} from '../accounts/tables.ts'
import type { SignInsTable } from '../activity/tables.ts'
import type {
  AuthenticatorsTable,
  FederatedIndexTable,
  FederatedRequestsTable,
  PasskeyIndexTable,
  PasskeyOffersTable,
  PendingPhonesTable,
  TrustedDevicesTable,
} from '../authenticators/tables.ts'
import type { AccountChangesTable, HoldsTable, PendingEmailsTable, UndoLinksTable } from '../changes/tables.ts'
import type { DevMailboxTable, OutboxTable } from '../events/tables.ts'
import type {
  AttributesTable,
  ClientInvitationsTable,
  ClientsTable,
  IdentityProvidersTable,
  JourneysTable,
  PoliciesTable,
  PurposesTable,
  RecipientsTable,
  RegisteredClientsTable,
} from '../group/tables.ts'
import type { ImportedAccountsTable } from '../import/tables.ts'
import type { JourneyRunsTable } from '../journey/tables.ts'
import type { KnownDevicesTable, RateLimitsTable } from '../limits/tables.ts'
import type {
  OidcAccessTokensTable,
  OidcArtifactsTable,
  OidcCodesTable,
  OidcGrantsTable,
  OidcRefreshTokensTable,
  OidcSessionClientsTable,
  OidcSessionsTable,
} from '../oidc/tables.ts'
import type { AccountExportsTable, ErasedAccountsTable } from '../privacy/tables.ts'
import type { SharingGrantsTable } from '../sharing/tables.ts'
import type { AccountKeysTable, SigningKeysTable, VaultKeysTable } from '../vault/tables.ts'
import { kyselyPool } from './kysely-pool.ts'
import { type LookUps, openLookUps } from './look-ups.ts'
import { refuseReplica } from './primary-only.ts'
import { unavailableCode } from './unavailable.ts'

/** Every table of Atrium, joined from the folders that own them. Nobody but the owning folder's `store.ts` queries a table. */
export interface Database {
  settings: SettingsTable

  vault_keys: VaultKeysTable
  account_keys: AccountKeysTable
  signing_keys: SigningKeysTable

  accounts: AccountsTable
  identifiers: IdentifiersTable
  subjects: SubjectsTable
  subject_index: SubjectIndexTable
  account_notices: AccountNoticesTable
  account_merges: AccountMergesTable
  guests: GuestsTable
  guest_index: GuestIndexTable
  accepted_terms: AcceptedTermsTable
  erased_accounts: ErasedAccountsTable
  account_exports: AccountExportsTable
  sign_ins: SignInsTable

  authenticators: AuthenticatorsTable
  passkey_index: PasskeyIndexTable
  passkey_offers: PasskeyOffersTable
  trusted_devices: TrustedDevicesTable
  federated_index: FederatedIndexTable
  federated_requests: FederatedRequestsTable
  pending_phones: PendingPhonesTable

  account_changes: AccountChangesTable
  undo_links: UndoLinksTable
  holds: HoldsTable
  pending_emails: PendingEmailsTable

  imported_accounts: ImportedAccountsTable
  journey_runs: JourneyRunsTable
  sharing_grants: SharingGrantsTable

  recipients: RecipientsTable
  clients: ClientsTable
  registered_clients: RegisteredClientsTable
  client_invitations: ClientInvitationsTable
  attributes: AttributesTable
  purposes: PurposesTable
  journeys: JourneysTable
  policies: PoliciesTable
  identity_providers: IdentityProvidersTable

  oidc_sessions: OidcSessionsTable
  oidc_session_clients: OidcSessionClientsTable
  oidc_grants: OidcGrantsTable
  oidc_codes: OidcCodesTable
  oidc_refresh_tokens: OidcRefreshTokensTable
  oidc_access_tokens: OidcAccessTokensTable
  oidc_artifacts: OidcArtifactsTable

  outbox: OutboxTable
  dev_mailbox: DevMailboxTable

  rate_limits: RateLimitsTable
  known_devices: KnownDevicesTable
}

/** What all processes share: versions to watch, the clock's offset outside production. The table is nobody's alone, each name is one folder's. */
export interface SettingsTable {
  name: string
  /** Written as JSON text, read as parsed JSON. */
  value: ColumnType<unknown, string, string>
  updated_at: Date
}

/** The pool or a transaction, as the caller decides. Inside a transaction pass the transaction, or the query silently runs outside it. */
export type Db = Kysely<Database>

/** The database, as its three kinds of callers use it. */
export interface Store {
  readonly db: Db
  /** For the hot, named statements that write, and for what kysely does not say. */
  readonly pool: pg.Pool
  /** For the hot, named statements that read. */
  readonly lookUps: LookUps
  /** Ends every connection; waits for queries under way. */
  close(): Promise<void>
}

export interface StoreOptions {
  readonly url: string
  /** Connections of this process, 10 unless told. */
  readonly maxConnections?: number
  /** Told of every failure that is the database's and not the statement's ({@link unavailableCode}). */
  readonly onUnavailable?: (error: unknown) => void
}

/** For PostgreSQL, which is then free again. What may take longer says so itself (`set local statement_timeout`, `query_timeout`). */
const STATEMENT_TIMEOUT_MS = 4_000
/** For us: a little later, when the network has swallowed question or answer. */
const ANSWER_TIMEOUT_MS = 5_000
/** A sign-in fails cleanly within two seconds when there is no database, or no connection to be had. */
const CONNECTION_TIMEOUT_MS = 2_000

/**
 * PostgreSQL plans a prepared statement once and keeps the plan. Left alone it plans a look-up in partitioned tables anew each time, because a plan
 * for known values looks so much cheaper, and planning costs ten times the execution. Every query of ours goes by a key, whatever its values; one
 * whose plan should depend on a value, such as the predicate of a partial index, says that value as a literal.
 */
const GENERIC_PLANS = '-c plan_cache_mode=force_generic_plan'

/**
 * Opens the pool of connections to PostgreSQL. Connects on the first query, not before.
 *
 * `bigint` arrives as a number (every one of ours is far below 2^53), `timestamptz` as `Date`.
 */
export function openStore({ url, maxConnections = 10, onUnavailable }: StoreOptions): Store {
  const connection = {
    connectionString: url,
    types: { getTypeParser },
    statement_timeout: STATEMENT_TIMEOUT_MS,
    query_timeout: ANSWER_TIMEOUT_MS,
    connectionTimeoutMillis: CONNECTION_TIMEOUT_MS,
    keepAlive: true,
    application_name: 'atrium',
    options: GENERIC_PLANS,
  }
  const tell = (error: unknown): void => {
    if (unavailableCode(error) !== undefined) onUnavailable?.(error)
  }
  const pool = new pg.Pool({ ...connection, max: maxConnections, onConnect: refuseReplica })
  const lookUps = openLookUps(connection, tell)
  // without listeners a connection that breaks ends the process: the pool's hears of idle ones, the connection's own of those that are in use
  pool.on('error', tell)
  pool.on('connect', (client) => client.on('error', () => {}))
  pool.on('release', tell)
  const db = new Kysely<Database>({ dialect: new PostgresDialect({ pool: kyselyPool(pool, tell) }) })
  return {
    db,
    pool,
    lookUps,
    async close() {
      await lookUps.close()
      await db.destroy()
      if (!pool.ending) await pool.end() // kysely leaves a pool alone that it never used itself
    },
  }
}

const BIGINT = pg.types.builtins.INT8

/** pg hands `bigint` over as text; the rest keeps pg's own parsers. */
const getTypeParser: typeof pg.types.getTypeParser = (oid: number, format?: 'text' | 'binary') =>
  oid === BIGINT && format !== 'binary' ? parseBigint : pg.types.getTypeParser(oid, format as 'text')

function parseBigint(text: string): number {
  const value = Number(text)
  if (!Number.isSafeInteger(value)) throw new RangeError('a bigint of the database is beyond 2^53')
  return value
}
