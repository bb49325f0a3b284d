import type { AccountId } from '../store/ids.ts'
import type { SigningKeyLife } from './signing-key-life.ts'

const VAULT_KEY_PURPOSES = ['system', 'blind_index', 'root'] as const
export type VaultKeyPurpose = (typeof VAULT_KEY_PURPOSES)[number]

export interface VaultKeysTable {
  readonly purpose: VaultKeyPurpose
  readonly number: number
  /** Compact JWE around 32 bytes. */
  readonly wrapped: string
  readonly created_at: Date
}

export interface AccountKeysTable {
  readonly account_id: AccountId
  readonly number: number
  /** Compact JWE around 32 bytes. */
  readonly wrapped: string
  readonly created_at: Date
}

export interface SigningKeysTable extends SigningKeyLife {
  /** The private JWK as JSON, sealed with a system key. */
  readonly jwk_sealed: Buffer
}
