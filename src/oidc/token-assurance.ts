import type { AccessToken, ClientCredentials, KoaContextWithOIDC } from 'oidc-provider'

/**
 * What a JWT access token tells of how the customer signed in (RFC 9068 §2.2.1): as the code or refresh token it is issued for has it, so that a
 * refresh never raises it (MFA-25). Opaque tokens read the same from their grant.
 */
export function tokenAssurance({ oidc }: KoaContextWithOIDC, token: AccessToken | ClientCredentials): Record<string, unknown> | undefined {
  if (!('format' in token) || token.format !== 'jwt') return undefined
  const source = oidc.entities.AuthorizationCode ?? oidc.entities.RefreshToken
  return source && { acr: source.acr, auth_time: source.authTime }
}
