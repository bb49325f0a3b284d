import { type ColumnType, Kysely, PostgresDialect } from 'kysely'
import pg from 'pg'
import type { AccountsTable, IdentifiersTable, SubjectIndexTable, SubjectsTable } from '../accounts/tables.ts'
import type { AuthenticatorsTable } from '../authenticators/tables.ts'
import type { DevMailboxTable, OutboxTable } from '../events/tables.ts'
import type { AttributesTable, ClientsTable, JourneysTable, PoliciesTable, PurposesTable, RecipientsTable } from '../group/tables.ts'
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
import type { SharingGrantsTable } from '../sharing/tables.ts'
import type { AccountKeysTable, SigningKeysTable, VaultKeysTable } from '../vault/tables.ts'

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

  authenticators: AuthenticatorsTable
  journey_runs: JourneyRunsTable
  sharing_grants: SharingGrantsTable

  recipients: RecipientsTable
  clients: ClientsTable
  attributes: AttributesTable
  purposes: PurposesTable
  journeys: JourneysTable
  policies: PoliciesTable

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

export interface Store {
  readonly db: Db
  /** For the hot, named statements and for what kysely does not say. */
  readonly pool: pg.Pool
  /** Ends every connection; waits for queries under way. */
  close(): Promise<void>
}

export interface StoreOptions {
  readonly url: string
  /** Connections of this process, 10 unless told. */
  readonly maxConnections?: number
  /** Told of a connection that broke while nobody used it; the pool replaces it. */
  readonly onConnectionLost?: (error: Error) => void
}

const STATEMENT_TIMEOUT_MS = 15_000
const CONNECTION_TIMEOUT_MS = 5_000

/**
 * Opens the pool of connections to PostgreSQL. Connects on the first query, not before.
 *
 * `bigint` arrives as a number (every one of ours is far below 2^53), `timestamptz` as `Date`.
 */
export function openStore({ url, maxConnections = 10, onConnectionLost }: StoreOptions): Store {
  const pool = new pg.Pool({
    connectionString: url,
    max: maxConnections,
    types: { getTypeParser },
    statement_timeout: STATEMENT_TIMEOUT_MS,
    connectionTimeoutMillis: CONNECTION_TIMEOUT_MS,
    keepAlive: true,
    application_name: 'atrium',
  })
  // without a listener a connection that breaks while idle ends the process
  pool.on('error', (error) => onConnectionLost?.(error))
  const db = new Kysely<Database>({ dialect: new PostgresDialect({ pool }) })
  return {
    db,
    pool,
    async close() {
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
