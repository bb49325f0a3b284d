import Provider, { type Configuration, type KoaContextWithOIDC, type Client as OidcClient } from 'oidc-provider'

import { AUTH_METHODS, CLIENT_SIGNING_ALGS, SIGNING_ALGS } from '../group/group.ts'
import { JOURNEY_PATH, LEVELS } from '../journey/index.ts'
import type { AccountId, ClientId } from '../store/ids.ts'
import { LOCALES } from '../web/i18n.ts'
import { clientMetadata, scopeClaims } from './client-metadata.ts'
import type { OidcDeps } from './deps.ts'
import { endCopiedFamily } from './end-copied-family.ts'
import { features } from './features.ts'
import { findAccount } from './find-account.ts'
import { freshGrant } from './fresh-grant.ts'
import { ACCESS_TOKEN_S, CODE_S, grantLife, INTERACTION_S, refreshTokenLife, sessionLife } from './lifetimes.ts'
import { limitClientSecrets } from './limit-client-secrets.ts'
import { DPOP_ALGS } from './own-apis/dpop-proof.ts'
import { promptPolicy } from './prompts.ts'
import { publishOnly } from './publish-only.ts'
import { askForToken, registrationModels } from './registration/index.ts'
import { renderError } from './render-error.ts'
import { refusePlainly } from './response-modes.ts'
import { queueBackchannelLogout } from './sign-out.ts'
import { signedMessageRules } from './signed-messages.ts'
import { createAdapterFactory } from './storage/adapter.ts'
import { createTokenTexts } from './storage/token-text.ts'
import { tokenAssurance } from './token-assurance.ts'
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
  registration: '/reg',
} as const

/** What a cookie of the protocol engine lives by; its names follow OIDC-20. */
const cookieOptions = (secure: boolean) => ({ httpOnly: true, sameSite: 'lax' as const, secure })

/** Builds the protocol engine for the group and keys of this moment. It reads both at construction, so a change means a new one. */
export function buildProvider(deps: OidcDeps): Provider {
  const group = deps.group()
  const signingKeys = deps.signingKeys()
  const groupClient = (client: OidcClient) => group.clients.get(client.clientId as ClientId) // client ids come from the group
  const revokingOneAccessToken = (): boolean => {
    const oidc = (Provider.ctx as KoaContextWithOIDC | undefined)?.oidc
    return oidc?.route === 'revocation' && oidc.entities.AccessToken !== undefined
  }
  const { secure } = deps.cookies
  const tokens = createTokenTexts({
    ...{ issuer: deps.issuer, random: deps.random },
    ...{ maskKey: deps.vault.derive('token_place'), successorKey: deps.vault.derive('refresh_successor') },
  })
  const isSilent = (): boolean => {
    const prompt: unknown = (Provider.ctx as KoaContextWithOIDC | undefined)?.oidc.params?.prompt
    return typeof prompt === 'string' && prompt.split(' ').includes('none')
  }
  const isAt = (route: string) => (): boolean => (Provider.ctx as KoaContextWithOIDC | undefined)?.oidc.route === route
  const loginEvidence = (): unknown => {
    const login: object | undefined = (Provider.ctx as KoaContextWithOIDC | undefined)?.oidc.result?.login
    return login && 'evidence' in login ? login.evidence : undefined
  }
  const seams = { isSilent, loginEvidence, isRedemption: isAt('token'), isUserinfo: isAt('userinfo'), endCopied: endCopiedFamily(deps) }
  const storage = { ...deps, pool: deps.store.pool, lookUps: deps.store.lookUps, db: deps.store.db, tokens, ...seams }

  const rules = signedMessageRules(deps)

  const configuration: Configuration = {
    adapter: createAdapterFactory(storage, revokingOneAccessToken, registrationModels(deps)),
    clients: [...group.clients.values()].filter(({ registeredAt }) => !registeredAt).map((client) => clientMetadata(client, group)),
    jwks: { keys: signingKeys.jwks.keys.map((key) => ({ ...key })) as NonNullable<Configuration['jwks']>['keys'] }, // jose's JWK type is wider
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
    clientAuthMethods: [...AUTH_METHODS],
    clientDefaults: {
      id_token_signed_response_alg: group.keys.defaultSigningAlg,
      authorization_signed_response_alg: group.keys.defaultSigningAlg,
      introspection_signed_response_alg: group.keys.defaultSigningAlg,
      token_endpoint_auth_method: 'client_secret_basic',
    },
    assertJwtClientAuthClaimsAndHeader: rules.assertClientAssertion,
    // No symmetric one anywhere: a public key can then never pass for a secret (OIDC-27).
    enabledJWA: {
      authorizationSigningAlgValues: [...SIGNING_ALGS],
      idTokenSigningAlgValues: [...SIGNING_ALGS],
      introspectionSigningAlgValues: [...SIGNING_ALGS],
      userinfoSigningAlgValues: [...SIGNING_ALGS],
      clientAuthSigningAlgValues: [...CLIENT_SIGNING_ALGS],
      requestObjectSigningAlgValues: [...CLIENT_SIGNING_ALGS],
      dPoPSigningAlgValues: [...DPOP_ALGS],
    },
    pkce: { required: () => true },
    // FAPI 2.0 Security Profile §5.3.2.1: its clients hold a key, and a rotation whose answer gets lost signs their customers out.
    rotateRefreshToken: (ctx) => ctx.oidc.isFapi('2.0') === undefined,
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
    extraTokenClaims: tokenAssurance,
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
    features: features(deps, group, rules),
  }
  const provider = new Provider(deps.issuer, configuration)
  useOwnTokenIds(provider, storage)
  limitClientSecrets(provider, deps)
  queueBackchannelLogout(provider, deps)
  refusePlainly(provider)
  publishOnly(provider, signingKeys.published)
  askForToken(provider, ROUTES.registration, deps.issuer)
  return provider
}
