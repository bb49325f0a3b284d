import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { freePorts } from '../harness/app.ts'
import type { HttpBrowser } from '../harness/http-browser.ts'
import { ADA } from '../harness/shopper.ts'
import { personsAt } from '../journeys/second-factor.ts'
import {
  authorizationRequest,
  authorize,
  codeFrom,
  confirmed,
  payloadOf,
  redemption,
  sender,
  signIn,
  signOut,
  signUp,
  startProtocol,
  startTwin,
  type TestClient,
  tokensFor,
} from '../oidc/protocol.ts'
import { dpopProof, newKey, now, redirectOf, webClient, withEntries } from '../oidc/signing.ts'
import { customersOf, problemOf } from './customers-api.ts'

const SECRET = 'a-secret-of-the-own-apis-clients'
const SCOPE = 'openid email consents:read customers:create'
const app = await startProtocol(
  { after },
  {
    group: withEntries({
      recipients: [
        { key: 'careful', kind: 'brand', name: 'Careful', apis: [{ resource: 'https://api.careful.example/', scopes: ['orders'] }] },
      ],
      clients: [
        webClient('careful-web', {
          recipient: 'careful',
          client_secret: SECRET,
          scope: `${SCOPE} orders`,
          minimum_acr: 'password',
          default_max_age: 600,
        }),
        webClient('narrow-web', { client_secret: SECRET, scope: 'openid email consents:read' }),
      ],
    }),
  },
)
const { auroraWeb, borealisWeb, parcellyWeb } = app.clients
const careful: TestClient = { client_id: 'careful-web', secret: SECRET, redirect_uri: redirectOf('careful-web') }
const { call, tokenOf, resource } = customersOf(app)
const ada = await signUp(app)
const sub = String(payloadOf((await tokensFor(app, ada, auroraWeb)).id_token!).sub)
const persons = personsAt(app)

/** A customer's tokens for an API: named in the request and again at the token endpoint (RFC 8707 §2.2). */
async function tokensAt(browser: HttpBrowser, client: TestClient, scope: string, at = resource) {
  const request = authorizationRequest(client, { scope, resource: at })
  const { status, body } = await app.token(client, { ...redemption(request, await codeFrom(browser, request)), resource: at })
  assert.equal(status, 200, JSON.stringify(body))
  return body
}

const consents = (token: string | undefined, of = sub, headers: Record<string, string> = {}) =>
  call(`/${of}/consents`, token === undefined ? { headers } : { token, headers })
const challengeOf = (answer: { headers: Headers }): string => answer.headers.get('www-authenticate') ?? ''

test('GET /customers/{sub}/consents tells a recipient what the customer shares with it, and nothing of anybody else', async () => {
  const mine = await consents(await tokenOf(auroraWeb, 'consents:read'))
  const unknown = await consents(await tokenOf(borealisWeb, 'consents:read'))
  const nobody = await consents(await tokenOf(auroraWeb, 'consents:read'), 'AAAAAAAAAAAAAAAAAAAAAA')

  assert.equal(mine.status, 200)
  assert.equal(mine.body.sub, sub)
  const [first, ...more] = mine.body.consents as { purpose: string; attributes: string[]; since: string; until: null }[]
  assert.deepEqual([first!.purpose, first!.attributes, first!.until, more], ['service', ['email', 'name'], null, []])
  assert.ok(Math.abs(Date.parse(first!.since) - Date.now()) < 60_000)
  assert.deepEqual([unknown.status, unknown.body], [200, { sub, consents: [] }], 'aurora’s subject is nobody’s at borealis')
  assert.deepEqual([nobody.status, nobody.body], [200, { sub: 'AAAAAAAAAAAAAAAAAAAAAA', consents: [] }])
  assert.equal(mine.headers.get('cache-control'), 'no-store')
})

test('own APIs say in the words of RFC 6750 and RFC 9457 what is wrong with a token', async () => {
  const right = await tokenOf(auroraWeb, 'consents:read')
  const withoutScope = await tokenOf(auroraWeb, 'customers:create')
  const { access_token: forUserinfo, refresh_token, id_token } = await tokensFor(app, ada, auroraWeb, { scope: 'openid email' })
  const { body: own } = await app.token(auroraWeb, { grant_type: 'client_credentials' })
  const bad = [
    right.slice(0, -2),
    `${right}A`,
    'a',
    'nonsense',
    forUserinfo,
    refresh_token!,
    id_token!,
    own.access_token,
    'k'.repeat(5_000),
  ]

  const none = await consents(undefined, sub, { accept: 'text/html' })
  assert.deepEqual([none.status, problemOf(none)], [401, 'no_token'])
  assert.match(challengeOf(none), /^Bearer realm="[^"]+", scope="consents:read", DPoP realm=.*algs="ES256 /)
  assert.doesNotMatch(challengeOf(none), /error=/, 'RFC 6750 §3.1')
  assert.match(none.headers.get('content-type') ?? '', /^application\/problem\+json/, 'whatever the caller accepts')
  for (const token of bad) {
    const answer = await consents(token)
    assert.deepEqual([answer.status, problemOf(answer)], [401, 'invalid_token'], token.slice(0, 40))
    assert.match(challengeOf(answer), /^Bearer .*error="invalid_token"/)
  }
  const narrow = await consents(withoutScope)
  assert.deepEqual([narrow.status, problemOf(narrow)], [403, 'insufficient_scope'])
  assert.match(challengeOf(narrow), /error="insufficient_scope".*scope="consents:read"/)
  for (const authorization of ['Bearer', `Bearer ${right} x`, 'DPoP', `Bearer  ${right}`]) {
    const answer = await consents(undefined, sub, { authorization })
    assert.deepEqual([answer.status, problemOf(answer)], [400, 'invalid_request'], authorization)
  }
  assert.equal((await consents(undefined, sub, { authorization: `bearer ${right}` })).status, 200, 'the scheme has no case')
  assert.equal((await call(`/${sub}/consents?access_token=${right}`)).status, 401, 'no token in an address')
  assert.equal((await consents(undefined, sub, { authorization: `Basic ${btoa('aurora-web:aurora-demo-secret')}` })).status, 401)
})

test('OIDC-4 a token for our own APIs is dead with its grant, its session, its client’s scope and its client', async (t) => {
  const scope = 'openid email consents:read'
  const [revoked, ended] = [await signIn(app), await signIn(app)]
  const first = await tokensAt(revoked, auroraWeb, scope)
  const second = await tokensAt(ended, auroraWeb, scope)
  const narrowed = await tokenOf({ client_id: 'narrow-web', secret: SECRET, redirect_uri: redirectOf('narrow-web') }, 'consents:read')
  for (const token of [first.access_token, second.access_token, narrowed]) assert.equal((await consents(token)).status, 200)

  await app.revoke(auroraWeb, first.refresh_token!)
  await signOut(ended)
  await app.app.store.db
    .updateTable('clients')
    .set(({ fn, val }) => ({ definition: fn<string>('jsonb_set', ['definition', val('{scope}'), val('"openid email"')]) }))
    .where('id', '=', 'narrow-web')
    .execute()
  await app.app.store.pool.query(`update settings set value = to_jsonb(value::bigint + 1) where name = 'group_version'`)
  await app.app.groups.refresh()

  for (const token of [first.access_token, second.access_token]) assert.equal(problemOf(await consents(token)), 'invalid_token')
  assert.equal(problemOf(await consents(narrowed)), 'insufficient_scope')
  const third = await tokensAt(await signIn(app), auroraWeb, scope)
  await app.app.store.db.updateTable('accounts').set({ status: 'locked' }).execute()
  t.after(async () => void (await app.app.store.db.updateTable('accounts').set({ status: 'active' }).execute()))
  assert.equal(problemOf(await consents(third.access_token)), 'invalid_token', 'an account that is locked')
  const asClient = await consents(await tokenOf(auroraWeb, 'consents:read'))
  assert.deepEqual(asClient.body, { sub, consents: [] }, 'a locked account shares nothing')
})

test('a customer’s token knows that customer alone', async () => {
  const eve = await signUp(app, { ...ADA, email: 'eve@example.com' })
  const tokens = await tokensAt(eve, auroraWeb, 'openid consents:read')
  const own = String(payloadOf(tokens.id_token!).sub)

  assert.notDeepEqual((await consents(tokens.access_token, own)).body.consents, [])
  assert.deepEqual((await consents(tokens.access_token)).body, { sub, consents: [] })
})

test('OIDC-29 DPoP at our own APIs: htm, htu, ath, time, key and type are checked, a proof works once, also on two nodes at once', async (t) => {
  const [key, thief] = [await newKey(), await newKey()]
  const token = await tokenOf(auroraWeb, 'consents:read', {}, { dpop: await dpopProof(key, `${app.issuer}/token`) })
  const htu = `${resource}/${sub}/consents`
  const good = { method: 'GET', token }
  const send = (dpop: string | undefined, scheme = 'DPoP') =>
    consents(undefined, sub, { authorization: `${scheme} ${token}`, ...(dpop === undefined ? {} : { dpop }) })
  const wrong: Record<string, [string, string]> = {
    htu: [await dpopProof(key, resource, good), 'invalid_dpop_proof'],
    'htu of another host': [await dpopProof(key, `http://evil.example/customers/${sub}/consents`, good), 'invalid_dpop_proof'],
    htm: [await dpopProof(key, htu, { ...good, method: 'POST' }), 'invalid_dpop_proof'],
    ath: [await dpopProof(key, htu, { method: 'GET', token: `${token}x` }), 'invalid_dpop_proof'],
    'no ath': [await dpopProof(key, htu, { method: 'GET' }), 'invalid_dpop_proof'],
    'no jti': [await dpopProof(key, htu, { ...good, claims: { jti: undefined } }), 'invalid_dpop_proof'],
    typ: [await dpopProof(key, htu, { ...good, header: { typ: 'JWT' } }), 'invalid_dpop_proof'],
    'an address of keys': [await dpopProof(key, htu, { ...good, header: { jku: 'https://evil.example/keys' } }), 'invalid_dpop_proof'],
    'another public key': [await dpopProof(key, htu, { ...good, header: { jwk: thief.jwk } }), 'invalid_dpop_proof'],
    'another key': [await dpopProof(thief, htu, good), 'invalid_token'],
    old: [await dpopProof(key, htu, { ...good, claims: { iat: now() - 3_600 } }), 'use_dpop_nonce'],
    future: [await dpopProof(key, htu, { ...good, claims: { iat: now() + 3_600 } }), 'use_dpop_nonce'],
    'a made-up nonce': [await dpopProof(key, htu, { ...good, claims: { nonce: 'A'.repeat(43) } }), 'use_dpop_nonce'],
    nonsense: ['nonsense', 'invalid_dpop_proof'],
    'very long': ['a'.repeat(9_000), 'invalid_dpop_proof'],
  }
  for (const [what, [dpop, reason]] of Object.entries(wrong)) {
    const answer = await send(dpop)
    assert.deepEqual([answer.status, problemOf(answer)], [401, reason], what)
    assert.match(challengeOf(answer), new RegExp(`^DPoP .*error="${reason}".*algs="ES256 `), what)
  }
  assert.equal(problemOf(await send(undefined)), 'invalid_token', 'no proof')
  assert.equal(problemOf(await send(undefined, 'Bearer')), 'invalid_token', 'as a bearer token')
  assert.equal(problemOf(await send(await dpopProof(key, htu, good), 'Bearer')), 'invalid_token', 'as a bearer token with a proof')
  const unbound = await tokenOf(auroraWeb, 'consents:read')
  const boundless = { authorization: `DPoP ${unbound}`, dpop: await dpopProof(key, htu, { method: 'GET', token: unbound }) }
  assert.equal(problemOf(await consents(undefined, sub, boundless)), 'invalid_token', 'a proof for a token that is bound to nothing')

  // A clock that is wrong is helped with the nonce of the answer, on whatever node.
  const nonce = (await send(wrong.old![0])).headers.get('dpop-nonce')!
  assert.equal((await send(await dpopProof(key, `${htu}?x=1#y`, { ...good, claims: { iat: now() - 3_600, nonce } }))).status, 200)

  const port = (await freePorts(1))[0]!
  await startTwin(t, app, { issuer: app.issuer, port })
  const raced = await dpopProof(key, htu, good)
  const twin = sender(`http://127.0.0.1:${port}`, new URL(app.issuer).host)
  const headers = { authorization: `DPoP ${token}`, dpop: raced }
  const statuses = await Promise.all([
    ...Array.from({ length: 5 }, async () => (await send(raced)).status),
    ...Array.from({ length: 5 }, async () => (await twin(`/customers/${sub}/consents`, { headers })).status),
  ])
  assert.deepEqual(statuses.sort(), [200, ...Array(9).fill(401)])
})

test('MFA-25 our own APIs ask for more proof in the words of RFC 9470: a level that was raised, and a sign-in that is too old', async () => {
  const browser = await signIn(app)
  const { access_token, refresh_token, id_token } = await tokensAt(browser, careful, 'openid email consents:read')
  const own = String(payloadOf(id_token!).sub)
  assert.equal((await consents(access_token, own)).status, 200)
  // As a sign-in with an emailed code alone would have left the grant.
  const lowered = `update oidc_grants set context = jsonb_set(context, '{acr}', '"email"') where client_id = 'careful-web'`
  await app.app.store.pool.query(lowered)

  const low = await consents(access_token, own)

  assert.deepEqual([low.status, problemOf(low)], [401, 'insufficient_user_authentication'])
  assert.match(challengeOf(low), /^Bearer .*error="insufficient_user_authentication".*acr_values="password"/)
  assert.doesNotMatch(challengeOf(low), /max_age/)

  await app.app.store.pool.query(lowered.replace('"email"', '"password"'))
  await app.advance(601)
  const { body: refreshed } = await app.refresh(careful, refresh_token!, { resource })
  const old = await consents(refreshed.access_token, own)
  assert.match(challengeOf(old), /error="insufficient_user_authentication".*max_age="600"/)
  assert.doesNotMatch(challengeOf(old), /acr_values/)
  const { access_token: asClient } = (await app.token(careful, { grant_type: 'client_credentials', scope: 'consents:read', resource })).body
  assert.equal((await consents(asClient, own)).status, 200, 'nobody is there who could prove anything')
})

test('MFA-25 tokens and introspection tell acr and auth_time of their sign-in; a step-up of the session and a refresh never raise them', async () => {
  const { browser, secret } = await persons.withApp()
  const api = 'https://api.careful.example/'
  await app.advance(31)
  const who = { scope: 'openid email consents:read', resource }
  const low = await tokensAt(browser, auroraWeb, who.scope)
  const jwt = await tokensAt(browser, careful, 'openid orders', api)
  const before = await app.introspect(auroraWeb, low.access_token)

  await app.advance(120)
  const raise = authorizationRequest(auroraWeb, { ...who, acr_values: 'mfa' })
  const page = await authorize(browser, raise)
  const raisedPage = page.name === 'totp' ? await browser.submit(page, { code: await persons.nextCode(secret) }) : page
  const code = (await confirmed(browser, raisedPage)).url.searchParams.get('code')!
  const high = (await app.token(auroraWeb, { ...redemption(raise, code), resource })).body
  const { body: again } = await app.refresh(auroraWeb, low.refresh_token!, { resource })
  const { body: jwtAgain } = await app.refresh(careful, jwt.refresh_token!, { resource: api })

  const [lowNow, refreshed, raised] = await Promise.all(
    [low, again, high].map(async ({ access_token }) => (await app.introspect(auroraWeb, access_token)).body),
  )
  assert.equal(raised!.acr, 'mfa')
  assert.deepEqual([before.body.acr, before.body.auth_time], [payloadOf(low.id_token!).acr, payloadOf(low.id_token!).auth_time])
  assert.notEqual(before.body.acr, 'mfa')
  for (const told of [lowNow!, refreshed!]) {
    assert.deepEqual([told.acr, told.auth_time], [before.body.acr, before.body.auth_time])
  }
  assert.ok(Number(raised!.auth_time) > Number(before.body.auth_time))
  for (const token of [jwt.access_token, jwtAgain.access_token]) {
    assert.deepEqual([payloadOf(token).acr, payloadOf(token).auth_time], [payloadOf(jwt.id_token!).acr, payloadOf(jwt.id_token!).auth_time])
  }
  assert.equal(
    (await app.introspect(auroraWeb, await tokenOf(auroraWeb, 'consents:read'))).body.acr,
    undefined,
    'a client alone proves no customer',
  )
})

test('MFA-25 forms of /account that come too late for what they change say so in the words of RFC 9470', async () => {
  const browser = await signIn(app)
  const page = await browser.open('/account/security/password')
  const csrf = /name="csrf" value="([^"]+)"/.exec(page.text)![1]!
  await app.advance(301)

  const answer = await browser.step('/account/security/password', {
    method: 'POST',
    body: new URLSearchParams({ csrf, password: 'another-good-password-1' }),
  })

  assert.equal(answer.status, 401)
  assert.match(
    answer.headers.get('www-authenticate') ?? '',
    /error="insufficient_user_authentication", acr_values="password", max_age="300"/,
  )
})

test('a partner has a token for consents and no scope to create or write', async () => {
  const answer = await consents(await tokenOf(parcellyWeb, 'consents:read'))
  const { body } = await app.token(parcellyWeb, { grant_type: 'client_credentials', scope: 'attributes:write', resource })

  assert.deepEqual([answer.status, answer.body], [200, { sub, consents: [] }])
  assert.equal(body.error, 'invalid_scope')
  assert.ok(await codeFrom(await signIn(app), authorizationRequest(auroraWeb)))
})
