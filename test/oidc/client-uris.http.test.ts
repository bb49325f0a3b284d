import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, test } from 'node:test'
import type { Dial, Resolve } from '../../src/ports/guarded-connect.ts'
import { createGuardedFetch } from '../../src/ports/guarded-fetch.ts'
import { authorizationRequest, authorize, signUp, startProtocol } from './protocol.ts'
import { assertionFields, newKey, redirectOf, requestObject, webClient, withEntries } from './signing.ts'

/** What every name resolves to, for the one request under test. */
let addresses: string[] = []
const dialled: string[] = []
const resolve: Resolve = async () => addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }))
/** Sends no packet and remembers where it was asked to. */
const dial: Dial = (_target, to, done) => {
  dialled.push(...to.map(({ address }) => address))
  done(new Error('no packet leaves this test'), null)
}

const key = await newKey('ES256', 'k')
const keyServer = await startKeyServer()
const keyed = (client_id: string, jwks_uri: string) => webClient(client_id, { token_endpoint_auth_method: 'private_key_jwt', jwks_uri })
const literals = [
  'https://10.0.0.7/jwks',
  'https://127.0.0.1/jwks',
  'https://169.254.169.254/jwks',
  'https://[fd00::1]/jwks',
  'https://[::1]/jwks',
]
const app = await startProtocol(
  { after },
  {
    ports: { fetch: createGuardedFetch({ resolve, dial }) },
    group: withEntries({
      clients: [keyed('by-name', 'https://keys.shop.example/jwks'), ...literals.map((uri, index) => keyed(`literal-${index}`, uri))],
    }),
  },
)
const open = await startProtocol({ after }, { group: withEntries({ clients: [keyed('loopback', keyServer.url)] }) })
const ada = await signUp(app)

const withAssertion = async (protocol: typeof app, client_id: string) =>
  protocol.call<{ error?: string }>('/token', {
    grant_type: 'client_credentials',
    ...(await assertionFields({ issuer: protocol.issuer, client_id, key })),
  })

/** A key set on loopback, which only development reaches; it counts how often it is asked. */
async function startKeyServer(): Promise<{ url: string; asked: () => number }> {
  let asked = 0
  const server = createServer((_req, res) => {
    asked++
    res.setHeader('content-type', 'application/json').end(JSON.stringify({ keys: [key.jwk] }))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  after(() => server.close())
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks`, asked: () => asked }
}

test('OIDC-16 a key set at a private address is refused without a packet, whatever its name', async () => {
  for (const address of [
    '10.0.0.7',
    '127.0.0.1',
    '169.254.169.254',
    '192.168.1.1',
    '100.64.0.1',
    '::1',
    'fd00::1',
    '::ffff:10.0.0.1',
    '0.0.0.0',
  ]) {
    for (const resolved of [[address], ['93.184.216.34', address]]) {
      addresses = resolved
      const { status, body } = await withAssertion(app, 'by-name')
      assert.ok(status === 400 || status === 401, `${address}: ${status}`)
      assert.match(String(body.error), /^invalid_client/, address)
    }
  }
  for (const [index, uri] of literals.entries()) {
    const { status } = await withAssertion(app, `literal-${index}`)
    assert.ok(status === 400 || status === 401, `${uri}: ${status}`)
  }
  assert.deepEqual(dialled, [])
})

test('OIDC-16 request objects fetch no more than assertions do; a public address is dialled as it was checked', async () => {
  addresses = ['10.0.0.7']
  const client = { client_id: 'by-name', redirect_uri: redirectOf('by-name') }
  const { params } = authorizationRequest(client)
  const request = await requestObject({ issuer: app.issuer, client_id: 'by-name', key }, params)
  const page = await authorize(ada, {
    client,
    verifier: '',
    params: { client_id: 'by-name', response_type: 'code', scope: 'openid', request },
  })

  assert.equal(page.url.searchParams.has('code'), false)
  assert.ok(page.status < 500)
  assert.deepEqual(dialled, [])

  addresses = ['93.184.216.34']
  const { status } = await withAssertion(app, 'by-name')
  assert.ok(status === 400 || status === 401)
  assert.deepEqual(dialled, ['93.184.216.34'])
})

test('OIDC-16 a key set that may be reached is read, and asked again only for a key it may not have had', async () => {
  const [first, second] = [await withAssertion(open, 'loopback'), await withAssertion(open, 'loopback')]

  assert.deepEqual([first.status, second.status], [200, 200])
  assert.equal(keyServer.asked(), 1)
})
