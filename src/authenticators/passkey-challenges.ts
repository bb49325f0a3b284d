import { createHmac, createSecretKey } from 'node:crypto'
import type { Clock } from '../ports/clock.ts'

const LIFE_S = 300

/** A challenge as it is asked: for the library, and what must come back with the answer. */
export interface NewChallenge {
  readonly challenge: Uint8Array<ArrayBuffer>
  /** How long the browser may take, in milliseconds. */
  readonly timeout: number
  readonly askedAt: string
}

/**
 * Challenges that follow from what is asked, where and when, so that nothing is stored. `where` names a journey at one moment, or a session, and
 * changes with the first answer that is accepted or refused there: so a challenge serves once, in one place, for one purpose, for five minutes
 * (MFA-6).
 */
export interface PasskeyChallenges {
  ask(purpose: 'create' | 'get', where: string): NewChallenge
  /** What the answer must hold; undefined when it came too late or was never asked. */
  expected(purpose: 'create' | 'get', where: string, askedAt: string): string | undefined
}

export function createPasskeyChallenges({ key, clock }: { readonly key: Buffer; readonly clock: Clock }): PasskeyChallenges {
  const secret = createSecretKey(key)
  const macOf = (purpose: string, where: string, askedAt: string): Buffer =>
    createHmac('sha256', secret).update(`${purpose}\0${where}\0${askedAt}`).digest()
  return {
    ask(purpose, where) {
      const askedAt = String(clock().getTime())
      return { challenge: new Uint8Array(macOf(purpose, where, askedAt)), timeout: LIFE_S * 1000, askedAt }
    },
    expected(purpose, where, askedAt) {
      const ageS = (clock().getTime() - Number(askedAt)) / 1000
      if (!/^\d{1,15}$/.test(askedAt) || ageS < 0 || ageS > LIFE_S) return undefined
      return macOf(purpose, where, askedAt).toString('base64url')
    },
  }
}
