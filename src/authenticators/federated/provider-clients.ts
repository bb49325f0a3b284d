import { createPrivateKey } from 'node:crypto'
import { SignJWT } from 'jose'
import type { ClientAuth, Configuration, CustomFetch, ServerMetadata } from 'openid-client'
import type { IdentityProvider } from '../../group/group.ts'
import type { Clock } from '../../ports/clock.ts'
import type { GuardedFetch } from '../../ports/guarded-fetch.ts'

interface Deps {
  readonly fetch: GuardedFetch
  readonly clock: Clock
}

/** How long a provider's metadata is believed. Its keys openid-client keeps for five minutes, and asks again for a new one at most once a minute. */
const KEPT_S = 3_600
/** How long a provider that did not answer is not asked again: nobody else waits for it meanwhile. */
const SPARED_S = 10

/** openid-client and what it learned of a provider. */
export interface ProviderClient {
  readonly library: typeof import('openid-client')
  readonly config: Configuration
}

/** The library, loaded with the first use. */
const library = () => import('openid-client')

/**
 * A client for each provider, discovered when it is first needed. Kept with the provider's entry in the running group: one that is changed or taken out is
 * forgotten with it.
 */
export function createProviderClients(deps: Deps): (provider: IdentityProvider) => Promise<ProviderClient> {
  const known = new WeakMap<IdentityProvider, { readonly client: Promise<ProviderClient>; until: number }>()
  return async (provider) => {
    const nowMs = deps.clock().getTime()
    const kept = known.get(provider)
    if (kept && nowMs < kept.until) return kept.client
    const entry = { client: discovered(deps, provider), until: nowMs + KEPT_S * 1000 }
    known.set(provider, entry)
    entry.client.catch(() => {
      entry.until = deps.clock().getTime() + SPARED_S * 1000
    })
    return entry.client
  }
}

async function discovered(deps: Deps, provider: IdentityProvider): Promise<ProviderClient> {
  const oidc = await library()
  const issuer = new URL(provider.issuer)
  // TLS would let the signature be skipped; it is checked all the same.
  const execute = [oidc.enableNonRepudiationChecks]
  // The group file's schema lets plain http stand for loopback alone, and the guarded fetch reaches that outside production alone.
  if (issuer.protocol === 'http:') execute.push(oidc.allowInsecureRequests)
  // Whatever its metadata names is fetched through the guard too.
  const guarded: CustomFetch = (url, { method, headers, body, signal }) =>
    deps.fetch(url, {
      method,
      headers,
      ...(body instanceof URLSearchParams || typeof body === 'string' ? { body } : {}),
      ...(signal && { signal }),
    })
  const secret = provider.apple ? await appleSecret(provider, deps.clock) : provider.secret.reveal()
  const [basic, post] = [oidc.ClientSecretBasic(secret), oidc.ClientSecretPost(secret)]
  const authenticate: ClientAuth = (server, ...request) => (sendsBasic(provider, server) ? basic : post)(server, ...request)
  const config = await oidc.discovery(issuer, provider.clientId, {}, authenticate, { execute, [oidc.customFetch]: guarded })
  return { library: oidc, config }
}

function sendsBasic({ apple, tokenEndpointAuthMethod }: IdentityProvider, server: ServerMetadata): boolean {
  if (apple) return false
  if (tokenEndpointAuthMethod) return tokenEndpointAuthMethod === 'client_secret_basic'
  return server.token_endpoint_auth_methods_supported?.includes('client_secret_basic') ?? true
}

/** Apple's client secrets are JWTs that we sign; this one lives a little longer than it is kept. */
async function appleSecret({ issuer, clientId, secret, apple }: IdentityProvider, clock: Clock): Promise<string> {
  const nowS = Math.floor(clock().getTime() / 1000)
  return new SignJWT()
    .setProtectedHeader({ alg: 'ES256', kid: apple?.keyId ?? '' })
    .setIssuer(apple?.teamId ?? '')
    .setSubject(clientId)
    .setAudience(issuer)
    .setIssuedAt(nowS)
    .setExpirationTime(nowS + 2 * KEPT_S)
    .sign(createPrivateKey(secret.reveal()))
}
