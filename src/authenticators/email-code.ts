import { createHmac } from 'node:crypto'
import { z } from 'zod'
import type { Random } from '../ports/random.ts'
import { sameSecret } from '../ports/secret.ts'

const DIGITS = 8
const LIFETIME_S = 600
const TRIES = 5
const SENDS = 3
const SENDS_WINDOW_S = 600

/**
 * What a journey remembers of the code it sent: never the code. The salt is this code's own, so that the same digits in another journey
 * say nothing. JSON-able; a journey keeps it among its facts.
 */
export const emailCodeSchema = z
  .object({
    mac: z.string(),
    salt: z.string(),
    expires_at: z.string(),
    tries: z.number().int().min(0),
    /** When codes were sent in this journey, oldest first. */
    sent_at: z.array(z.string()).readonly(),
  })
  .readonly()
export type EmailCode = z.infer<typeof emailCodeSchema>

export type EmailCodeIssue =
  | { readonly ok: true; readonly code: string; readonly state: EmailCode }
  | { readonly ok: false; readonly reason: 'too_many_sends'; readonly retryAfterS: number }

export type EmailCodeRefusal = 'wrong_code' | 'expired_code' | 'too_many_tries' | 'no_code'
export type EmailCodeCheck =
  | { readonly ok: true }
  | { readonly ok: false; readonly reason: EmailCodeRefusal /** To be kept instead of the state before. */; readonly state?: EmailCode }

/** Codes by mail and by text message (MFA-17): 8 digits, 10 minutes, 5 tries, 3 sends in 10 minutes. Pure: whoever keeps the state makes an accepted code single-use by forgetting it. */
export interface EmailCodes {
  /**
   * A new code; the one before is void.
   *
   * @param boundTo what it proves, where a journey sends codes for more than one thing: for anything else it is a wrong code (MFA-46)
   */
  issue(previous: EmailCode | undefined, now: Date, boundTo?: string): EmailCodeIssue
  /** @param typed what the customer entered; spaces and dashes are allowed, anything else that is not the eight digits is a wrong code */
  check(state: EmailCode | undefined, typed: string, now: Date, boundTo?: string): EmailCodeCheck
}

/** Codes of which only an HMAC with a salt of its own is kept. */
export function createEmailCodes({ key, random }: { readonly key: Buffer; readonly random: Random }): EmailCodes {
  return {
    issue(previous, now, boundTo) {
      const recent = (previous?.sent_at ?? []).filter((at) => secondsUntil(at, now) > -SENDS_WINDOW_S)
      const [oldest] = recent
      if (oldest !== undefined && recent.length >= SENDS) {
        return { ok: false, reason: 'too_many_sends', retryAfterS: Math.max(1, Math.ceil(secondsUntil(oldest, now) + SENDS_WINDOW_S)) }
      }
      const code = random.digits(DIGITS)
      const salt = random.bytes(16).toString('base64url')
      const mac = macOf(key, [salt, code, boundTo]).toString('base64url')
      const expires_at = new Date(now.getTime() + LIFETIME_S * 1000).toISOString()
      return { ok: true, code, state: { mac, salt, expires_at, tries: 0, sent_at: [...recent, now.toISOString()] } }
    },

    check(state, typed, now, boundTo) {
      if (!state) return { ok: false, reason: 'no_code' }
      if (state.tries >= TRIES) return { ok: false, reason: 'too_many_tries' }
      if (secondsUntil(state.expires_at, now) <= 0) return { ok: false, reason: 'expired_code' }
      const expected = Buffer.from(state.mac, 'base64url')
      const found = macOf(key, [state.salt, typed.replace(/[\s\p{Pd}]/gu, ''), boundTo])
      if (sameSecret(found, expected)) return { ok: true }
      const tries = state.tries + 1
      return { ok: false, reason: tries >= TRIES ? 'too_many_tries' : 'wrong_code', state: { ...state, tries } }
    },
  }
}

/** What is not bound has no third part: codes that the version before sent stay right. */
const macOf = (key: Buffer, parts: readonly (string | undefined)[]): Buffer =>
  createHmac('sha256', key)
    .update(parts.filter((part) => part !== undefined).join('\0'))
    .digest()

const secondsUntil = (iso: string, now: Date): number => (new Date(iso).getTime() - now.getTime()) / 1000
