import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { createLocalJWKSet, type JSONWebKeySet, jwtVerify } from 'jose'
import * as client from 'openid-client'
import { confirmed, signIn, signUp, startProtocol, tokensFor } from './protocol.ts'

const app = await startProtocol({ after }, { group: withAlgorithms })
await signUp(app)
const metadata = (await (await fetch(`${app.issuer}/.well-known/openid-configuration`)).json()) as Record<string, unknown>

test('Config OP: the metadata says what there is, and both documents say the same', async () => {
  const oauth = await (await fetch(`${app.issuer}/.well-known/oauth-authorization-server`)).json()
  const { scopes_supported, claims_supported, ...rest } = metadata

  assert.deepEqual(oauth, metadata)
  assert.deepEqual([...(scopes_supported as string[])].sort(), [
    'address',
    'contact',
    'email',
    'identity',
    'location',
    'loyalty',
    'offline_access',
    'openid',
    'phone',
    'preferences',
    'profile',
    'purchases',
    'sizes',
  ])
  for (const claim of [
    'sub',
    'iss',
    'acr',
    'amr',
    'auth_time',
    'sid',
    'name',
    'email',
    'email_verified',
    'phone_number_verified',
    'address',
    'shoe_size',
    'tier',
    'last_orders',
    'home_store',
  ]) {
    assert.ok((claims_supported as string[]).includes(claim), claim)
  }
  const at = (path: string) => `${app.issuer}${path}`
  const expected = {
    issuer: app.issuer,
    authorization_endpoint: at('/authorize'),
    token_endpoint: at('/token'),
    userinfo_endpoint: at('/userinfo'),
    jwks_uri: at('/jwks'),
    end_session_endpoint: at('/sign-out'),
    introspection_endpoint: at('/introspect'),
    revocation_endpoint: at('/revoke'),
    pushed_authorization_request_endpoint: at('/par'),
    registration_endpoint: at('/reg'),
    response_types_supported: ['code'],
    response_modes_supported: ['form_post', 'fragment', 'query', 'jwt', 'query.jwt', 'fragment.jwt', 'form_post.jwt'],
    grant_types_supported: ['authorization_code', 'refresh_token', 'client_credentials'],
    subject_types_supported: ['pairwise'],
    code_challenge_methods_supported: ['S256'],
    token_endpoint_auth_methods_supported: [
      'client_secret_basic',
      'client_secret_post',
      'private_key_jwt',
      'tls_client_auth',
      'self_signed_tls_client_auth',
      'none',
    ],
    token_endpoint_auth_signing_alg_values_supported: ['ES256', 'PS256', 'EdDSA', 'Ed25519', 'RS256'],
    request_object_signing_alg_values_supported: ['ES256', 'PS256', 'EdDSA', 'Ed25519', 'RS256'],
    dpop_signing_alg_values_supported: ['ES256', 'PS256', 'EdDSA', 'Ed25519'],
    authorization_signing_alg_values_supported: ['ES256', 'RS256', 'EdDSA'],
    introspection_signing_alg_values_supported: ['ES256', 'RS256', 'EdDSA'],
    request_parameter_supported: true,
    tls_client_certificate_bound_access_tokens: true,
    authorization_details_types_supported: ['attribute_access'],
    prompt_values_supported: ['none', 'login', 'consent', 'select_account', 'create'],
    acr_values_supported: ['email', 'password', 'mfa', 'phr'],
    claims_parameter_supported: true,
    request_uri_parameter_supported: false,
    authorization_response_iss_parameter_supported: true,
    backchannel_logout_supported: true,
    backchannel_logout_session_supported: true,
    ui_locales_supported: ['en', 'de', 'it', 'ru'],
  }
  const told = Object.fromEntries(Object.keys(expected).map((name) => [name, sorted(rest[name])]))
  assert.deepEqual(told, Object.fromEntries(Object.entries(expected).map(([name, value]) => [name, sorted(value)])))
  for (const name of ['device_authorization_endpoint', 'backchannel_authentication_endpoint']) assert.equal(name in metadata, false, name)
})

test('metadata and keys can be read by pages of any origin; nothing else can be by those of a stranger', async () => {
  const origin = { origin: 'https://shop.example' }

  for (const path of ['/.well-known/openid-configuration', '/jwks']) {
    assert.ok((await fetch(`${app.issuer}${path}`, { headers: origin })).headers.get('access-control-allow-origin'), path)
  }
  const token = await app.token(app.clients.auroraWeb, { grant_type: 'client_credentials' }, origin)
  assert.equal(token.headers.get('access-control-allow-origin'), null)
  assert.equal(token.body.access_token, undefined)
})

test('OIDC-27 the key set has one key for each algorithm, public parts only', async () => {
  const { keys } = (await (await fetch(`${app.issuer}/jwks`)).json()) as { keys: Record<string, string>[] }

  assert.deepEqual(keys.map(({ alg }) => alg).sort(), ['ES256', 'EdDSA', 'RS256'])
  assert.equal(new Set(keys.map(({ kid }) => kid)).size, 3)
  for (const key of keys) {
    assert.equal(key.use, 'sig')
    for (const secret of ['d', 'p', 'q', 'dp', 'dq', 'qi', 'k', 'oth']) assert.equal(secret in key, false, `${key.alg} ${secret}`)
  }
})

test('OIDC-30 Basic OP: an unmodified client library goes from discovery to claims, refresh and logout, by Basic and in the body', async () => {
  const ada = await signIn(app)
  const { auroraWeb } = app.clients
  const post = { ...auroraWeb, auth: client.ClientSecretPost(auroraWeb.secret) }
  const basic = { ...auroraWeb, auth: client.ClientSecretBasic(auroraWeb.secret) }

  for (const { client_id, redirect_uri, auth } of [basic, post]) {
    const config = await client.discovery(new URL(app.issuer), client_id, {}, auth, {
      execute: [client.allowInsecureRequests, client.enableNonRepudiationChecks],
    })
    const verifier = client.randomPKCECodeVerifier()
    const [state, nonce] = [client.randomState(), client.randomNonce()]
    const url = client.buildAuthorizationUrl(config, {
      redirect_uri,
      scope: 'openid profile email',
      code_challenge: await client.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
      max_age: '3600',
      state,
      nonce,
    })
    const callback = (await confirmed(ada, await ada.open(url))).url
    const tokens = await client.authorizationCodeGrant(config, callback, {
      pkceCodeVerifier: verifier,
      expectedState: state,
      expectedNonce: nonce,
      maxAge: 3600,
      idTokenExpected: true,
    })
    const sub = tokens.claims()!.sub
    const info = await client.fetchUserInfo(config, tokens.access_token, sub)
    const refreshed = await client.refreshTokenGrant(config, tokens.refresh_token!)
    await client.tokenRevocation(config, refreshed.refresh_token!)

    assert.deepEqual(info, { sub, name: 'Ada Lovelace', email: 'ada.lovelace@example.com', email_verified: true })
    assert.equal(refreshed.claims()!.sub, sub)
    await assert.rejects(client.fetchUserInfo(config, refreshed.access_token, sub))
  }
})

test('OIDC-30 an ID token is signed as its client registered, ES256 without a word, by a key of the set', async () => {
  const ada = await signIn(app)
  const keys = createLocalJWKSet((await (await fetch(`${app.issuer}/jwks`)).json()) as JSONWebKeySet)
  const { auroraWeb, borealisWeb, parcellyWeb } = app.clients

  for (const [rp, alg] of [
    [auroraWeb, 'ES256'],
    [borealisWeb, 'RS256'],
    [parcellyWeb, 'EdDSA'],
  ] as const) {
    const { id_token } = await tokensFor(app, ada, rp)
    const { protectedHeader } = await jwtVerify(id_token!, keys, { issuer: app.issuer, audience: rp.client_id, algorithms: [alg] })
    assert.ok(protectedHeader.kid)
  }
})

const sorted = (value: unknown): unknown => (Array.isArray(value) ? [...(value as string[])].sort() : value)

/** Two clients that register an algorithm. */
function withAlgorithms(yaml: string): string {
  return yaml
    .replace('client_name: Borealis online shop\n', (line) => `${line}    id_token_signed_response_alg: RS256\n`)
    .replace('client_name: Parcelly\n', (line) => `${line}    id_token_signed_response_alg: EdDSA\n`)
}
