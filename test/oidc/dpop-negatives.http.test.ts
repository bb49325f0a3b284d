import assert from 'node:assert/strict'
import { request as httpRequest } from 'node:http'
import { after, test } from 'node:test'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import { authorizationRequest, codeFrom, redemption, signUp, startProtocol, type Tokens, tokensFor } from './protocol.ts'
import { dpopProof, newKey, now, type TestKey } from './signing.ts'

/** The blocks of the conformance plans for RFC 9449, at the endpoint that binds tokens and at the one that takes them. */

const app = await startProtocol({ after })
const ada = await signUp(app)
const { auroraApp, auroraWeb } = app.clients
const [key, thief, rsa] = await Promise.all([newKey(), newKey(), newKey('RS256')])
const [tokenUri, userinfoUri] = [`${app.issuer}/token`, `${app.issuer}/userinfo`]

const atToken = (dpop: string) => app.token(auroraWeb, { grant_type: 'client_credentials' }, { dpop })

const userinfo = (token: string, headers: Record<string, string>, scheme = 'DPoP') =>
  fetch(userinfoUri, { headers: { authorization: `${scheme} ${token}`, ...headers } })

async function boundTokens(): Promise<Tokens> {
  const request = authorizationRequest(auroraApp, { scope: 'openid email' })
  const { status, body } = await app.token(auroraApp, redemption(request, await codeFrom(ada, request)), {
    dpop: await dpopProof(key, tokenUri),
  })
  assert.equal(status, 200)
  return body
}

const { access_token: token } = await boundTokens()

type Change = NonNullable<Parameters<typeof dpopProof>[2]>

/** The same wrong proof for either endpoint. */
async function both(change: Change, by: TestKey = key): Promise<[number, number]> {
  const forToken = await dpopProof(by, tokenUri, change)
  const forUserinfo = await dpopProof(by, userinfoUri, { method: 'GET', token, ...change })
  return [(await atToken(forToken)).status, (await userinfo(token, { dpop: forUserinfo })).status]
}

const encoded = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')

/** A right proof with another header, its signature left as it was. */
async function withHeader(header: object, uri: string, change: Change = {}): Promise<string> {
  const [, payload, signature] = (await dpopProof(key, uri, change)).split('.')
  return `${encoded(header)}.${payload}.${signature}`
}

const { kid: _, ...jwk } = key.jwk
const privateJwk = await exportJWK(key.private)

test('SEC-18 DPoP: what is missing or wrong in a proof’s claims', async () => {
  const changes: Record<string, Change> = {
    'htm missing': { claims: { htm: undefined } },
    'htm of another method': { claims: { htm: 'PUT' } },
    'htm in small letters': { claims: { htm: 'post' } },
    'htm as list': { claims: { htm: ['POST', 'GET'] } },
    'htu missing': { claims: { htu: undefined } },
    'htu of another path': { claims: { htu: `${app.issuer}/revoke` } },
    'htu of another host': { claims: { htu: 'https://evil.example/token' } },
    'htu of another scheme': { claims: { htu: tokenUri.replace('http:', 'https:') } },
    'htu of another port': { claims: { htu: 'http://localhost:1/token' } },
    'htu in capitals': { claims: { htu: tokenUri.replace('/token', '/TOKEN').replace('/userinfo', '/USERINFO') } },
    'htu that is none': { claims: { htu: 'nonsense' } },
    'htu as number': { claims: { htu: 7 } },
    'iat missing': { claims: { iat: undefined } },
    'iat as text': { claims: { iat: String(now()) } },
    'iat an hour ago': { claims: { iat: now() - 3_600 } },
    'iat in an hour': { claims: { iat: now() + 3_600 } },
    'jti missing': { claims: { jti: undefined } },
    'jti empty': { claims: { jti: '' } },
    'jti as number': { claims: { jti: 7 } },
    'nonce made up': { claims: { nonce: 'made-up' } },
    'nonce as number': { claims: { nonce: 7 } },
  }
  for (const [what, change] of Object.entries(changes)) assert.deepEqual(await both(change), [400, 401], what)
})

test('SEC-18 DPoP: what is missing or wrong in a proof’s header', async () => {
  const changes: Record<string, Change> = {
    'typ missing': { header: { typ: undefined } },
    'typ JWT': { header: { typ: 'JWT' } },
    'jwk missing': { header: { jwk: undefined } },
    'jwk as text': { header: { jwk: JSON.stringify(jwk) } },
    'a private key in jwk': { header: { jwk: privateJwk } },
    'a symmetric key in jwk': { header: { jwk: { kty: 'oct', k: 'AAAA' } } },
    'another key in jwk': { header: { jwk: (({ kid: _kid, ...rest }) => rest)(thief.jwk) } },
    'an address of keys': { header: { jku: 'https://evil.example/jwks' } },
    'an address of certificates': { header: { x5u: 'https://evil.example/cert' } },
  }
  for (const [what, change] of Object.entries(changes)) {
    const [token_, userinfo_] = await both(change)
    assert.ok([400, 401].includes(token_) && [400, 401].includes(userinfo_), `${what}: ${token_} ${userinfo_}`)
  }
  assert.deepEqual(await both({ header: { kid: 'x' } }), [200, 200], 'a name for the key does no harm')
})

test('SEC-18 DPoP: algorithms, signatures and what is no JWT', async () => {
  const hmacKey = new TextEncoder().encode(JSON.stringify(jwk))
  const hmac = (uri: string) =>
    new SignJWT({ jti: 'x', htm: 'POST', htu: uri, iat: now() }).setProtectedHeader({ alg: 'HS256', typ: 'dpop+jwt', jwk }).sign(hmacKey)
  const right = await dpopProof(key, tokenUri)
  const { kid: _rsaKid, ...rsaJwk } = rsa.jwk
  const wrong: Record<string, string> = {
    RS256: await dpopProof(rsa, tokenUri, { header: { jwk: rsaJwk } }),
    HS256: await hmac(tokenUri),
    'alg none': await withHeader({ alg: 'none', typ: 'dpop+jwt', jwk }, tokenUri),
    'alg none, unsigned': `${encoded({ alg: 'none', typ: 'dpop+jwt', jwk })}.${right.split('.')[1]}.`,
    'alg missing': await withHeader({ typ: 'dpop+jwt', jwk }, tokenUri),
    'alg of another kind of key': await withHeader({ alg: 'EdDSA', typ: 'dpop+jwt', jwk }, tokenUri),
    'another signature': `${right.split('.').slice(0, 2).join('.')}.${(await dpopProof(key, tokenUri)).split('.')[2]}`,
    'no signature': right.split('.').slice(0, 2).join('.'),
    'another payload': `${right.split('.')[0]}.${encoded({ jti: 'y', htm: 'POST', htu: tokenUri, iat: now() })}.${right.split('.')[2]}`,
    'one part': 'nonsense',
    'three empty parts': '..',
    'five parts': `${right}.x.y`,
    'two in one header': `${right}, ${await dpopProof(key, tokenUri)}`,
  }
  for (const [what, dpop] of Object.entries(wrong)) {
    const { status, body } = await atToken(dpop)
    assert.deepEqual([status, body.error, body.access_token], [400, 'invalid_dpop_proof', undefined], what)
  }
  const edDsa = await generateKeyPair('EdDSA', { extractable: true })
  const { kid: _edKid, ...edJwk } = { kid: '', ...(await exportJWK(edDsa.publicKey)) }
  const ed = { ...key, alg: 'EdDSA', private: edDsa.privateKey }
  assert.equal((await atToken(await dpopProof(ed, tokenUri, { header: { jwk: edJwk } }))).status, 200)
})

test('SEC-18 DPoP: two headers are none', async () => {
  const proofs = [await dpopProof(key, userinfoUri, { method: 'GET', token }), await dpopProof(key, userinfoUri, { method: 'GET', token })]
  const status = await new Promise<number | undefined>((resolve, reject) => {
    const sent = httpRequest(userinfoUri, { headers: { authorization: `DPoP ${token}`, dpop: proofs } }, (answer) => {
      answer.resume()
      resolve(answer.statusCode)
    })
    sent.on('error', reject).end()
  })

  assert.ok(status === 400 || status === 401, String(status))
})

test('SEC-18 DPoP: what a proof may be like: clocks 10 seconds apart, query and fragment, capitals in the host, claims of its own', async () => {
  const { host } = new URL(app.issuer)
  const changed = (uri: string) => uri.replace(host, host.toUpperCase())
  const accepted: Record<string, [token: Change, userinfo: Change]> = {
    'iat 10 seconds ago': [{ claims: { iat: now() - 10 } }, { claims: { iat: now() - 10 } }],
    'iat in 10 seconds': [{ claims: { iat: now() + 10 } }, { claims: { iat: now() + 10 } }],
    'query and fragment': [{ claims: { htu: `${tokenUri}?a=b#c` } }, { claims: { htu: `${userinfoUri}?a=b#c` } }],
    'capitals in the host': [{ claims: { htu: changed(tokenUri) } }, { claims: { htu: changed(userinfoUri) } }],
    'dots in the path': [{ claims: { htu: `${app.issuer}/./token` } }, { claims: { htu: `${app.issuer}/x/../userinfo` } }],
    'claims of its own': [{ claims: { extra: { a: [1] }, sub: 'x' } }, { claims: { extra: 'x', aud: 'y' } }],
  }
  for (const [what, [forToken, forUserinfo]] of Object.entries(accepted)) {
    assert.equal((await atToken(await dpopProof(key, tokenUri, forToken))).status, 200, what)
    const dpop = await dpopProof(key, userinfoUri, { method: 'GET', token, ...forUserinfo })
    assert.equal((await userinfo(token, { dpop })).status, 200, what)
  }
})

test('SEC-18 DPoP at userinfo: ath, another key, no proof, Bearer, an unbound token with a proof', async () => {
  const proof = (change: Change = {}, by = key) => dpopProof(by, userinfoUri, { method: 'GET', token, ...change })
  const { access_token: unbound } = await tokensFor(app, ada, auroraApp)
  const refused: Record<string, Response> = {
    'ath missing': await userinfo(token, { dpop: await dpopProof(key, userinfoUri, { method: 'GET' }) }),
    'ath of another token': await userinfo(token, { dpop: await proof({ token: unbound }) }),
    'ath as number': await userinfo(token, { dpop: await proof({ claims: { ath: 7 } }) }),
    'another key': await userinfo(token, { dpop: await proof({}, thief) }),
    'no proof': await userinfo(token, {}),
    Bearer: await userinfo(token, {}, 'Bearer'),
    'Bearer with a proof': await userinfo(token, { dpop: await proof() }, 'Bearer'),
    'an unbound token': await userinfo(unbound, { dpop: await proof({ token: unbound }) }),
    'in the body': await fetch(userinfoUri, {
      method: 'POST',
      headers: { dpop: await dpopProof(key, userinfoUri, { token }) },
      body: new URLSearchParams({ access_token: token }),
    }),
  }
  for (const [what, answer] of Object.entries(refused)) {
    assert.ok([400, 401].includes(answer.status), `${what}: ${answer.status}`)
    assert.match(answer.headers.get('www-authenticate') ?? '', /error=|DPoP|Bearer/, what)
  }
  assert.equal((await userinfo(token, { dpop: await proof() }, 'dpop')).status, 200, 'the scheme’s letters have no case')
})

test('SEC-18 DPoP: dpop_jkt and the proof beside a pushed request must be of one key, and so must the token request', async () => {
  const request = authorizationRequest(auroraApp, { dpop_jkt: key.jkt })
  const mismatch = await app.call('/par', request.params, { as: auroraApp, headers: { dpop: await dpopProof(thief, `${app.issuer}/par`) } })
  const match = await app.call('/par', request.params, { as: auroraApp, headers: { dpop: await dpopProof(key, `${app.issuer}/par`) } })
  const page = await ada.open(
    `/authorize?${new URLSearchParams({ client_id: auroraApp.client_id, request_uri: String(match.body.request_uri) })}`,
  )
  const fields = redemption(request, page.url.searchParams.get('code')!)

  assert.deepEqual([mismatch.status, mismatch.body.error], [400, 'invalid_request'])
  assert.equal((await app.token(auroraApp, fields)).body.error, 'invalid_grant')
  assert.equal((await app.token(auroraApp, fields, { dpop: await dpopProof(thief, tokenUri) })).body.error, 'invalid_grant')
})
