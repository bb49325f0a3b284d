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

/** The row of every table that holds nothing but named definitions. */
export interface NamedDefinitionTable {
  name: string
  definition: Definition
}

export type AttributesTable = NamedDefinitionTable
export type PurposesTable = NamedDefinitionTable
export type JourneysTable = NamedDefinitionTable
export type PoliciesTable = NamedDefinitionTable
