import { createRemoteJWKSet, type JWTVerifyGetKey } from 'jose'
import * as oidc from 'openid-client'

/** What a client is registered with at the provider. */
export interface Registration {
  readonly issuer: string
  readonly clientId: string
  readonly clientSecret: string
  readonly scope: string
}

/** The provider as its metadata describes it. */
export interface Provider {
  readonly config: oidc.Configuration
  /** Its published signing keys, fetched when needed. */
  readonly keys: JWTVerifyGetKey
}

/** Tokens stay on the server; the browser holds only a session id. */
export interface Tokens {
  readonly sub: string
  /** The session at the provider, named by its logout tokens. */
  readonly sid: string | undefined
  idToken: string
  accessToken: string
  refreshToken: string | undefined
  refreshing?: Promise<void> | undefined
}

/** The provider did not answer, or not as a provider does. Trying again may help. */
export class ProviderUnreachable extends Error {
  override readonly name = 'ProviderUnreachable'
}

/** Finds the provider when it is first needed and keeps it; a failure is not kept, so the next visitor tries again. */
export function lazyProvider(registration: Registration): () => Promise<Provider> {
  let found: Promise<Provider> | undefined
  return () => {
    found ??= discover(registration).catch((cause: unknown) => {
      found = undefined
      throw new ProviderUnreachable('discovery failed', { cause })
    })
    return found
  }
}

async function discover({ issuer, clientId, clientSecret }: Registration): Promise<Provider> {
  // The signature of every ID token is checked, although TLS would allow to skip it.
  const execute = [oidc.enableNonRepudiationChecks]
  // Only because the demo's issuer is plain http on this machine. Leave it out when you copy this.
  if (issuer.startsWith('http:')) execute.push(oidc.allowInsecureRequests)
  const config = await oidc.discovery(new URL(issuer), clientId, {}, oidc.ClientSecretBasic(clientSecret), { execute, timeout: 5 })
  return { config, keys: createRemoteJWKSet(new URL(config.serverMetadata().jwks_uri ?? '')) }
}

/** Exchanges the code for tokens. openid-client checks state, issuer, nonce, audience, times and signature. */
export async function redeemCode({ config }: Provider, callback: URL, checks: oidc.AuthorizationCodeGrantChecks): Promise<Tokens> {
  const response = await oidc.authorizationCodeGrant(config, callback, { ...checks, idTokenExpected: true })
  const claims = response.claims()
  if (!claims || !response.id_token) throw new Error('no ID token came with the code')
  return {
    sub: claims.sub,
    sid: typeof claims.sid === 'string' ? claims.sid : undefined,
    idToken: response.id_token,
    accessToken: response.access_token,
    refreshToken: response.refresh_token,
  }
}

/** What the provider says about the customer now. An access token that ran out is refreshed once. */
export async function userInfo({ config }: Provider, tokens: Tokens): Promise<oidc.UserInfoResponse> {
  const used = tokens.accessToken
  try {
    return await oidc.fetchUserInfo(config, used, tokens.sub)
  } catch (error) {
    if (!isTokenRefused(error) || !tokens.refreshToken) throw error
  }
  // Requests of one customer share one refresh, also those that learn late of the refusal: a rotated refresh token works only once.
  if (tokens.accessToken === used) {
    tokens.refreshing ??= refresh(config, tokens, tokens.refreshToken).finally(() => {
      tokens.refreshing = undefined
    })
    await tokens.refreshing
  }
  return oidc.fetchUserInfo(config, tokens.accessToken, tokens.sub)
}

async function refresh(config: oidc.Configuration, tokens: Tokens, refreshToken: string): Promise<void> {
  const response = await oidc.refreshTokenGrant(config, refreshToken)
  tokens.accessToken = response.access_token
  tokens.refreshToken = response.refresh_token ?? refreshToken
  tokens.idToken = response.id_token ?? tokens.idToken
}

/** The provider itself said that the access or refresh token is no longer good; an outage is something else. */
export function isTokenRefused(error: unknown): boolean {
  if (error instanceof oidc.ResponseBodyError) return error.error === 'invalid_grant'
  if (!(error instanceof oidc.WWWAuthenticateChallengeError)) return false
  return error.cause.some(({ parameters }) => parameters.error === 'invalid_token')
}

/** A short word for the log and the page: the protocol's own error code where there is one. Never a token, a code or a claim. */
export function errorCode(error: unknown): string {
  if (error instanceof oidc.AuthorizationResponseError || error instanceof oidc.ResponseBodyError) return error.error
  if (error instanceof oidc.ClientError) return error.code ?? error.name
  // What fetch throws tells the network's reason one level down (ECONNREFUSED).
  const cause = error instanceof Error ? error.cause : undefined
  return cause instanceof Error && 'code' in cause ? String(cause.code) : 'unexpected_error'
}
