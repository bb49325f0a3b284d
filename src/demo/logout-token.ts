import { errors, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from 'jose'

const LOGOUT_EVENT = 'http://schemas.openid.net/event/backchannel-logout'
/** What Atrium signs with. Naming them keeps `none` and shared-secret algorithms out. */
const ALGORITHMS = ['ES256', 'RS256', 'EdDSA', 'Ed25519']

/** Whose session ended at the provider: one of them is always there. */
export interface LogoutSubject {
  readonly sub?: string
  readonly sid?: string
}

export type LogoutTokenResult =
  | { readonly ok: true; readonly jti: string; readonly ended: LogoutSubject }
  | { readonly ok: false; readonly reason: string }

/**
 * Verifies a logout token by OpenID Connect Back-Channel Logout 1.0 §2.6. Whether its `jti` was seen before is the caller's to know.
 *
 * @returns who was signed out, or why the token is refused. Throws only when the provider's keys cannot be fetched.
 */
export async function verifyLogoutToken(
  token: string,
  { issuer, clientId, keys }: { issuer: string; clientId: string; keys: JWTVerifyGetKey },
): Promise<LogoutTokenResult> {
  try {
    const { payload } = await jwtVerify(token, keys, {
      issuer,
      audience: clientId,
      typ: 'logout+jwt',
      algorithms: ALGORITHMS,
      requiredClaims: ['iat', 'exp', 'jti', 'events'],
      clockTolerance: 30,
    })
    return readPayload(payload)
  } catch (error) {
    if (!(error instanceof errors.JOSEError) || isFetchFailure(error)) throw error
    return { ok: false, reason: error.code }
  }
}

function readPayload({ jti, events, nonce, sub, sid }: JWTPayload): LogoutTokenResult {
  if (!isRecord(events) || !isRecord(events[LOGOUT_EVENT])) return { ok: false, reason: 'not_a_logout_event' }
  // With a nonce it could be an ID token put to another use (§2.4).
  if (nonce !== undefined) return { ok: false, reason: 'nonce_present' }
  if (typeof jti !== 'string' || !isOptionalText(sub) || !isOptionalText(sid)) return { ok: false, reason: 'malformed_claim' }
  if (sub === undefined && sid === undefined) return { ok: false, reason: 'nobody_named' }
  return { ok: true, jti, ended: { ...(sub !== undefined && { sub }), ...(sid !== undefined && { sid }) } }
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value)

const isOptionalText = (value: unknown): value is string | undefined => value === undefined || (typeof value === 'string' && value !== '')

/** The provider's key set did not come: the token may well be good, and the provider should try again. */
const isFetchFailure = (error: errors.JOSEError): boolean => error instanceof errors.JWKSTimeout || error.code === 'ERR_JOSE_GENERIC'
