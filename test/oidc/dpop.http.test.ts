import assert from 'node:assert/strict'
import { createHash, randomUUID } from 'node:crypto'
import { after, test } from 'node:test'
import { type CryptoKey, calculateJwkThumbprint, exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose'
import { authorizationRequest, codeFrom, payloadOf, redemption, signUp, startProtocol } from './protocol.ts'

const app = await startProtocol({ after })
const ada = await signUp(app)
const { auroraApp, auroraWeb } = app.clients

interface Key {
  readonly jwk: JWK
  readonly private: CryptoKey
  readonly jkt: string
}

async function newKey(alg = 'ES256'): Promise<Key> {
  const pair = await generateKeyPair(alg, { extractable: true })
  const jwk = await exportJWK(pair.publicKey)
  return { jwk, private: pair.privateKey, jkt: await calculateJwkThumbprint(jwk) }
}

/** A DPoP proof (RFC 9449 §4.2), right unless told otherwise. */
async function proof(
  key: Key,
  path: string,
  { method = 'POST', token, claims = {}, header = {} }: { method?: string; token?: string; claims?: object; header?: object } = {},
): Promise<string> {
  const payload = {
    jti: randomUUID(),
    htm: method,
    htu: `${app.issuer}${path}`,
    iat: Math.floor(Date.now() / 1000),
    ...(token ? { ath: createHash('sha256').update(token).digest('base64url') } : {}),
    ...claims,
  }
  return new SignJWT(payload).setProtectedHeader({ alg: 'ES256', typ: 'dpop+jwt', jwk: key.jwk, ...header }).sign(key.private)
}

async function boundTokens(key: Key) {
  const request = authorizationRequest(auroraApp, { scope: 'openid email' })
  const code = await codeFrom(ada, request)
  const { status, body } = await app.token(auroraApp, redemption(request, code), { dpop: await proof(key, '/token') })
  assert.equal(status, 200, JSON.stringify(body))
  return body
}

const userinfo = async (token: string, dpop: string | undefined, scheme = 'DPoP') =>
  fetch(`${app.issuer}/userinfo`, { headers: { authorization: `${scheme} ${token}`, ...(dpop ? { dpop } : {}) } })

test('OIDC-25 a code flow with DPoP gives bound tokens, which open userinfo with a proof of that key', async () => {
  const key = await newKey()
  const tokens = await boundTokens(key)

  const answer = await userinfo(tokens.access_token, await proof(key, '/userinfo', { method: 'GET', token: tokens.access_token }))

  assert.equal(tokens.token_type, 'DPoP')
  assert.equal(answer.status, 200)
  assert.equal(((await answer.json()) as { email: string }).email, 'ada.lovelace@example.com')
})

test('a bound access token is of no use as a bearer token, without a proof or with another key’s', async () => {
  const [key, thief] = [await newKey(), await newKey()]
  const { access_token: token } = await boundTokens(key)
  const answers = {
    bearer: await userinfo(token, undefined, 'Bearer'),
    'bearer with a proof': await userinfo(token, await proof(key, '/userinfo', { method: 'GET', token }), 'Bearer'),
    'no proof': await userinfo(token, undefined),
    'another key': await userinfo(token, await proof(thief, '/userinfo', { method: 'GET', token })),
  }
  for (const [what, answer] of Object.entries(answers)) {
    assert.ok([400, 401].includes(answer.status), `${what}: ${answer.status}`)
    assert.ok(answer.headers.get('www-authenticate'), what)
  }
})

test('OIDC-29 a proof with wrong htu, htm, ath, iat, typ, algorithm or key is refused', async () => {
  const key = await newKey()
  const { access_token: token } = await boundTokens(key)
  const now = Math.floor(Date.now() / 1000)
  const good = { method: 'GET', token }
  const other = await newKey()
  const wrong: Record<string, string> = {
    htu: await proof(key, '/token', good),
    'htu of another host': await proof(key, '/userinfo', { ...good, claims: { htu: 'http://evil.example/userinfo' } }),
    htm: await proof(key, '/userinfo', { ...good, method: 'POST' }),
    ath: await proof(key, '/userinfo', { method: 'GET', token: `${token}x` }),
    'no ath': await proof(key, '/userinfo', { method: 'GET' }),
    'old iat': await proof(key, '/userinfo', { ...good, claims: { iat: now - 3600 } }),
    'future iat': await proof(key, '/userinfo', { ...good, claims: { iat: now + 3600 } }),
    'no iat': await proof(key, '/userinfo', { ...good, claims: { iat: undefined } }),
    'no jti': await proof(key, '/userinfo', { ...good, claims: { jti: undefined } }),
    typ: await proof(key, '/userinfo', { ...good, header: { typ: 'JWT' } }),
    'another public key': await proof(key, '/userinfo', { ...good, header: { jwk: other.jwk } }),
    'a private key': await proof(key, '/userinfo', { ...good, header: { jwk: await exportJWK(key.private) } }),
    'alg none': `${Buffer.from(JSON.stringify({ alg: 'none', typ: 'dpop+jwt', jwk: key.jwk })).toString('base64url')}.${(await proof(key, '/userinfo', good)).split('.')[1]}.`,
    nonsense: 'nonsense',
  }
  for (const [what, dpop] of Object.entries(wrong)) {
    const answer = await userinfo(token, dpop)
    assert.ok([400, 401].includes(answer.status), `${what}: ${answer.status}`)
  }
  assert.equal((await userinfo(token, await proof(key, '/userinfo', good))).status, 200)
})

test('OIDC-29 a proof works once, also when it comes many times at the same moment', async () => {
  const key = await newKey()
  const { access_token: token } = await boundTokens(key)
  const [once, raced] = [await proof(key, '/userinfo', { method: 'GET', token }), await proof(key, '/userinfo', { method: 'GET', token })]

  const inTurn = [await userinfo(token, once), await userinfo(token, once)].map(({ status }) => status)
  const atOnce = await Promise.all(Array.from({ length: 10 }, () => userinfo(token, raced)))

  assert.deepEqual(inTurn, [200, 401])
  assert.deepEqual(atOnce.map(({ status }) => status).sort(), [200, ...Array(9).fill(401)])
  for (const answer of atOnce.filter((a) => a.status === 401)) {
    assert.equal(((await answer.json()) as { error: string }).error, 'invalid_token')
    assert.match(answer.headers.get('www-authenticate') ?? '', /^DPoP /)
  }
})

test('OIDC-29 at the token endpoint too: of ten requests for client credentials with one proof one wins', async () => {
  const key = await newKey()
  const dpop = await proof(key, '/token')

  const answers = await Promise.all(Array.from({ length: 10 }, () => app.token(auroraWeb, { grant_type: 'client_credentials' }, { dpop })))

  assert.deepEqual(answers.map(({ status, body }) => body.error ?? status).sort(), [200, ...Array(9).fill('invalid_grant')])
  assert.equal(answers.find(({ status }) => status === 200)?.body.token_type, 'DPoP')
})

test('OIDC-29 a client whose clock is wrong gets a nonce, and its proof counts with it and with no other', async () => {
  const key = await newKey()
  const iat = Math.floor(Date.now() / 1000) - 3600
  const ask = async (nonce?: string) =>
    app.token(auroraWeb, { grant_type: 'client_credentials' }, { dpop: await proof(key, '/token', { claims: { iat, nonce } }) })

  const first = await ask()
  const nonce = first.headers.get('dpop-nonce')

  assert.deepEqual([first.status, first.body.error], [400, 'use_dpop_nonce'])
  assert.equal((await ask(nonce!)).status, 200)
  assert.equal((await ask('made-up')).body.error, 'use_dpop_nonce')
})

test('SEC-15 an app’s refresh token is bound to its key and rotates with it only', async () => {
  const [key, thief] = [await newKey(), await newKey()]
  const { refresh_token } = await boundTokens(key)
  const refresh = (dpop?: string) =>
    app.token(auroraApp, { grant_type: 'refresh_token', refresh_token: refresh_token! }, dpop ? { dpop } : {})

  assert.equal((await refresh()).body.error, 'invalid_grant')
  assert.equal((await refresh(await proof(thief, '/token'))).body.error, 'invalid_grant')
  const rotated = await refresh(await proof(key, '/token'))

  assert.deepEqual([rotated.status, rotated.body.token_type], [200, 'DPoP'])
})

test('a code that was asked for with dpop_jkt is redeemed with that key only', async () => {
  const [key, thief] = [await newKey(), await newKey()]
  const request = authorizationRequest(auroraApp, { dpop_jkt: key.jkt })
  const fields = redemption(request, await codeFrom(ada, request))

  assert.equal((await app.token(auroraApp, fields)).body.error, 'invalid_grant')
  const stolen = await app.token(auroraApp, fields, { dpop: await proof(thief, '/token') })
  assert.equal(stolen.body.error, 'invalid_grant')
})

test('the token’s cnf tells the key: introspection and JWT', async () => {
  const key = await newKey('ES256')
  const dpop = () => proof(key, '/token')
  const { body } = await app.token(
    auroraWeb,
    { grant_type: 'client_credentials', resource: `${app.issuer}/customers`, scope: 'consents:read' },
    { dpop: await dpop() },
  )

  const told = await app.introspect(auroraWeb, body.access_token)

  assert.deepEqual(told.body.cnf, { jkt: key.jkt })
  assert.equal(told.body.token_type, 'DPoP')
})

test('a pushed request may carry the proof; replayed at the same moment one is taken', async () => {
  const key = await newKey()
  const request = authorizationRequest(auroraApp)
  const dpop = await proof(key, '/par')

  const answers = await Promise.all(Array.from({ length: 5 }, () => app.call('/par', request.params, { as: auroraApp, headers: { dpop } })))

  assert.deepEqual(answers.map(({ status }) => status).sort(), [201, 400, 400, 400, 400])
  for (const { body } of answers.filter((a) => a.status === 400)) assert.equal(body.error, 'invalid_request')
  const request_uri = String(answers.find((a) => a.status === 201)!.body.request_uri)
  const code = (
    await ada.submit(await ada.open(`/authorize?${new URLSearchParams({ client_id: 'aurora-app', request_uri })}`))
  ).url.searchParams.get('code')!
  assert.equal((await app.token(auroraApp, redemption(request, code))).body.error, 'invalid_grant')
  const again = authorizationRequest(auroraApp, { dpop_jkt: key.jkt })
  const bound = await app.token(auroraApp, redemption(again, await codeFrom(ada, again)), { dpop: await proof(key, '/token') })
  assert.equal(bound.body.token_type, 'DPoP')
  assert.ok(payloadOf(bound.body.id_token!).sub)
})
