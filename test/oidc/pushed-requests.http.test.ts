import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import type { HttpBrowser, Shown } from '../harness/http-browser.ts'
import { authorizationRequest, confirmed, type Request, redemption, signUp, startProtocol, type TestClient } from './protocol.ts'

const app = await startProtocol({ after })
const ada = await signUp(app)
const { auroraWeb, auroraApp, borealisWeb } = app.clients

async function push(request: Request): Promise<string> {
  const { status, body } = await app.call('/par', request.params, { as: request.client })
  assert.equal(status, 201, JSON.stringify(body))
  assert.equal(body.expires_in, 60)
  return String(body.request_uri)
}

const open = (browser: HttpBrowser, client: TestClient, request_uri: string, extra: Record<string, string> = {}): Promise<Shown> =>
  browser.open(`/authorize?${new URLSearchParams({ client_id: client.client_id, request_uri, ...extra })}`)

test('a pushed request leads to a code, for clients with a secret and without', async () => {
  for (const client of [auroraWeb, auroraApp]) {
    const request = authorizationRequest(client)
    const page = await confirmed(ada, await open(ada, client, await push(request)))

    assert.equal(page.url.searchParams.get('state'), request.params.state)
    assert.equal((await app.token(client, redemption(request, page.url.searchParams.get('code')!))).status, 200)
  }
})

test('a pushed request cannot be changed by parameters beside it', async () => {
  const request = authorizationRequest(auroraWeb)
  const page = await open(ada, auroraWeb, await push(request), {
    redirect_uri: 'https://evil.example/',
    scope: 'openid email',
    state: 'x',
    code_challenge: 'y'.repeat(43),
  })

  assert.equal(page.url.href.split('?')[0], auroraWeb.redirect_uri)
  const { status, body } = await app.token(auroraWeb, redemption(request, page.url.searchParams.get('code')!))
  assert.deepEqual([status, body.scope], [200, 'openid'])
})

test('a request_uri works once, also when it is opened twice at the same moment', async () => {
  const inTurn = await push(authorizationRequest(auroraWeb))
  const raced = await push(authorizationRequest(auroraWeb))

  const [first, second] = [await open(ada, auroraWeb, inTurn), await open(ada, auroraWeb, inTurn)]
  const atOnce = await Promise.all(Array.from({ length: 6 }, () => open(ada, auroraWeb, raced)))

  assert.equal(first.url.searchParams.has('code'), true)
  assert.deepEqual([second.url.searchParams.has('code'), second.status >= 500], [false, false])
  assert.equal(atOnce.filter((page) => page.url.searchParams.has('code')).length, 1)
  for (const page of atOnce) assert.ok(page.status < 500, String(page.status))
})

test('a request_uri belongs to the client that pushed it, and ends after a minute', async () => {
  const uri = await push(authorizationRequest(auroraWeb))
  const stolen = await open(ada, borealisWeb, uri)
  assert.equal(stolen.url.searchParams.has('code'), false)
  assert.ok(stolen.url.origin === app.issuer && stolen.status >= 400 && stolen.status < 500)

  await app.advance(61)
  const late = await open(ada, auroraWeb, uri)
  assert.equal(late.url.searchParams.has('code'), false)
  for (const odd of ['urn:ietf:params:oauth:request_uri:nonsense', 'urn:ietf:params:oauth:request_uri:', 'x', `${uri}x`]) {
    const page = await open(ada, auroraWeb, odd)
    assert.ok(page.status >= 400 && page.status < 500, odd)
  }
})

test('pushing needs the client’s authentication, and a request that would be taken at the authorization endpoint', async () => {
  const { params } = authorizationRequest(auroraWeb)

  assert.equal((await app.call('/par', params, {})).status, 401)
  assert.equal((await app.call('/par', params, { as: { ...auroraWeb, secret: 'wrong-wrong-wrong' } })).status, 401)
  const asOther = await app.call('/par', params, { as: borealisWeb })
  assert.ok(asOther.status === 400 || asOther.status === 401)
  for (const [change, error] of [
    [{ scope: 'openid purchases' }, 'invalid_scope'],
    [{ response_type: 'token' }, 'unsupported_response_type'],
    [{ redirect_uri: 'https://evil.example/' }, 'invalid_request'],
    [{ resource: 'https://unknown.example/' }, 'invalid_target'],
    [{ request_uri: 'urn:ietf:params:oauth:request_uri:x' }, 'request_uri_not_supported'],
  ] as const) {
    const { status, body } = await app.call('/par', { ...params, ...change }, { as: auroraWeb })
    assert.deepEqual([status, body.error], [400, error])
  }
})

test('SEC-4 a claims parameter nested deeper than a stack is refused and no fault, in whatever member it stands; depth as the standard has it is not', async () => {
  const nested = (levels: number) => `${'['.repeat(levels)}${']'.repeat(levels)}`
  const pushed = (claims: string) => app.call('/par', authorizationRequest(auroraApp, { claims }).params, { as: auroraApp })
  for (const levels of [20, 5_500]) {
    for (const claims of [`{"userinfo":{},"x":${nested(levels)}}`, `{"id_token":{"acr":{"essential":true,"values":${nested(levels)}}}}`]) {
      const { status, body } = await pushed(claims)
      assert.deepEqual([status, body.error], [400, 'invalid_request'], `${levels} levels`)
    }
  }
  assert.equal((await pushed('{"userinfo":{"address":{"essential":true,"values":[{"country":"DE"}]}}}')).status, 201)
})
