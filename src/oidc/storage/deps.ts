import type { Pool } from 'pg'
import type { Clock } from '../../ports/clock.ts'
import type { Random } from '../../ports/random.ts'
import type { Db } from '../../store/db.ts'
import type { Vault } from '../../vault/index.ts'
import type { TokenTexts } from './token-text.ts'

/** What every table module of this folder is handed. */
export interface StorageDeps {
  readonly pool: Pool
  readonly db: Db
  readonly vault: Vault
  readonly clock: Clock
  readonly random: Random
  /** Part of every stored key (OIDC-2). */
  readonly issuer: string
  readonly tokens: TokenTexts
  /** True while a request is answered that nobody sees (`prompt=none`): it must not prolong a session (SEC-34). */
  readonly isSilent: () => boolean
}

export const fromEpoch = (epochS: number): Date => new Date(epochS * 1000)
export const toEpoch = (at: Date): number => Math.floor(at.getTime() / 1000)

/** Leaves out what is null, as oidc-provider expects of a payload. */
export function compact(payload: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(payload).filter(([, v]) => v !== null && v !== undefined))
}
