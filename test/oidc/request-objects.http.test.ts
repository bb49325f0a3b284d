import assert from 'node:assert/strict'
import { createSecretKey } from 'node:crypto'
import { after, test } from 'node:test'
import { SignJWT } from 'jose'
import type { Shown } from '../harness/http-browser.ts'
import { authorizationRequest, codeFrom, confirmed, redemption, signUp, startProtocol, type TestClient } from './protocol.ts'
import { assertionFields, newKey, now, redirectOf, requestObject, signed, unsigned, webClient, withEntries } from './signing.ts'

const [es256, ps256, edDsa, rs256, foreign] = await Promise.all([
  newKey('ES256', 'es'),
  newKey('PS256', 'ps'),
  newKey('EdDSA', 'ed'),
  newKey('RS256', 'rs'),
  newKey('ES256', 'es'),
])
const SECRET = 'a-secret-of-the-clients-with-keys'
const jwks = { keys: [es256, ps256, edDsa, rs256].map(({ jwk }) => jwk) }
const withSecret = { client_secret: SECRET, jwks }
const app = await startProtocol(
  { after },
  {
    group: withEntries({
      clients: [
        webClient('signing', withSecret),
        webClient('strict', { ...withSecret, require_signed_request_object: true }),
        webClient('pinned', { ...withSecret, request_object_signing_alg: 'PS256' }),
        webClient('other', { client_secret: SECRET, jwks: { keys: [foreign.jwk] } }),
        webClient('asserting', { token_endpoint_auth_method: 'private_key_jwt', jwks }),
      ],
    }),
  },
)
const ada = await signUp(app)
const { issuer } = app
const testClient = (client_id: string): TestClient => ({ client_id, secret: SECRET, redirect_uri: redirectOf(client_id) })
const [signing, strict, pinned, other] = ['signing', 'strict', 'pinned', 'other'].map(testClient) as [
  TestClient,
  TestClient,
  TestClient,
  TestClient,
]

const open = (client: TestClient, request: string, beside: Record<string, string> = {}): Promise<Shown> =>
  ada.open(`/authorize?${new URLSearchParams({ client_id: client.client_id, response_type: 'code', scope: 'openid', request, ...beside })}`)

const push = (client: TestClient, request: string) => app.call('/par', { request }, { as: client })

/** A right request object of this client, and what it takes to redeem its code. */
async function requestOf(client: TestClient, key = es256, change: Parameters<typeof requestObject>[2] = {}) {
  const request = authorizationRequest(client, { scope: 'openid email' })
  return { ...request, object: await requestObject({ issuer, client_id: client.client_id, key }, request.params, change) }
}

test('RFC 9101 a signed request leads to a code, by value and pushed, with each algorithm', async () => {
  for (const key of [es256, ps256, edDsa, rs256]) {
    const byValue = await requestOf(signing, key)
    const page = await confirmed(ada, await open(signing, byValue.object))
    const tokens = await app.token(signing, redemption(byValue, page.url.searchParams.get('code')!))
    const pushed = await requestOf(signing, key)
    const { status, body } = await push(signing, pushed.object)
    const then = await ada.open(`/authorize?${new URLSearchParams({ client_id: 'signing', request_uri: String(body.request_uri) })}`)

    assert.deepEqual([tokens.status, tokens.body.scope], [200, 'openid email'], key.alg)
    assert.equal(page.url.searchParams.get('state'), byValue.params.state)
    assert.equal(status, 201, JSON.stringify(body))
    assert.ok(then.url.searchParams.get('code'), key.alg)
  }
})

test('RFC 9101 §6.3 what stands beside a request object counts for nothing', async () => {
  const { object, ...request } = await requestOf(signing)
  const page = await open(signing, object, { redirect_uri: 'https://evil.example/', scope: 'openid purchases', state: 'x', nonce: 'y' })
  const { body } = await app.token(signing, redemption(request, page.url.searchParams.get('code')!))

  assert.equal(page.url.origin, 'https://signing.example')
  assert.equal(page.url.searchParams.get('state'), request.params.state)
  assert.equal(body.scope, 'openid email')
})

/** The secret and a public key as secrets: what makes an HMAC of them passes nowhere (RFC 8725 §2.1). */
const hmac = (claims: object, key: string | Buffer) =>
  new SignJWT({ ...claims }).setProtectedHeader({ alg: 'HS256' }).sign(createSecretKey(Buffer.from(key)))

test('SEC-8, OIDC-27 a request object that is unsigned, confused, another’s, expired, misaddressed or with a key of its own is refused', async () => {
  const right = (await requestOf(signing)).params
  const claims = { iss: 'signing', aud: issuer, exp: now() + 300, ...right }
  const change = async (change: Parameters<typeof requestObject>[2], key = es256) => (await requestOf(signing, key, change)).object
  const good = await change({})
  const wrong: Record<string, string> = {
    none: unsigned(claims),
    'none with a signature': `${unsigned(claims)}${good.split('.')[2]}`,
    'none in capitals': unsigned(claims, { alg: 'NONE' }),
    'HS256 with the secret': await hmac(claims, SECRET),
    'HS256 with a public key': await hmac(claims, JSON.stringify(rs256.jwk)),
    'another client’s key': await change({}, foreign),
    'another client’s request': (await requestOf(other, foreign)).object,
    'unknown kid': await change({ header: { kid: 'x' } }),
    expired: await change({ claims: { exp: now() - 61 } }),
    'not yet': await change({ claims: { nbf: now() + 120 } }),
    'another audience': await change({ claims: { aud: 'https://evil.example' } }),
    'no audience': await change({ claims: { aud: undefined } }),
    'another issuer': await change({ claims: { iss: 'other' } }),
    'another client_id': await change({ claims: { client_id: 'other' } }),
    'a request in the request': await change({ claims: { request: good } }),
    'a request_uri in the request': await change({ claims: { request_uri: 'urn:ietf:params:oauth:request_uri:x' } }),
    'a changed payload': `${good.split('.')[0]}.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.${good.split('.')[2]}`,
    'an embedded key': await signed(foreign, claims, { jwk: foreign.jwk, kid: undefined }),
    'an embedded key beside the right one': await change({ header: { jwk: es256.jwk } }),
    'an address of keys': await change({ header: { jku: 'https://evil.example/jwks' } }),
    'an address of certificates': await change({ header: { x5u: 'https://evil.example/cert' } }),
    'a client assertion': (await assertionFields({ issuer, client_id: 'signing', key: es256 }, right, { typ: 'client-authentication+jwt' }))
      .client_assertion,
    'an unknown critical header': `${Buffer.from(JSON.stringify({ alg: 'ES256', kid: 'es', crit: ['x'], x: 1 })).toString('base64url')}.${good.split('.').slice(1).join('.')}`,
    nonsense: 'nonsense',
    'three dots': '..',
  }
  for (const [what, object] of Object.entries(wrong)) {
    const page = await open(signing, object)
    const pushed = await push(signing, object)

    assert.equal(page.url.searchParams.has('code'), false, what)
    assert.ok(page.status < 500 && pushed.status === 400, `${what}: ${page.status} ${pushed.status}`)
    assert.match(String(pushed.body.error), /^invalid_request/, what)
  }
  assert.equal((await open(signing, good)).url.searchParams.has('code'), true)
})

test('SEC-8 a client without keys signs nothing; one that registered an algorithm uses that one', async () => {
  const { auroraWeb } = app.clients
  const request = authorizationRequest(auroraWeb)
  const object = await requestObject({ issuer, client_id: 'aurora-web', key: es256 }, request.params)
  const withEs256 = await requestOf(pinned)

  assert.equal((await push(auroraWeb, object)).body.error, 'invalid_request_object')
  assert.equal((await push(pinned, withEs256.object)).body.error, 'invalid_request_object')
  assert.equal((await push(pinned, (await requestOf(pinned, ps256)).object)).status, 201)
})

test('require_signed_request_object: a request that is not signed is refused, pushed or not', async () => {
  const { params, object } = await requestOf(strict)
  const plain = await ada.open(`/authorize?${new URLSearchParams(params)}`)
  const pushed = await app.call('/par', params, { as: strict })

  assert.equal(plain.url.searchParams.get('error'), 'invalid_request')
  assert.deepEqual([pushed.status, pushed.body.error], [400, 'invalid_request'])
  assert.ok((await confirmed(ada, await open(strict, object))).url.searchParams.get('code'))
})

test('a request object at an address is not fetched, whether registered or not', async () => {
  for (const request_uri of ['https://signing.example/request.jwt', 'http://127.0.0.1/request.jwt', 'urn:example:request']) {
    const params = { ...authorizationRequest(signing).params, request_uri }
    const page = await ada.open(`/authorize?${new URLSearchParams(params)}`)

    assert.equal(page.url.searchParams.get('error'), 'request_uri_not_supported', request_uri)
    assert.equal((await app.call('/par', params, { as: signing })).body.error, 'request_uri_not_supported')
  }
})

test('OIDC-28 another’s clock may be a minute off, and no more', async () => {
  const objectWith = async (claims: object) => (await requestOf(signing, es256, { claims })).object
  const isTaken = async (claims: object) => (await open(signing, await objectWith(claims))).url.searchParams.has('code')

  assert.equal(await isTaken({ exp: now() - 30 }), true)
  assert.equal(await isTaken({ nbf: now() + 30 }), true)
  assert.equal(await isTaken({ exp: now() - 61 }), false)
  assert.equal(await isTaken({ nbf: now() + 90 }), false)
  assert.equal((await push(signing, await objectWith({ exp: now() + 20 }))).body.expires_in, 20, 'what is pushed ends with it')
  assert.equal((await push(signing, await objectWith({ exp: now() - 30 }))).body.error, 'invalid_request_object', 'no time is left')
})

test('SEC-4 what a request object says is read as carefully as a form: NULs, lists, objects and huge texts', async () => {
  const odd: object[] = [
    { nonce: 'a\0b' },
    { state: 'a\0b' },
    { redirect_uri: ['https://signing.example/callback', 'https://signing.example/callback'] },
    { scope: { openid: true } },
    { claims: '{"id_token":{"acr":{"essential":true,"value":"\\u0000"}}}' },
    { max_age: 'x' },
    { exp: 'tomorrow' },
    { exp: 1e300 },
    { aud: [issuer, 7] },
    { response_mode: 'query\0' },
    { authorization_details: [{ type: 'attribute_access', purpose: 'service\0', attributes: ['email'] }] },
  ]
  for (const claims of odd) {
    const { object } = await requestOf(signing, es256, { claims })
    const page = await open(signing, object)
    const pushed = await push(signing, object)

    assert.ok(page.status < 500, `${JSON.stringify(claims)}: ${page.status}`)
    assert.ok(pushed.status < 500, `${JSON.stringify(claims)}: ${pushed.status}`)
    assert.equal(page.url.searchParams.get('error') === 'server_error', false, JSON.stringify(claims))
  }
})

test('OIDC-27 an ID token hint counts only with our own signature', async () => {
  const request = authorizationRequest(signing)
  const { body } = await app.token(signing, redemption(request, await codeFrom(ada, request)))
  const [header, payload, signature] = body.id_token!.split('.')
  const claims = JSON.parse(Buffer.from(payload!, 'base64url').toString()) as object
  const kid = (JSON.parse(Buffer.from(header!, 'base64url').toString()) as { kid: string }).kid
  const forged: Record<string, string> = {
    none: unsigned(claims, { kid }),
    'none with the signature': `${unsigned(claims, { kid })}${signature}`,
    'another key under our kid': await signed(es256, claims, { kid }),
    'an embedded key': await signed(es256, claims, { jwk: es256.jwk, kid: undefined }),
    'unknown kid': await signed(es256, claims, { kid: 'x' }),
    'an address of keys': await signed(es256, claims, { jku: 'https://evil.example/jwks', kid: undefined }),
    'the secret': await hmac(claims, SECRET),
    nonsense: 'a.b.c',
  }
  for (const [what, id_token_hint] of Object.entries(forged)) {
    const page = await ada.open(`/authorize?${new URLSearchParams({ ...authorizationRequest(signing, { id_token_hint }).params })}`)
    const out = await ada.open(`/sign-out?${new URLSearchParams({ id_token_hint, post_logout_redirect_uri: 'https://signing.example/' })}`)

    assert.equal(page.url.searchParams.get('error'), 'invalid_request', what)
    assert.ok(out.url.origin === issuer && out.status === 400, `${what}: ${out.status}`)
  }
  const right = authorizationRequest(signing, { id_token_hint: body.id_token! })
  assert.ok(await codeFrom(ada, right))
})

test('OIDC-27 a client assertion is taken with a registered key under its own kid only', async () => {
  const ask = async (claims: object = {}, header: object = {}, key = es256) =>
    (
      await app.call('/token', {
        grant_type: 'client_credentials',
        ...(await assertionFields({ issuer, client_id: 'asserting', key }, claims, header)),
      })
    ).status
  const raw = async (client_assertion: string) =>
    (
      await app.call('/token', {
        ...{ grant_type: 'client_credentials', client_id: 'asserting', client_assertion },
        client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      })
    ).status
  const claims = { iss: 'asserting', sub: 'asserting', aud: issuer, jti: 'a', exp: now() + 60 }

  assert.equal(await ask(), 200)
  assert.equal(await ask({}, { kid: undefined }), 200, 'one of several')
  const refused: Record<string, number> = {
    'another’s key': await ask({}, {}, foreign),
    'unknown kid': await ask({}, { kid: 'x' }),
    'another key’s kid': await ask({}, { kid: 'ps' }),
    'an embedded key': await ask({}, { jwk: foreign.jwk, kid: undefined }, foreign),
    'an embedded key beside the right one': await ask({}, { jwk: es256.jwk }),
    'an address of keys': await ask({}, { jku: 'https://evil.example/' }),
    'an address of certificates': await ask({}, { x5u: 'https://evil.example/' }),
    none: await raw(unsigned(claims)),
    'HS256 with a public key': await raw(await hmac(claims, JSON.stringify(rs256.jwk))),
    'the token endpoint as audience': await ask({ aud: `${issuer}/token` }),
    'another audience too': await ask({ aud: [issuer, 'https://evil.example'] }),
  }
  for (const [what, status] of Object.entries(refused)) assert.equal(status, 401, what)
  assert.equal(await ask({ exp: now() - 30 }), 200, 'OIDC-28: another’s clock')
  assert.equal(await ask({ exp: now() - 61 }), 401)
})
