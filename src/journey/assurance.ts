import { ACR_LEVELS, type Level } from '../group/group.ts'
import type { Evidence } from './facts.ts'

/** Levels of assurance this server can reach, weakest first (`acr_values_supported`). */
export const LEVELS = ACR_LEVELS

/** How long a proof counts for adding a way in, in seconds (MFA-27). */
export const FRESH_S = 300

export interface Assurance {
  readonly acr: Level
  /** RFC 8176 names and the contract's. */
  readonly amr: readonly string[]
  /** When the last authenticator was completed, in seconds since 1970. */
  readonly auth_time: number
}

const AMR: Readonly<Record<Exclude<Evidence['authenticator'], 'passkey'>, string>> = {
  password: 'pwd',
  email_otp: 'email',
  sms_code: 'sms',
  totp: 'otp',
  sms_otp: 'sms',
  recovery_code: 'recovery',
  federated: 'fed',
}

const SECOND: readonly Evidence['authenticator'][] = ['totp', 'sms_otp', 'recovery_code']

/** What stored evidence amounts to, and nothing else ever does (MFA-22): an email code alone is its own level and adds nothing to a password (MFA-18). */
export function assuranceOf(evidence: readonly Evidence[]): Assurance | undefined {
  if (evidence.length === 0) return undefined
  const acr = levelOf(evidence)
  const amr = evidence.flatMap((e) => (e.authenticator === 'passkey' ? [e.synced ? 'swk' : 'hwk', 'user'] : [AMR[e.authenticator]]))
  return {
    acr,
    amr: [...new Set([...amr, ...(acr === 'mfa' || acr === 'phr' ? ['mfa'] : [])])].sort(),
    auth_time: Math.max(...evidence.map((e) => Math.floor(Date.parse(e.at) / 1000))),
  }
}

/** The highest level that the evidence reaches together; the lowest there is for none. */
export function levelOf(evidence: readonly Evidence[]): Level {
  const used = new Set(evidence.filter((e) => !e.unsettled).map((e) => e.authenticator))
  if (used.has('passkey')) return 'phr'
  if (!used.has('password')) return 'email'
  return SECOND.some((second) => used.has(second)) ? 'mfa' : 'password'
}

/** Whether a level is as strong as another, or stronger. */
export const reaches = (level: Level, wanted: Level): boolean => LEVELS.indexOf(level) >= LEVELS.indexOf(wanted)
