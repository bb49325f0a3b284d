import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import type { HttpBrowser } from '../harness/http-browser.ts'
import { ADA } from '../harness/shopper.ts'
import {
  AURORA_API,
  authorizationRequest,
  authorize,
  payloadOf,
  signUp,
  startProtocol,
  type TestClient,
  tokensFor,
  withAuroraApi,
} from './protocol.ts'

const PROFILE_INPUT = {
  given_name: 'Ada',
  family_name: 'Lovelace',
  birthdate: '1815-12-10',
  phone_number: '030 123456',
  shoe_size: '39',
  styles: 'plain, wool',
}
const API = AURORA_API
const app = await startProtocol({ after }, { group: withAuroraApi })
const ada = await signUp(app)
await fillProfile(ada)
const { auroraWeb, auroraApp, borealisWeb, parcellyWeb, stylistWeb } = app.clients

/** Every value of Ada's profile, as a claim. */
const PROFILE = {
  name: ADA.name,
  given_name: 'Ada',
  family_name: 'Lovelace',
  birthdate: '1815-12-10',
  email: ADA.email,
  email_verified: true,
  phone_number: '+4930123456',
  phone_number_verified: false,
  shoe_size: '39',
  styles: ['plain', 'wool'],
}
const only = (...names: (keyof typeof PROFILE)[]) => Object.fromEntries(names.map((name) => [name, PROFILE[name]]))

async function claims(client: TestClient, extra: Record<string, string>): Promise<Record<string, unknown>> {
  const { access_token, id_token } = await tokensFor(app, ada, client, extra)
  const { status, body } = await app.userinfo(access_token)
  assert.equal(status, 200)
  const { sub, ...rest } = body
  assert.equal(sub, payloadOf(id_token!).sub)
  return rest
}

test('userinfo releases what was asked for and the client is registered for, no more: by scope and attribute group', async () => {
  assert.deepEqual(await claims(auroraWeb, { scope: 'openid' }), {})
  assert.deepEqual(await claims(auroraWeb, { scope: 'openid profile' }), only('name'))
  assert.deepEqual(await claims(auroraWeb, { scope: 'openid email' }), only('email', 'email_verified'))
  assert.deepEqual(
    await claims(auroraWeb, { scope: 'openid identity contact sizes preferences' }),
    only('name', 'email', 'email_verified', 'phone_number', 'phone_number_verified', 'shoe_size', 'styles'),
  )
  assert.deepEqual(
    await claims(parcellyWeb, { scope: 'openid profile phone contact identity' }),
    only('name', 'phone_number', 'phone_number_verified'),
  )
  assert.deepEqual(await claims(stylistWeb, { scope: 'openid sizes preferences' }), only('shoe_size', 'styles'))
})

test('OIDC-10 the claims parameter gets registered attributes at userinfo; what is above the registration is dropped', async () => {
  const asked = (...names: string[]) => ({
    claims: JSON.stringify({ userinfo: Object.fromEntries(names.map((name) => [name, { essential: true }])) }),
  })

  assert.deepEqual(await claims(auroraWeb, asked('email', 'shoe_size')), only('email', 'shoe_size'))
  assert.deepEqual(await claims(auroraWeb, asked('email', 'email_verified')), only('email', 'email_verified'))
  assert.deepEqual(await claims(auroraWeb, asked('birthdate', 'given_name', 'lifetime_value', 'nonsense', '__proto__', 'constructor')), {})
  assert.deepEqual(await claims(parcellyWeb, asked('email', 'email_verified', 'name')), only('name'))
  assert.deepEqual(await claims(parcellyWeb, { scope: 'openid', claims: '{"userinfo":{"email":null,"phone_number_verified":null}}' }), {})
})

test('malformed claims parameters are refused', async () => {
  for (const claims of [
    'x',
    '[]',
    '"x"',
    '{}',
    '1',
    'null',
    '{"userinfo":[]}',
    '{"id_token":"x"}',
    '{"userinfo":{}',
    '{"id_token":{"acr":{"essential":true,"values":"x"}}}',
  ]) {
    const page = await authorize(ada, authorizationRequest(auroraWeb, { claims }))
    assert.equal(page.url.searchParams.get('error'), 'invalid_request', claims)
  }
})

test('OIDC-9 ID tokens carry sub and protocol claims only, whatever is asked for, also with a resource', async () => {
  const everything = {
    scope: 'openid profile email phone address identity contact sizes',
    claims: JSON.stringify({ id_token: { email: { essential: true }, name: null, shoe_size: null } }),
  }
  const allowed = ['sub', 'iss', 'aud', 'exp', 'iat', 'nonce', 'at_hash', 'acr', 'amr', 'auth_time', 'sid']
  const plain = await tokensFor(app, ada, auroraWeb, everything)
  const withResource = await tokensFor(app, ada, auroraWeb, { ...everything, scope: `${everything.scope} orders:read`, resource: API })
  const refreshed = (await app.refresh(auroraWeb, plain.refresh_token!)).body

  for (const { id_token } of [plain, withResource, refreshed]) {
    assert.deepEqual(
      Object.keys(payloadOf(id_token!)).filter((name) => !allowed.includes(name)),
      [],
    )
    for (const name of ['sub', 'acr', 'amr', 'auth_time', 'nonce', 'sid']) assert.ok(name in payloadOf(id_token!), name)
  }
})

test('OIDC-11 a recipient’s clients see one subject, other recipients another: ID token, userinfo, introspection, JWT access token', async () => {
  const subjects = async (client: TestClient) => {
    const { access_token, id_token } = await tokensFor(app, ada, client)
    const introspected = client.secret ? (await app.introspect(client, access_token)).body.sub : undefined
    return { id_token: payloadOf(id_token!).sub, userinfo: (await app.userinfo(access_token)).body.sub, introspected }
  }
  const [web, phone, borealis, parcelly] = [
    await subjects(auroraWeb),
    await subjects(auroraApp),
    await subjects(borealisWeb),
    await subjects(parcellyWeb),
  ]
  const request = authorizationRequest(auroraWeb, { scope: 'openid orders:read', resource: API })
  const page = await authorize(ada, request)
  const jwt = await app.token(auroraWeb, {
    grant_type: 'authorization_code',
    code: page.url.searchParams.get('code')!,
    redirect_uri: auroraWeb.redirect_uri,
    code_verifier: request.verifier,
    resource: API,
  })

  const sub = web.id_token
  assert.match(String(sub), /^[\w-]{22}$/, '128 bits')
  assert.deepEqual(web, { id_token: sub, userinfo: sub, introspected: sub })
  assert.deepEqual([phone.id_token, phone.userinfo, payloadOf(jwt.body.access_token).sub], [sub, sub, sub])
  assert.equal(new Set([sub, borealis.id_token, parcelly.id_token]).size, 3)
  assert.deepEqual([borealis.introspected, parcelly.introspected], [borealis.id_token, parcelly.id_token])
})

test('userinfo answers GET and POST, a token in the header or in the body, and in one place only', async () => {
  const { access_token } = await tokensFor(app, ada, auroraWeb, { scope: 'openid email' })
  const url = `${app.issuer}/userinfo`
  const bearer = { authorization: `Bearer ${access_token}` }
  const body = new URLSearchParams({ access_token })

  for (const answer of [
    await fetch(url, { headers: bearer }),
    await fetch(url, { method: 'POST', headers: bearer }),
    await fetch(url, { method: 'POST', body }),
  ]) {
    assert.equal(answer.status, 200)
    assert.equal(((await answer.json()) as { email: string }).email, ADA.email)
    assert.equal(answer.headers.get('cache-control'), 'no-store')
  }
  const wrong = {
    'in the query': await fetch(`${url}?access_token=${access_token}`),
    twice: await fetch(url, { method: 'POST', headers: bearer, body }),
    'no scheme': await fetch(url, { headers: { authorization: access_token } }),
    'wrong scheme': await fetch(url, { headers: { authorization: `Basic ${access_token}` } }),
    'DPoP without a proof': await fetch(url, { headers: { authorization: `DPoP ${access_token}` } }),
    none: await fetch(url),
    changed: await fetch(url, { headers: { authorization: `Bearer ${access_token.slice(0, -2)}AA` } }),
  }
  for (const [what, answer] of Object.entries(wrong)) {
    assert.ok(answer.status === 400 || answer.status === 401, `${what}: ${answer.status}`)
    assert.match(answer.headers.get('www-authenticate') ?? '', /Bearer|DPoP/, what)
    assert.equal((await answer.text()).includes(ADA.email), false)
  }
})

test('an access token without the scope openid opens no userinfo', async () => {
  const { access_token } = await tokensFor(app, ada, auroraWeb, { scope: 'email', nonce: undefined })

  assert.equal((await app.userinfo(access_token)).status, 403)
})

async function fillProfile(browser: HttpBrowser): Promise<void> {
  const page = await browser.open('/account/profile')
  assert.equal(page.name, 'account.profile')
  const saved = await browser.submit(page, { name: ADA.name, ...PROFILE_INPUT })
  assert.equal(saved.url.searchParams.get('status'), 'saved', saved.text)
}
