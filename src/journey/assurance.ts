import type { Evidence } from './facts.ts'

/** Levels of assurance this server can reach today, weakest first (`acr_values_supported`). */
export const LEVELS = ['email', 'password'] as const
export type Level = (typeof LEVELS)[number]

const AMR: Readonly<Record<Evidence['authenticator'], string>> = { password: 'pwd', email_otp: 'email' }

export interface Assurance {
  readonly acr: Level
  /** RFC 8176 names. */
  readonly amr: readonly string[]
  /** When the last authenticator was completed, in seconds since 1970. */
  readonly auth_time: number
}

/** What stored evidence amounts to: an email code alone is its own level and adds nothing to a password (MFA-18, MFA-22). */
export function assuranceOf(evidence: readonly Evidence[]): Assurance | undefined {
  if (evidence.length === 0) return undefined
  const used = new Set(evidence.map((e) => e.authenticator))
  return {
    acr: used.has('password') ? 'password' : 'email',
    amr: [...used].map((authenticator) => AMR[authenticator]).sort(),
    auth_time: Math.max(...evidence.map((e) => Math.floor(Date.parse(e.at) / 1000))),
  }
}
