import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { parseGroupFile } from '../../src/group/index.ts'
import { demoGroup } from '../harness/app.ts'
import {
  AURORA_API,
  authorizationRequest,
  codeFrom,
  payloadOf,
  redemption,
  signIn,
  signUp,
  startProtocol,
  type TestClient,
  tokensFor,
  withAuroraApi,
} from './protocol.ts'

const API = AURORA_API
const app = await startProtocol({ after }, { group: withAuroraApi })
const ada = await signUp(app)
const { auroraWeb, auroraApp, borealisWeb } = app.clients
const customers = `${app.issuer}/customers`
const machine: TestClient = { client_id: 'stylist-service', secret: 'stylist-demo-secret', redirect_uri: '' }
const admin: TestClient = { client_id: 'atrium-admin', secret: 'admin-demo-secret', redirect_uri: '' }
const contactCentre: TestClient = { client_id: 'contact-centre', secret: 'contact-centre-demo-secret', redirect_uri: '' }

const credentials = (as: TestClient, extra: Record<string, string> = {}) => app.token(as, { grant_type: 'client_credentials', ...extra })

test('confidential clients authenticate by Basic or in the body, whichever they are registered with', async () => {
  const { client_id, secret: client_secret } = auroraWeb
  const basic = await app.call('/token', { grant_type: 'client_credentials' }, { as: auroraWeb })
  const post = await app.call('/token', { grant_type: 'client_credentials', client_id, client_secret })

  assert.deepEqual([basic.status, post.status], [200, 200])
  assert.equal(basic.headers.get('cache-control'), 'no-store')
})

test('SEC-17 two ways at once, a malformed or empty secret, another client’s secret and no client are refused', async () => {
  const { client_id, secret } = auroraWeb
  const basic = (text: string) => ({ authorization: `Basic ${btoa(text)}` })
  const grant = { grant_type: 'client_credentials' }
  const cases: [string, Record<string, string>, Record<string, string>, number[]][] = [
    ['wrong secret', grant, basic(`${client_id}:wrong-wrong-wrong`), [401]],
    ['wrong secret in the body', { ...grant, client_id, client_secret: 'wrong-wrong-wrong' }, {}, [401]],
    ['another client’s secret', grant, basic(`${client_id}:${borealisWeb.secret}`), [401]],
    ['unknown client', grant, basic('nobody:nobody-nobody-nobody'), [401]],
    ['two ways', { ...grant, client_id, client_secret: secret }, basic(`${client_id}:${secret}`), [400]],
    ['two ids', { ...grant, client_id: 'borealis-web' }, basic(`${client_id}:${secret}`), [400]],
    ['empty secret', grant, basic(`${client_id}:`), [400, 401]],
    ['no colon', grant, basic(client_id), [400, 401]],
    ['no Basic', grant, { authorization: `Bearer ${secret}` }, [400, 401]],
    ['malformed Base64', grant, { authorization: 'Basic %%%' }, [400, 401]],
    ['malformed percent-encoding', grant, basic(`${client_id}:%zz`), [400, 401]],
    ['a confidential client without a secret', { ...grant, client_id }, {}, [401]],
    ['nobody', grant, {}, [400, 401]],
    ['a doubled id', grant, basic(`${client_id}:${client_id}:${secret}`), [401]],
  ]
  for (const [what, fields, headers, statuses] of cases) {
    const { status, body } = await app.call<{ error: string; access_token?: string }>('/token', fields, { headers })
    assert.ok(statuses.includes(status), `${what}: ${status}`)
    assert.equal(body.error, status === 401 ? 'invalid_client' : 'invalid_request', what)
    assert.equal(body.access_token, undefined)
  }
  const unknown = await app.call('/token', grant, { headers: basic('nobody:nobody-nobody-nobody') })
  const wrong = await app.call('/token', grant, { headers: basic(`${client_id}:wrong-wrong-wrong`) })
  assert.deepEqual(unknown.body, wrong.body, 'whether there is such a client is not told')
  assert.match(wrong.headers.get('www-authenticate') ?? '', /^Basic realm=/)
})

test('SEC-24 grants that do not exist, are not built or not registered are refused', async () => {
  const { email, password } = { email: 'ada.lovelace@example.com', password: 'correct-horse-battery-9' }
  const cases: [TestClient, Record<string, string>, string][] = [
    [auroraWeb, { grant_type: 'password', username: email, password }, 'unsupported_grant_type'],
    [auroraWeb, { grant_type: 'implicit' }, 'unsupported_grant_type'],
    [auroraWeb, { grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', assertion: 'x' }, 'unsupported_grant_type'],
    [auroraWeb, { grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange', subject_token: 'x' }, 'unsupported_grant_type'],
    [contactCentre, { grant_type: 'urn:openid:params:grant-type:ciba', auth_req_id: 'x' }, 'unsupported_grant_type'],
    [
      { client_id: 'aurora-kiosk', redirect_uri: '' },
      { grant_type: 'urn:ietf:params:oauth:grant-type:device_code', device_code: 'x' },
      'unsupported_grant_type',
    ],
    [{ client_id: 'aurora-kiosk', redirect_uri: '' }, { grant_type: 'client_credentials' }, 'invalid_request'],
    [auroraApp, { grant_type: 'client_credentials' }, 'invalid_request'],
    [machine, { grant_type: 'authorization_code', code: 'x', redirect_uri: 'x' }, 'invalid_request'],
    [machine, { grant_type: 'refresh_token', refresh_token: 'x' }, 'invalid_request'],
    [auroraWeb, {}, 'invalid_request'],
    [auroraWeb, { grant_type: '__proto__' }, 'unsupported_grant_type'],
    [auroraWeb, { grant_type: 'constructor' }, 'unsupported_grant_type'],
  ]
  for (const [client, fields, error] of cases) {
    const { status, body } = await app.token(client, fields)
    assert.deepEqual([status, body.error], [400, error], `${client.client_id} ${fields.grant_type}`)
  }
})

test('every confidential client of the demo group gets client credentials', async () => {
  const secrets = {
    'aurora-web': 'aurora',
    'borealis-web': 'borealis',
    'contact-centre': 'contact-centre',
    'parcelly-web': 'parcelly',
    'stylist-web': 'stylist',
    'stylist-service': 'stylist',
    'order-history': 'order-history',
    'atrium-admin': 'admin',
  }
  for (const [client_id, secret] of Object.entries(secrets)) {
    const { status, body } = await credentials({ client_id, secret: `${secret}-demo-secret`, redirect_uri: '' })
    assert.equal(status, 200, `${client_id}: ${JSON.stringify(body)}`)
  }
})

test('client credentials: an opaque token for one of Atrium’s own APIs, of the scopes asked for', async () => {
  const { status, body } = await credentials(auroraWeb, { resource: customers, scope: 'customers:create consents:read' })

  assert.equal(status, 200)
  assert.equal(body.scope, 'customers:create consents:read')
  assert.equal(body.refresh_token, undefined)
  assert.equal(body.expires_in, 600)
  const told = await app.introspect(auroraWeb, body.access_token)
  assert.deepEqual(
    { ...told.body, exp: 0, iat: 0 },
    { active: true, client_id: 'aurora-web', scope: body.scope, aud: customers, iss: app.issuer, token_type: 'Bearer', exp: 0, iat: 0 },
  )
  assert.equal((await app.userinfo(body.access_token)).status, 401)
  assert.equal(
    (await credentials(admin, { resource: `${app.issuer}/admin/api`, scope: 'admin:read support' })).body.scope,
    'admin:read support',
  )
  assert.equal((await credentials(contactCentre, { resource: customers, scope: 'consents:read' })).body.scope, 'consents:read')
})

test('OIDC-18, OIDC-12 an unknown or unassigned scope is refused for client credentials, not left out', async () => {
  const cases: [TestClient, Record<string, string>][] = [
    [auroraWeb, { resource: customers, scope: 'customers:create nonsense' }],
    [auroraWeb, { resource: customers, scope: 'admin:read' }],
    [auroraWeb, { resource: customers, scope: 'openid' }],
    [auroraWeb, { scope: 'customers:create' }],
    [auroraWeb, { scope: 'nonsense' }],
    [auroraWeb, { scope: 'purchases' }],
    [machine, { resource: customers, scope: 'customers:create' }],
    [machine, { scope: 'openid' }],
    [machine, { scope: 'profile email' }],
    [machine, { resource: `${app.issuer}/admin/api`, scope: 'admin:read' }],
    [admin, { resource: customers, scope: 'admin:read' }],
    [auroraWeb, { resource: customers, scope: 'bad\nscope' }],
  ]
  for (const [client, fields] of cases) {
    const { status, body } = await credentials(client, fields)
    assert.deepEqual(
      [status, body.error, body.access_token],
      [400, 'invalid_scope', undefined],
      `${client.client_id} ${JSON.stringify(fields)}`,
    )
  }
})

test('RFC 8707 a resource that is unknown, not absolute, of another recipient or not the client’s own is invalid_target', async () => {
  const resources = [
    'https://api.example/',
    'customers',
    `${customers}#x`,
    `${customers}/`,
    `${app.issuer}`,
    `${app.issuer}constructor`,
    `${app.issuer}/__proto__`,
    `${app.issuer}/account`,
    'javascript:alert(1)',
    `${API}x`,
  ]
  for (const resource of resources) assert.equal((await credentials(auroraWeb, { resource })).body.error, 'invalid_target', resource)
  assert.equal((await credentials(borealisWeb, { resource: API })).body.error, 'invalid_target')
  const page = await ada.open(
    `/authorize?${new URLSearchParams(authorizationRequest(auroraWeb, { resource: 'https://api.example/' }).params)}`,
  )
  assert.equal(page.url.searchParams.get('error'), 'invalid_target')
})

test('a brand’s own API gets an at+jwt (RFC 9068) without profile data', async () => {
  const request = authorizationRequest(auroraWeb, { scope: 'openid profile email orders:read orders:write', resource: API })
  const fields = { ...redemption(request, await codeFrom(ada, request)), resource: API }

  const { body } = await app.token(auroraWeb, fields)

  const header = JSON.parse(Buffer.from(body.access_token.split('.')[0]!, 'base64url').toString()) as Record<string, unknown>
  const { sub, jti, iat, exp, auth_time, ...rest } = payloadOf(body.access_token)
  assert.equal(header.typ, 'at+jwt')
  assert.deepEqual(rest, { iss: app.issuer, aud: API, client_id: 'aurora-web', scope: 'orders:read', acr: 'password' })
  assert.ok((auth_time as number) <= (iat as number), 'how and when the customer signed in stands beside (§2.2.1)')
  assert.equal((exp as number) - (iat as number), 600)
  assert.ok(sub && jti)
  assert.equal((await app.userinfo(body.access_token)).status, 401)
  const machineToken = await credentials(auroraWeb, { resource: API, scope: 'orders:read' })
  assert.equal(payloadOf(machineToken.body.access_token).sub, 'aurora-web')
})

test('a customer’s token for one of Atrium’s own APIs is opaque and opens no userinfo', async () => {
  const request = authorizationRequest(auroraWeb, { scope: 'openid profile consents:read', resource: customers })
  const { body } = await app.token(auroraWeb, { ...redemption(request, await codeFrom(ada, request)), resource: customers })

  assert.equal(body.scope, 'consents:read')
  assert.equal(body.access_token.includes('.'), false)
  assert.deepEqual((await app.userinfo(body.access_token)).body.error, 'insufficient_scope')
  assert.equal((await app.introspect(auroraWeb, body.access_token)).body.aud, customers)
})

test('OIDC-26, SEC-22 introspection answers the token’s own client; active:false to others, 401 to public clients and nobody', async () => {
  const { access_token, refresh_token } = await tokensFor(app, ada, auroraWeb, { scope: 'openid email' })
  const own = await app.introspect(auroraWeb, access_token)
  const appTokens = await tokensFor(app, ada, auroraApp)

  assert.equal(own.body.active, true)
  assert.deepEqual([own.body.client_id, own.body.scope, own.body.iss], ['aurora-web', 'openid email', app.issuer])
  assert.equal((await app.introspect(auroraWeb, refresh_token!)).body.active, true)
  for (const token of [access_token, refresh_token!, 'nonsense', `a${'A'.repeat(48)}`, appTokens.access_token]) {
    assert.deepEqual((await app.introspect(borealisWeb, token)).body, { active: false })
  }
  for (const token of [appTokens.access_token, access_token, 'nonsense']) {
    const anonymous = await app.introspect(auroraApp, token)
    assert.deepEqual([anonymous.status, anonymous.body.error], [401, 'invalid_client'])
    assert.ok((await app.introspect(undefined, token)).status >= 400)
  }
  assert.equal((await app.introspect({ ...auroraWeb, secret: 'wrong-wrong-wrong' }, access_token)).status, 401)
})

test('SEC-23 revoking a refresh token ends its access tokens; an access token leaves its refresh token alone', async () => {
  const first = await tokensFor(app, ada, auroraWeb)
  const second = await tokensFor(app, ada, auroraWeb)

  assert.equal((await app.revoke(auroraWeb, first.refresh_token!)).status, 200)
  assert.equal((await app.revoke(auroraWeb, second.access_token)).status, 200)

  assert.equal((await app.userinfo(first.access_token)).status, 401)
  assert.equal((await app.refresh(auroraWeb, first.refresh_token!)).body.error, 'invalid_grant')
  assert.equal((await app.userinfo(second.access_token)).status, 401)
  const refreshed = await app.refresh(auroraWeb, second.refresh_token!)
  assert.equal(refreshed.status, 200)
  assert.equal((await app.userinfo(refreshed.body.access_token)).status, 200)
})

test('SEC-23 a token of another client is not revoked, and revocation tells nothing about tokens', async () => {
  const { access_token, refresh_token } = await tokensFor(app, ada, auroraWeb)
  const machineToken = (await credentials(auroraWeb, { resource: customers, scope: 'consents:read' })).body.access_token

  for (const other of [borealisWeb, auroraApp, machine]) {
    for (const token of [access_token, refresh_token!, machineToken, 'nonsense']) {
      const { status, body } = await app.revoke(other, token)
      assert.deepEqual([status, body.text], [200, ''])
    }
  }
  assert.equal((await app.revoke(undefined, access_token)).status, 400)

  assert.equal((await app.userinfo(access_token)).status, 200)
  assert.equal((await app.introspect(auroraWeb, machineToken)).body.active, true)
  assert.equal((await app.refresh(auroraWeb, refresh_token!)).status, 200)
})

test('a client-credentials token can be revoked, and an app revokes its own tokens by its id', async () => {
  const { access_token } = (await credentials(auroraWeb, { resource: customers, scope: 'consents:read' })).body
  const mine = await tokensFor(app, ada, auroraApp)

  await app.revoke(auroraWeb, access_token)
  await app.revoke(auroraApp, mine.refresh_token!)

  assert.deepEqual((await app.introspect(auroraWeb, access_token)).body, { active: false })
  assert.equal((await app.userinfo(mine.access_token)).status, 401)
})

test('apps get a refresh token with every code and use it without a secret; a secret they made up is refused', async () => {
  const browser = await signIn(app)
  const { refresh_token } = await tokensFor(app, browser, auroraApp)

  assert.equal((await app.refresh(auroraApp, refresh_token!, { client_secret: 'made-up-secret-1234' })).status, 401)
  assert.equal((await app.refresh(auroraApp, refresh_token!)).status, 200)
})

test('a changed group is taken over while requests run: a new secret counts, the old one does not, and tokens live on', async () => {
  const { access_token, refresh_token } = await tokensFor(app, ada, auroraWeb)
  const changed = parseGroupFile(withAuroraApi(demoGroup(app.ports)).replace('aurora-demo-secret', 'aurora-new-secret-1234'), 'demo.yaml')
  assert.ok(changed.ok)

  await app.app.groups.apply(app.app.store.db, changed.file)

  assert.equal((await credentials(auroraWeb)).body.error, 'invalid_client')
  assert.equal((await credentials({ ...auroraWeb, secret: 'aurora-new-secret-1234' })).status, 200)
  assert.equal((await app.userinfo(access_token)).status, 200)
  assert.equal((await app.refresh({ ...auroraWeb, secret: 'aurora-new-secret-1234' }, refresh_token!)).status, 200)
})
