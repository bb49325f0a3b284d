import type { ColumnType } from 'kysely'
import type { AccountId, ClientId } from '../store/ids.ts'

/** Row types of the tables this folder owns. The hot path reads and writes them by named statements in `storage/`, everything else by kysely. */

export interface OidcSessionsTable {
  routing: number
  bucket: number
  uid_hash: Buffer
  id_hash: Buffer
  account_id: AccountId | null
  login_at: Date | null
  acr: string | null
  amr: string[] | null
  transient: boolean
  /** What proved the customer, with times: `acr` and `amr` are computed from it. */
  evidence: ColumnType<unknown, string | null, string | null>
  state_sealed: Buffer | null
  device_sealed: Buffer | null
  created_at: Date
  seen_at: Date
  expires_at: Date
  ended_at: Date | null
}

export interface OidcSessionClientsTable {
  routing: number
  bucket: number
  uid_hash: Buffer
  client_id: ClientId
  sid: string | null
  grant_hash: Buffer | null
  grant_routing: number | null
  grant_bucket: number | null
  persists_logout: boolean
}

export interface OidcGrantsTable {
  routing: number
  bucket: number
  grant_hash: Buffer
  account_id: AccountId
  client_id: ClientId
  payload: ColumnType<unknown, string, string>
  context: ColumnType<unknown, string, string>
  context_sealed: Buffer | null
  session_routing: number | null
  session_bucket: number | null
  session_hash: Buffer | null
  expires_with_session: boolean
  created_at: Date
  expires_at: Date
  revoked_at: Date | null
}

export interface OidcCodesTable {
  routing: number
  bucket: number
  code_hash: Buffer
  grant_bucket: number
  grant_hash: Buffer
  code_challenge: string | null
  redirect_uri: string
  dpop_jkt: string | null
  issued_at: Date
  expires_at: Date
  consumed_at: Date | null
}

export interface OidcRefreshTokensTable {
  routing: number
  bucket: number
  token_hash: Buffer
  grant_bucket: number
  grant_hash: Buffer
  rotations: number
  jkt: string | null
  x5t: string | null
  first_issued_at: Date
  issued_at: Date
  expires_at: Date
  consumed_at: Date | null
  /** Once spent: the day in the successor's text, which the rest of that text follows from. */
  successor_bucket: number | null
  /** How often it came again in the first second after it was spent. */
  early_uses: number | null
}

export interface OidcAccessTokensTable {
  routing: number
  bucket: number
  token_hash: Buffer
  kind: 'AccessToken' | 'ClientCredentials'
  client_id: ClientId
  grant_bucket: number | null
  grant_hash: Buffer | null
  scope: string | null
  aud: string | null
  jkt: string | null
  x5t: string | null
  rar: ColumnType<unknown, string, string>
  extra: ColumnType<unknown, string, string>
  gty: string | null
  issued_at: Date
  expires_at: Date
}

export interface OidcArtifactsTable {
  kind: string
  bucket: number
  id_hash: Buffer
  payload_sealed: Buffer
  user_code_hash: Buffer | null
  grant_hash: Buffer | null
  consumed_at: Date | null
  expires_at: Date
}
