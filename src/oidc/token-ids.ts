import type Provider from 'oidc-provider'
import type { Clock } from '../ports/clock.ts'
import { epochSeconds } from '../ports/clock.ts'
import type { Random } from '../ports/random.ts'
import { rotatedToken } from './storage/refresh-tokens.ts'
import { bucketOf, type FamilyPlace, internalKey, randomRouting, routingOf, type TokenKind, type TokenTexts } from './storage/token-text.ts'

/** How long a group session lives whatever happens, in seconds: NIST SP 800-63B AAL1 asks for a new sign-in after 30 days. */
export const SESSION_ABSOLUTE_S = 30 * 86_400

interface IdDeps {
  readonly clock: Clock
  readonly random: Random
  readonly tokens: TokenTexts
}

interface Issued {
  accountId?: string
  clientId?: string
  readonly grantId?: string
  readonly sessionUid?: string
  readonly expiration: number
  readonly format?: 'opaque' | 'jwt'
  generateTokenId(): string
}

/**
 * Makes oidc-provider write kind, routing key and day of expiry into the text of what it issues.
 *
 * `generateTokenId` is a model method the library calls but does not document; `test/oidc/contract.test.ts` pins it. Session ids are made in its
 * constructor, so the Session class is extended for them.
 */
export function useOwnTokenIds(provider: Provider, { clock, random, tokens }: IdDeps): void {
  const kinds: readonly (readonly [{ prototype: object }, TokenKind])[] = [
    [provider.AuthorizationCode, 'c'],
    [provider.RefreshToken, 'r'],
    [provider.AccessToken, 'a'],
    [provider.ClientCredentials, 'k'],
    [provider.Grant, 'g'],
  ]
  for (const [model, kind] of kinds) {
    const prototype = model.prototype as Issued // every token model has these members; the published types leave them out
    const original = prototype.generateTokenId
    prototype.generateTokenId = function (this: Issued): string {
      const theirs = original.call(this) // also decides an access token's format
      if (this.format === 'jwt') return theirs
      const bucket = bucketOf(epochSeconds(clock()) + this.expiration)
      const place = { routing: this.accountId ? routingOf(this.accountId) : randomRouting(random), bucket, family: familyOf(this) }
      const rotated = kind === 'r' ? rotatedToken() : undefined
      return rotated ? (rotated.successor ?? tokens.successorOf(rotated.id, place)) : tokens.make(kind, place)
    }
  }
  useOwnSessionIds(provider, { clock, random, tokens })
}

/** Where the grant and the session of a customer's code or token are. */
function familyOf({ grantId, sessionUid }: Issued): FamilyPlace | undefined {
  const grant = grantId === undefined ? undefined : internalKey('g', grantId)
  const session = sessionUid === undefined ? undefined : internalKey('u', sessionUid)
  return grant && { grantBucket: grant.bucket, sessionBucket: session?.bucket ?? 0 }
}

interface SessionLike {
  uid: string
  jti: string
  id: string
  oldId?: string | undefined
  touched?: boolean
  save(ttl: number): Promise<string>
}

function useOwnSessionIds(provider: Provider, { clock, random, tokens }: IdDeps): void {
  const Base = provider.Session as unknown as new (payload?: object) => SessionLike // the published class hides uid and save
  class Session extends Base {
    constructor(payload?: { uid?: string }) {
      super(payload)
      if (payload?.uid) return
      const place = { routing: randomRouting(random), bucket: bucketOf(epochSeconds(clock()) + SESSION_ABSOLUTE_S) }
      this.uid = tokens.make('u', place)
      this.jti = tokens.make('s', place)
    }

    /** A new cookie value at sign-in, step-up and sign-out (OIDC-20). The row keeps its key, the uid, so there is no old one to delete. */
    resetIdentifier(): void {
      const place = tokens.parse('u', this.uid)
      if (!place) throw new TypeError('a session uid that was not made here')
      this.id = tokens.make('s', place)
      this.touched = true
    }
  }
  Object.defineProperty(provider, 'Session', { value: Session })
}
