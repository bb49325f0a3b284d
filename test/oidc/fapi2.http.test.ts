import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { createRemoteJWKSet, decodeProtectedHeader, jwtVerify } from 'jose'
import type { Shown } from '../harness/http-browser.ts'
import { issue } from './mtls/certificates.ts'
import { authorizationRequest, confirmed, protocolOf, type Request, redemption, signUp, startProtocol, type Tokens } from './protocol.ts'
import {
  assertionFields,
  dpopProof,
  newKey,
  now,
  redirectOf,
  requestObject,
  type TestKey,
  unsigned,
  webClient,
  withEntries,
} from './signing.ts'

const [key, ps256, rs256, foreign, holder, thief] = await Promise.all([
  newKey('ES256', 'es'),
  newKey('PS256', 'ps'),
  newKey('RS256', 'rs'),
  newKey('ES256', 'es'),
  newKey(),
  newKey(),
])
const certificate = issue({ subject: [['CN', 'fapi']] })
const x5c = { ...certificate.x509.publicKey.export({ format: 'jwk' }), kid: 'cert', x5c: [certificate.der.toString('base64')] }
const jwks = { keys: [key, ps256, rs256].map(({ jwk }) => jwk) }
const fapi = { profile: 'fapi2', token_endpoint_auth_method: 'private_key_jwt', jwks }
const app = await startProtocol(
  { after },
  {
    trustProxy: ['127.0.0.1'],
    group: (yaml) =>
      withEntries({
        clients: [
          webClient('fapi', fapi),
          webClient('fapi-other', { ...fapi, jwks: { keys: [foreign.jwk] } }),
          webClient('fapi-signed', { ...fapi, require_signed_request_object: true, authorization_signed_response_alg: 'ES256' }),
          webClient('fapi-mtls', {
            profile: 'fapi2',
            token_endpoint_auth_method: 'self_signed_tls_client_auth',
            jwks: { keys: [x5c] },
            tls_client_certificate_bound_access_tokens: true,
          }),
        ],
      })(yaml.replace('default_signing_alg: ES256', 'default_signing_alg: RS256')),
  },
)
const ada = await signUp(app)
const { issuer } = app
const at = (path: string): string => `${issuer}${path}`

interface Party {
  readonly issuer: string
  readonly client_id: string
  readonly key: TestKey
}
const me: Party = { issuer, client_id: 'fapi', key }
const other: Party = { issuer, client_id: 'fapi-other', key: foreign }
const signing: Party = { issuer, client_id: 'fapi-signed', key }

const requestOf = ({ client_id }: Party, extra: Record<string, string | undefined> = {}): Request =>
  authorizationRequest({ client_id, redirect_uri: redirectOf(client_id) }, { scope: 'openid email', ...extra })

const push = async (party: Party, params: Record<string, string>, assertion: Record<string, string> | undefined = undefined) =>
  app.call('/par', { ...params, ...(assertion ?? (await assertionFields(party))) })

const open = (client_id: string, request_uri: string): Promise<Shown> =>
  ada.open(`/authorize?${new URLSearchParams({ client_id, request_uri })}`)

/** The code of a request that was pushed and agreed to. */
async function codeOf(party: Party, request: Request): Promise<string> {
  const { status, body } = await push(party, request.params)
  assert.equal(status, 201, JSON.stringify(body))
  const page = await confirmed(ada, await open(party.client_id, String(body.request_uri)))
  const code = page.url.searchParams.get('code')
  assert.ok(code, String(page.url))
  return code
}

type TokenAnswer = { status: number; body: Tokens & { error?: string } }

/** A request to the token endpoint with assertion and proof. */
const token = async (party: Party, fields: Record<string, string>, proofKey: TestKey = holder): Promise<TokenAnswer> => {
  const headers = { dpop: await dpopProof(proofKey, at('/token')) }
  return app.call<Tokens & { error?: string }>('/token', { ...fields, ...(await assertionFields(party)) }, { headers })
}

async function tokensOf(party: Party): Promise<Tokens> {
  const request = requestOf(party)
  const { status, body } = await token(party, redemption(request, await codeOf(party, request)))
  assert.equal(status, 200, JSON.stringify(body))
  return body
}

test('OIDC-30 FAPI 2.0: pushed, assertion, proof of the key: tokens, bound and strongly signed; iss in the answer', async () => {
  const request = requestOf(me)
  const { body: pushed } = await push(me, request.params)
  const page = await confirmed(ada, await open('fapi', String(pushed.request_uri)))
  const { body } = await token(me, redemption(request, page.url.searchParams.get('code')!))
  const dpop = await dpopProof(holder, at('/userinfo'), { method: 'GET', token: body.access_token })
  const userinfo = await fetch(at('/userinfo'), { headers: { authorization: `DPoP ${body.access_token}`, dpop } })

  assert.equal(page.url.searchParams.get('iss'), issuer)
  assert.equal(body.token_type, 'DPoP')
  assert.equal(decodeProtectedHeader(body.id_token!).alg, 'ES256', 'although the group signs with RS256')
  assert.equal(userinfo.status, 200)
  assert.equal(
    (await jwtVerify(body.id_token!, createRemoteJWKSet(new URL(at('/jwks'))), { issuer, audience: 'fapi' })).payload.nonce,
    request.params.nonce,
  )
})

test('OIDC-30 FAPI 2.0: a second client, without state or nonce, with long ones, scopes in another order', async () => {
  for (const [party, extra] of [
    [other, {}],
    [me, { state: undefined }],
    [me, { nonce: undefined }],
    [me, { nonce: 'n'.repeat(64), state: 's'.repeat(2_000) }],
    [me, { scope: 'email openid' }],
  ] as const) {
    const request = requestOf(party, extra)
    assert.equal((await token(party, redemption(request, await codeOf(party, request)))).status, 200, JSON.stringify(extra))
  }
})

test('OIDC-30 FAPI 2.0 PAR: nothing but a pushed request is taken, once, by its client, for a minute', async () => {
  const plain = await ada.open(`/authorize?${new URLSearchParams(requestOf(me).params)}`)
  const uri = async () => String((await push(me, requestOf(me).params)).body.request_uri)
  const [used, late] = [await uri(), await uri()]
  const stolen = await open('fapi-other', used)
  const first = await open('fapi', used)
  const again = await open('fapi', used)
  const inside = await push(me, { ...requestOf(me).params, request_uri: late })

  assert.equal(plain.url.searchParams.get('error'), 'invalid_request')
  assert.equal(stolen.url.searchParams.has('code'), false)
  assert.equal(first.url.searchParams.has('code'), true)
  assert.equal(again.url.searchParams.has('code'), false)
  assert.equal(inside.body.error, 'request_uri_not_supported')
  assert.equal((await fetch(`${at('/par')}?${new URLSearchParams(requestOf(me).params)}`)).status, 405)
  assert.equal((await app.call('/par', { ...requestOf(me).params })).status, 401)
  await app.advance(61)
  assert.equal((await open('fapi', late)).url.searchParams.has('code'), false)
})

test('OIDC-30 FAPI 2.0 PAR: the page may be reloaded before it is answered', async () => {
  const stranger = ada.copy(() => false)
  const request_uri = String((await push(me, requestOf(me).params)).body.request_uri)
  const address = `/authorize?${new URLSearchParams({ client_id: 'fapi', request_uri })}`

  assert.deepEqual([(await stranger.open(address)).name, (await stranger.open(address)).name], ['identify', 'identify'])
})

test('OIDC-30 FAPI 2.0: PKCE with S256, and the verifier that belongs to it', async () => {
  const right = requestOf(me)
  for (const [what, change] of Object.entries({
    'no challenge': { code_challenge: undefined, code_challenge_method: undefined },
    plain: { code_challenge_method: 'plain' },
    'no method': { code_challenge_method: undefined },
  })) {
    const { status, body } = await push(me, requestOf(me, change).params)
    assert.deepEqual([status, body.error], [400, 'invalid_request'], what)
  }
  const code = await codeOf(me, right)
  const { code_verifier: _, ...without } = redemption(right, code)
  assert.equal((await token(me, without)).body.error, 'invalid_grant')
  assert.equal((await token(me, { ...without, code_verifier: 'v'.repeat(43) })).body.error, 'invalid_grant')
})

test('OIDC-30 FAPI 2.0: response types other than code are refused', async () => {
  for (const response_type of ['token', 'id_token', 'code id_token', 'code token', 'none'])
    assert.equal((await push(me, requestOf(me, { response_type }).params)).body.error, 'unsupported_response_type', response_type)
})

test('OIDC-30, OIDC-28 FAPI 2.0 client assertions: for the issuer alone, as text, fresh, strongly signed, once', async () => {
  const attempt = async (claims: object = {}, header: object = {}, by: TestKey = key) =>
    push(me, requestOf(me).params, await assertionFields({ ...me, key: by }, claims, header))
  const accepted: Record<string, Awaited<ReturnType<typeof attempt>>> = {
    right: await attempt(),
    PS256: await attempt({}, {}, ps256),
    'nbf in 8 seconds': await attempt({ nbf: now() + 8, iat: now() + 8 }),
  }
  const refused: Record<string, Awaited<ReturnType<typeof attempt>>> = {
    RS256: await attempt({}, {}, rs256),
    'another’s key': await attempt({}, {}, foreign),
    'five minutes late': await attempt({ exp: now() - 300 }),
    'nbf in 60 seconds': await attempt({ nbf: now() + 60 }),
    'iat in 61 seconds': await attempt({ iat: now() + 61 }),
    'another audience': await attempt({ aud: 'https://evil.example' }),
    'a list with the issuer': await attempt({ aud: [issuer] }),
    'a list with the issuer and more': await attempt({ aud: [issuer, 'https://evil.example'] }),
    'the endpoint': await attempt({ aud: at('/par') }),
    'the token endpoint': await attempt({ aud: at('/token') }),
    'no audience': await attempt({ aud: undefined }),
    'no sub': await attempt({ sub: undefined }),
    'another sub': await attempt({ sub: 'fapi-other' }),
    'no iss': await attempt({ iss: undefined }),
    'no jti': await attempt({ jti: undefined }),
    'no exp': await attempt({ exp: undefined }),
    'alg none': await push(me, requestOf(me).params, {
      ...(await assertionFields(me)),
      client_assertion: unsigned({ iss: 'fapi', sub: 'fapi', aud: issuer, jti: 'x', exp: now() + 60 }),
    }),
  }
  for (const [what, { status, body }] of Object.entries(accepted)) assert.equal(status, 201, `${what}: ${JSON.stringify(body)}`)
  for (const [what, { status }] of Object.entries(refused)) assert.ok([400, 401].includes(status), `${what}: ${status}`)
  const once = await assertionFields(me)
  assert.deepEqual([(await push(me, requestOf(me).params, once)).status, (await push(me, requestOf(me).params, once)).status], [201, 401])
})

test('OIDC-30, SEC-14 FAPI 2.0: a code is its client’s, once, for a minute, and asks for the key', async () => {
  const [stolen, replayed, late] = [requestOf(me), requestOf(me), requestOf(me)]
  const fields = redemption(stolen, await codeOf(me, stolen))
  assert.equal((await token(other, fields)).body.error, 'invalid_grant')

  const again = redemption(replayed, await codeOf(me, replayed))
  const first = await token(me, again)
  assert.equal(first.status, 200)
  assert.equal((await token(me, again)).body.error, 'invalid_grant')
  assert.equal((await token(me, { grant_type: 'refresh_token', refresh_token: first.body.refresh_token! })).body.error, 'invalid_grant')

  const without = redemption(late, await codeOf(me, late))
  const { status, body } = await app.call('/token', { ...without, ...(await assertionFields(me)) })
  assert.deepEqual([status, body.error], [400, 'invalid_grant'])
  await app.advance(61)
  assert.equal((await token(me, without)).body.error, 'invalid_grant')
})

test('OIDC-30 FAPI 2.0: a refresh token is not rotated, is its client’s, and gives tokens of the key that is shown', async () => {
  const { refresh_token } = await tokensOf(me)
  const fields = { grant_type: 'refresh_token', refresh_token: refresh_token! }
  const [first, second] = [await token(me, fields), await token(me, fields)]
  const byOther = await token(other, fields)
  const unproven = await app.call('/token', { ...fields, ...(await assertionFields(me)) })
  const { access_token } = (await token(me, fields, thief)).body
  const dpop = await dpopProof(holder, at('/userinfo'), { method: 'GET', token: access_token })

  assert.deepEqual([first.status, second.status], [200, 200])
  assert.equal(first.body.refresh_token ?? refresh_token, refresh_token)
  assert.equal(byOther.body.error, 'invalid_grant')
  assert.equal(unproven.body.error, 'invalid_grant')
  assert.equal((await fetch(at('/userinfo'), { headers: { authorization: `DPoP ${access_token}`, dpop } })).status, 401)
})

test('OIDC-30 FAPI 2.0: client credentials are bound too', async () => {
  const bound = await token(me, { grant_type: 'client_credentials' })
  const bare = await app.call('/token', { grant_type: 'client_credentials', ...(await assertionFields(me)) })

  assert.deepEqual([bound.status, bound.body.token_type], [200, 'DPoP'])
  assert.equal(bare.body.error, 'invalid_grant')
})

test('OIDC-30 FAPI 2.0 with mutual TLS: the certificate authenticates the client and binds its tokens', async () => {
  const proxy = protocolOf(app, `http://127.0.0.1:${new URL(issuer).port}`)
  const client = { client_id: 'fapi-mtls', redirect_uri: redirectOf('fapi-mtls') }
  const headers = { 'client-cert': `:${certificate.der.toString('base64')}:` }
  const request = authorizationRequest(client)
  const { body } = await proxy.call('/par', request.params, { as: client, headers })
  const page = await open('fapi-mtls', String(body.request_uri))
  const tokens = await proxy.token(client, redemption(request, page.url.searchParams.get('code')!), headers)

  assert.equal(tokens.status, 200, JSON.stringify(tokens.body))
  assert.equal((await proxy.userinfo(tokens.body.access_token)).status, 401)
  assert.equal((await proxy.call('/par', request.params, { as: client })).status, 401)
})

test('OIDC-30, SEC-8 FAPI 2.0 Message Signing: a signed request, and its answer signed', async () => {
  const request = requestOf(signing, { response_mode: 'jwt' })
  const { status, body } = await push(signing, { request: await requestObject(signing, request.params) })
  const page = await confirmed(ada, await open('fapi-signed', String(body.request_uri)))
  const answer = await jwtVerify(page.url.searchParams.get('response')!, createRemoteJWKSet(new URL(at('/jwks'))), {
    ...{ issuer, audience: 'fapi-signed', algorithms: ['ES256'] },
  })

  assert.equal(status, 201)
  assert.equal((await token(signing, redemption(request, String(answer.payload.code)))).status, 200)
})

test('OIDC-30, SEC-8 FAPI 2.0 Message Signing: request objects that live too long, too early, unsigned, weak or another’s are refused', async () => {
  const { params } = requestOf(signing)
  const attempt = async (claims: object, by: TestKey = key) =>
    push(signing, { request: await requestObject({ ...signing, key: by }, params, { claims }) })
  const accepted: Record<string, Awaited<ReturnType<typeof attempt>>> = {
    right: await attempt({}),
    PS256: await attempt({}, ps256),
    'nbf in 8 seconds': await attempt({ nbf: now() + 8 }),
    'several audiences': await attempt({ aud: [issuer, 'https://elsewhere.example'] }),
    'an hour': await attempt({ nbf: now(), exp: now() + 3_600 }),
  }
  const refused: Record<string, Awaited<ReturnType<typeof attempt>>> = {
    'no exp': await attempt({ exp: undefined }),
    'no nbf': await attempt({ nbf: undefined }),
    'exp before nbf': await attempt({ nbf: now() + 20, exp: now() + 10 }),
    expired: await attempt({ nbf: now() - 600, exp: now() - 300 }),
    'more than an hour': await attempt({ exp: now() + 3_700 }),
    'nbf more than an hour ago': await attempt({ nbf: now() - 3_700 }),
    'nbf in 60 seconds': await attempt({ nbf: now() + 60, exp: now() + 120 }),
    'another audience': await attempt({ aud: 'https://evil.example' }),
    'no audience': await attempt({ aud: undefined }),
    RS256: await attempt({}, rs256),
    'another client’s key': await attempt({}, foreign),
    none: await push(signing, { request: unsigned({ iss: 'fapi-signed', aud: issuer, nbf: now(), exp: now() + 60, ...params }) }),
    unsigned: await push(signing, params),
  }
  for (const [what, { status, body }] of Object.entries(accepted)) assert.equal(status, 201, `${what}: ${JSON.stringify(body)}`)
  for (const [what, { status, body }] of Object.entries(refused)) {
    assert.equal(status, 400, what)
    assert.match(String(body.error), /^invalid_request/, what)
  }
})
