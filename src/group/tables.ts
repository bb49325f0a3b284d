import type { ColumnType } from 'kysely'

/** A definition as the group file writes it, without its key and secrets. Written as JSON text, read as parsed JSON that zod then checks. */
type Definition = ColumnType<unknown, string, string>

export interface RecipientsTable {
  key: string
  kind: string
  definition: Definition
}

export interface ClientsTable {
  id: string
  recipient: string
  definition: Definition
  /** Sealed as `clients.secret_sealed` with the system key; null for clients that have no secret. */
  secret_sealed: Buffer | null
}

/** Where customers may sign in besides here. */
export interface IdentityProvidersTable {
  key: string
  definition: Definition
  /** Sealed as `identity_providers.secret_sealed` with the system key. */
  secret_sealed: Buffer | null
}

/** The row of every table that holds nothing but named definitions. */
export interface NamedDefinitionTable {
  name: string
  definition: Definition
}

export type AttributesTable = NamedDefinitionTable
export type PurposesTable = NamedDefinitionTable
export type JourneysTable = NamedDefinitionTable
export type PoliciesTable = NamedDefinitionTable

/** Clients that registered themselves (RFC 7591), beside those of the group file. */
export interface RegisteredClientsTable {
  readonly id: string
  readonly recipient: string
  readonly definition: Definition
  /** As in {@link ClientsTable}. */
  readonly secret_sealed: Buffer | null
  /** Of the registration access token, which manages this client. */
  readonly token_hash: Buffer
  readonly created_at: Date
  readonly updated_at: Date
}

/** Initial access tokens (RFC 7591 §1.2): who holds one may register clients of one recipient. */
export interface ClientInvitationsTable {
  readonly token_hash: Buffer
  readonly recipient: string
  readonly channel: 'web' | 'app'
  readonly uses_left: number
  readonly created_at: Date
  readonly expires_at: Date
}
