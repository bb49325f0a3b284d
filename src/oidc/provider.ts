import Provider, { type Configuration, type KoaContextWithOIDC, type Client as OidcClient } from 'oidc-provider'

import { JOURNEY_PATH, LEVELS } from '../journey/index.ts'
import type { AccountId, ClientId } from '../store/ids.ts'
import { LOCALES } from '../web/i18n.ts'
import { clientMetadata, scopeClaims } from './client-metadata.ts'
import type { OidcDeps } from './deps.ts'
import { findAccount } from './find-account.ts'
import { freshGrant } from './fresh-grant.ts'
import { ACCESS_TOKEN_S, CODE_S, grantLife, INTERACTION_S, refreshTokenLife, sessionLife } from './lifetimes.ts'
import { promptPolicy } from './prompts.ts'
import { renderError } from './render-error.ts'
import { resourceServer } from './resource-servers.ts'
import { logoutSource, postLogoutSuccessSource, queueBackchannelLogout } from './sign-out.ts'
import { createAdapterFactory } from './storage/adapter.ts'
import { createTokenTexts } from './storage/token-text.ts'
import { useOwnTokenIds } from './token-ids.ts'

/** Where the protocol's endpoints live. Clients find them in the metadata document. */
export const ROUTES = {
  authorization: '/authorize',
  token: '/token',
  userinfo: '/userinfo',
  jwks: '/jwks',
  introspection: '/introspect',
  revocation: '/revoke',
  end_session: '/sign-out',
  pushed_authorization_request: '/par',
} as const

/** What a cookie of the protocol engine lives by; its names follow OIDC-20. */
const cookieOptions = (secure: boolean) => ({ httpOnly: true, sameSite: 'lax' as const, secure })

/** Builds the protocol engine for the group and keys of this moment. It reads both at construction, so a change means a new one. */
export function buildProvider(deps: OidcDeps): Provider {
  const group = deps.group()
  const groupClient = (client: OidcClient) => group.clients.get(client.clientId as ClientId) // client ids come from the group
  const revokingOneAccessToken = (): boolean => {
    const oidc = (Provider.ctx as KoaContextWithOIDC | undefined)?.oidc
    return oidc?.route === 'revocation' && oidc.entities.AccessToken !== undefined
  }
  const { secure } = deps.cookies
  const tokens = createTokenTexts({ issuer: deps.issuer, maskKey: deps.vault.derive('token_place'), random: deps.random })
  const isSilent = (): boolean => {
    const prompt: unknown = (Provider.ctx as KoaContextWithOIDC | undefined)?.oidc.params?.prompt
    return typeof prompt === 'string' && prompt.split(' ').includes('none')
  }
  const storage = { ...deps, pool: deps.store.pool, db: deps.store.db, tokens, isSilent }

  const configuration: Configuration = {
    adapter: createAdapterFactory(storage, revokingOneAccessToken),
    clients: [...group.clients.values()].map((client) => clientMetadata(client, group)),
    jwks: { keys: deps.signingKeys.keys.map((key) => ({ ...key })) as NonNullable<Configuration['jwks']>['keys'] }, // jose's JWK type is wider
    routes: { ...ROUTES },
    cookies: {
      names: {
        session: deps.cookies.host('atrium_session'),
        interaction: deps.cookies.pathBound('atrium_interaction'),
        resume: deps.cookies.pathBound('atrium_resume'),
      },
      long: { ...cookieOptions(secure), path: '/', signed: false },
      // No path here: each interaction's cookies have their own, which keeps two tabs apart. Signed: its value stands in the journey's address too, and whoever finds the address must not be able to make the cookie (OIDC-21).
      short: { ...cookieOptions(secure), signed: true },
      keys: [deps.vault.derive('cookies').toString('base64url')],
    },
    // How the customer signed in is said in every ID token; userinfo has no value for it.
    claims: {
      ...scopeClaims(group),
      acr: null,
      amr: null,
      auth_time: null,
      iss: null,
      sid: null,
      openid: ['sub', 'acr', 'amr', 'auth_time'],
    },
    scopes: ['openid', 'offline_access'],
    acrValues: [...LEVELS],
    subjectTypes: ['pairwise'],
    responseTypes: ['code'],
    clientAuthMethods: ['client_secret_basic', 'client_secret_post', 'private_key_jwt', 'none'],
    clientDefaults: { id_token_signed_response_alg: group.keys.defaultSigningAlg, token_endpoint_auth_method: 'client_secret_basic' },
    enabledJWA: {
      idTokenSigningAlgValues: ['ES256', 'RS256', 'EdDSA'],
      dPoPSigningAlgValues: ['ES256', 'EdDSA', 'PS256'],
      userinfoSigningAlgValues: ['ES256', 'RS256', 'EdDSA'],
    },
    pkce: { required: () => true },
    rotateRefreshToken: true,
    issueRefreshToken: (_ctx, client) =>
      Promise.resolve(client.grantTypeAllowed('refresh_token') && ['web', 'app'].includes(groupClient(client)?.channel ?? '')),
    expiresWithSession: (_ctx, source) => Promise.resolve(!source.scopes.has('offline_access')),
    loadExistingGrant: (ctx) => freshGrant(deps, ctx),
    findAccount: findAccount(deps),
    pairwiseIdentifier: (_ctx, accountId, client) => {
      const recipient = groupClient(client)?.recipient
      const sector = (recipient && group.recipients.get(recipient)?.subjectSector) ?? client.clientId
      return deps.accounts.subjectFor(deps.store.db, accountId as AccountId, sector) // oidc-provider hands back what was stored
    },
    sectorIdentifierUriValidate: () => false,
    interactions: { policy: promptPolicy(deps), url: (_ctx, interaction) => `${JOURNEY_PATH}/${interaction.uid}` },
    discovery: {
      ui_locales_supported: [...LOCALES],
      prompt_values_supported: ['none', 'login', 'consent', 'select_account', 'create'],
    },
    // A single-page app may call from where it is redirected to; anybody else's page may not (SEC-101).
    clientBasedCORS: (_ctx, origin, client) =>
      origin !== 'null' && (client.redirectUris ?? []).some((uri) => URL.parse(uri)?.origin === origin),
    extraParams: [],
    fetch: deps.fetch as NonNullable<Configuration['fetch']>, // takes what the library sends, and nothing that would weaken the guard
    allowOmittingSingleRegisteredRedirectUri: false,
    conformIdTokenClaims: true,
    clockTolerance: 60,
    renderError: renderError(deps),
    ttl: {
      AccessToken: ACCESS_TOKEN_S,
      AuthorizationCode: CODE_S,
      ClientCredentials: ACCESS_TOKEN_S,
      IdToken: ACCESS_TOKEN_S,
      Interaction: INTERACTION_S,
      Session: (_ctx, session) => sessionLife(session, deps.clock()),
      Grant: (ctx) => grantLife(ctx.oidc?.requestParamScopes?.has('offline_access') ?? true),
      RefreshToken: (_ctx, token, client) => refreshTokenLife(group, token, client),
    },
    features: {
      backchannelLogout: { enabled: true },
      claimsParameter: { enabled: true },
      clientCredentials: { enabled: true },
      devInteractions: { enabled: false },
      // Nonces are offered, for clients whose clock is wrong, and not asked of anybody (OIDC-29). Every node makes the same.
      dPoP: { enabled: true, nonceSecret: deps.vault.derive('dpop_nonce'), requireNonce: () => false },
      introspection: {
        enabled: true,
        // Only the client a token was made for, or the API it is for, learns about it (OIDC-26).
        allowedPolicy: (_ctx, client, token) => client.clientAuthMethod !== 'none' && client.clientId === token.clientId,
      },
      pushedAuthorizationRequests: { enabled: true },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: (_ctx, resource, client) => {
          const known = groupClient(client)
          if (!known) throw new TypeError('a client that is not in the group')
          return resourceServer(group, deps.issuer, resource, known)
        },
        useGrantedResource: () => false,
      },
      revocation: { enabled: true, allowedPolicy: (_ctx, client, token) => client.clientId === token.clientId },
      rpInitiatedLogout: { enabled: true, logoutSource: logoutSource(deps), postLogoutSuccessSource: postLogoutSuccessSource(deps) },
      userinfo: { enabled: true },
    },
  }
  const provider = new Provider(deps.issuer, configuration)
  useOwnTokenIds(provider, storage)
  queueBackchannelLogout(provider, deps)
  return provider
}
