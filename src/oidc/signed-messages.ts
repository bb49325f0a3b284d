import { errors, type KoaContextWithOIDC } from 'oidc-provider'
import { FAPI_SIGNING_ALGS } from '../group/group.ts'
import { type Clock, epochSeconds } from '../ports/clock.ts'

type Json = Readonly<Record<string, unknown>>

/** Keys that a message brings along or names the address of (RFC 7515 §4.1): only those a client is registered with count (OIDC-27). */
const FOREIGN_KEYS = ['jwk', 'jku', 'x5u']

/** RFC 9101 §4 and what signers write without thinking. A message of another explicit type is no request object. */
const REQUEST_TYPES: readonly unknown[] = [undefined, 'oauth-authz-req+jwt', 'JWT', 'jwt']

/** FAPI 2.0 Message Signing §5.3.1: how long a request object may live, in seconds. */
const LONGEST_REQUEST_S = 3_600
/**
 * How long a client assertion may live, in seconds: an hour, and a minute for the client's clock. It is remembered that long, so that it works once
 * (RFC 7523 §3 lets a server refuse what expires unreasonably far in the future).
 */
const LONGEST_ASSERTION_S = 3_660
/** FAPI 2.0 Security Profile §5.3.2.1: 10 seconds ahead must be accepted, more than 60 must not. Everybody else gets the usual 60. */
const FAPI_AHEAD_S = 30

/** Whether a header names keys that are not the registered ones. */
const bringsOwnKey = (header: Json): boolean => FOREIGN_KEYS.some((name) => header[name] !== undefined)

/** What oidc-provider leaves open about the JWTs that clients sign: {@link assertClientAssertion} and {@link assertRequestObject}. */
export function signedMessageRules({ clock, issuer }: { readonly clock: Clock; readonly issuer: string }) {
  const isAhead = (time: unknown): boolean => typeof time === 'number' && time > epochSeconds(clock()) + FAPI_AHEAD_S

  return {
    /**
     * A client assertion (RFC 7523) is for this issuer and for nobody else, so that it cannot be one that was made for another server
     * (OIDC-15, RFC 7523bis). For `fapi2`: as one text, signed with a strong algorithm, not from the future.
     */
    assertClientAssertion(ctx: KoaContextWithOIDC, claims: Json, header: Json): void {
      const audiences = [claims.aud].flat()
      if (audiences.some((audience) => audience !== issuer)) throw new errors.InvalidClientAuth('audience (aud) must be the issuer')
      if (bringsOwnKey(header)) throw new errors.InvalidClientAuth('the header must not bring a key')
      if (Number(claims.exp) > epochSeconds(clock()) + LONGEST_ASSERTION_S) throw new errors.InvalidClientAuth('exp is too far ahead')
      if (!ctx.oidc.isFapi('2.0')) return
      if (Array.isArray(claims.aud)) throw new errors.InvalidClientAuth('audience (aud) must be the issuer as text')
      if (!FAPI_SIGNING_ALGS.includes(String(header.alg))) throw new errors.InvalidClientAuth('alg is not allowed by the profile')
      if (isAhead(claims.nbf) || isAhead(claims.iat)) throw new errors.InvalidClientAuth('jwt not active yet')
    },

    /** A request object (RFC 9101), also the unsigned one in which oidc-provider keeps a pushed request. */
    assertRequestObject(ctx: KoaContextWithOIDC, claims: Json, header: Json): void {
      if (bringsOwnKey(header)) throw new errors.InvalidRequestObject('the header must not bring a key')
      if (!REQUEST_TYPES.includes(header.typ)) throw new errors.InvalidRequestObject('typ is not that of a Request Object')
      if (!ctx.oidc.isFapi('2.0')) return
      const isKept = ctx.oidc.entities.PushedAuthorizationRequest !== undefined // its signature, if any, was checked when it was pushed
      if (!isKept && !FAPI_SIGNING_ALGS.includes(String(header.alg)))
        throw new errors.InvalidRequestObject('alg is not allowed by the profile')
      const { exp, nbf } = claims
      if (typeof exp !== 'number' || typeof nbf !== 'number') throw new errors.InvalidRequestObject('exp and nbf must be there')
      if (exp <= nbf || exp - nbf > LONGEST_REQUEST_S) throw new errors.InvalidRequestObject('exp is too far from nbf')
      if (isAhead(nbf) || isAhead(claims.iat)) throw new errors.InvalidRequestObject('jwt not active yet')
    },
  }
}
