import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, test } from 'node:test'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import { startProtocol } from './protocol.ts'

const own = await generateKeyPair('ES256', { extractable: true })
const foreign = await generateKeyPair('ES256', { extractable: true })
const jwk = { ...(await exportJWK(own.publicKey)), kid: 'order-history-1', alg: 'ES256', use: 'sig' }
const app = await startProtocol({ after }, { group: withPrivateKeyJwt })

const ASSERTION = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'

async function assertion(
  claims: Record<string, unknown> = {},
  { header = {}, key = own.privateKey }: { header?: object; key?: typeof own.privateKey } = {},
): Promise<string> {
  const now = Math.floor(Date.now() / 1000)
  return new SignJWT({ iss: 'order-history', sub: 'order-history', aud: app.issuer, iat: now, exp: now + 60, jti: randomUUID(), ...claims })
    .setProtectedHeader({ alg: 'ES256', kid: 'order-history-1', ...header })
    .sign(key)
}

const withAssertion = (client_assertion: string, path = '/token', fields: Record<string, string> = { grant_type: 'client_credentials' }) =>
  app.call<{ error?: string; access_token?: string }>(path, { ...fields, client_assertion, client_assertion_type: ASSERTION })

test('OIDC-15 a client signs its own assertion in place of a secret', async () => {
  const { status, body } = await withAssertion(await assertion())

  assert.equal(status, 200, JSON.stringify(body))
  assert.equal((await withAssertion(await assertion(), '/introspect', { token: body.access_token! })).status, 200)
})

test('OIDC-15 an assertion for another server, of another key, client, algorithm or time is refused', async () => {
  const now = Math.floor(Date.now() / 1000)
  const wrong: Record<string, string> = {
    'another audience': await assertion({ aud: 'https://evil.example' }),
    'another audience’s token endpoint': await assertion({ aud: 'https://evil.example/token' }),
    'no audience': await assertion({ aud: undefined }),
    'another issuer': await assertion({ iss: 'aurora-web' }),
    'another client': await assertion({ iss: 'aurora-web', sub: 'aurora-web' }),
    expired: await assertion({ exp: now - 120 }),
    'no exp': await assertion({ exp: undefined }),
    'no jti': await assertion({ jti: undefined }),
    'not yet': await assertion({ nbf: now + 600 }),
    'another key': await assertion({}, { key: foreign.privateKey }),
    'unknown kid': await assertion({}, { header: { kid: 'x' }, key: foreign.privateKey }),
    'embedded key': await assertion({}, { header: { jwk: await exportJWK(foreign.publicKey), kid: undefined }, key: foreign.privateKey }),
    none: `${Buffer.from('{"alg":"none"}').toString('base64url')}.${(await assertion()).split('.')[1]}.`,
    nonsense: 'a.b.c',
  }
  for (const [what, jwt] of Object.entries(wrong)) {
    const { status, body } = await withAssertion(jwt)
    assert.ok(status === 401 || status === 400, `${what}: ${status}`)
    assert.equal(body.access_token, undefined, what)
  }
  const asSecret = await app.token(
    { client_id: 'order-history', secret: 'order-history-demo-secret', redirect_uri: '' },
    { grant_type: 'client_credentials' },
  )
  assert.equal(asSecret.body.error, 'invalid_client')
})

test('OIDC-15 an assertion works once, also when it comes many times at the same moment, at every endpoint', async () => {
  const [inTurn, raced, introspection] = [await assertion(), await assertion(), await assertion()]

  assert.deepEqual([(await withAssertion(inTurn)).status, (await withAssertion(inTurn)).body.error], [200, 'invalid_client'])
  const statuses = async (jwt: string, path: string, fields?: Record<string, string>) =>
    (await Promise.all(Array.from({ length: 8 }, () => withAssertion(jwt, path, fields)))).filter(({ status }) => status === 200).length
  assert.equal(await statuses(raced, '/token'), 1)
  assert.equal(await statuses(introspection, '/introspect', { token: 'x' }), 1)
})

test('OIDC-15 an assertion of a forged host is not looked at', async () => {
  const jwt = await assertion({ aud: 'http://evil.example' })

  const answer = await app.call(
    '/token',
    { grant_type: 'client_credentials', client_assertion: jwt, client_assertion_type: ASSERTION },
    { headers: { 'x-forwarded-host': 'evil.example' } },
  )

  assert.ok(answer.status === 401 || answer.status === 400)
})

function withPrivateKeyJwt(yaml: string): string {
  return yaml.replace(
    '    client_secret: order-history-demo-secret\n',
    `    token_endpoint_auth_method: private_key_jwt\n    jwks: ${JSON.stringify({ keys: [jwk] })}\n`,
  )
}
