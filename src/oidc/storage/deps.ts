import type { Pool } from 'pg'
import type { Clock } from '../../ports/clock.ts'
import type { Random } from '../../ports/random.ts'
import type { Db } from '../../store/db.ts'
import type { LookUps } from '../../store/look-ups.ts'
import type { Vault } from '../../vault/index.ts'
import type { Key, TokenTexts } from './token-text.ts'

/** What every table module of this folder is handed. */
export interface StorageDeps {
  /** For what writes. */
  readonly pool: Pool
  /** For what only reads. */
  readonly lookUps: LookUps
  readonly db: Db
  readonly vault: Vault
  readonly clock: Clock
  readonly random: Random
  /** Part of every stored key (OIDC-2). */
  readonly issuer: string
  readonly tokens: TokenTexts
  /** True while a request is answered that nobody sees (`prompt=none`): it must not prolong a session (SEC-34). */
  readonly isSilent: () => boolean
  /** What proved the customer, in the request that ends a journey with a sign-in. */
  readonly loginEvidence: () => unknown
  /** True while a code or refresh token is redeemed, rather than introspected or revoked. */
  readonly isRedemption: () => boolean
  /** True while userinfo is answered, which needs the profile too. */
  readonly isUserinfo: () => boolean
  /** Ends the family of a code or refresh token that was used twice, and tells its owner. */
  readonly endCopied: (grant: Key) => Promise<void>
}

export const fromEpoch = (epochS: number): Date => new Date(epochS * 1000)
export const toEpoch = (at: Date): number => Math.floor(at.getTime() / 1000)

/** Leaves out what is null, as oidc-provider expects of a payload. */
export function compact(payload: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(payload).filter(([, v]) => v !== null && v !== undefined))
}
