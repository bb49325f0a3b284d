import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, test } from 'node:test'
import Provider, { errors } from 'oidc-provider'

/** What `src/oidc` relies on and oidc-provider does not document. When one of these fails after an update, look there first. */

// biome-ignore lint/suspicious/noExplicitAny: members that the published types leave out
type Undocumented = any

const ttl = {
  AccessToken: 600,
  AuthorizationCode: 60,
  ClientCredentials: 600,
  RefreshToken: 600,
  Grant: 600,
  Session: 600,
  Interaction: 600,
  IdToken: 600,
}
const jwks = {
  keys: [
    {
      kty: 'EC',
      crv: 'P-256',
      x: 'SVqB4JcUD6lsfvqMr-OKUNUphdNn64Eay60978ZlL74',
      y: 'lf0u0pMj4lGAzZix5u4Cm5CMQIgMNpkwy163wtKYVKI',
      d: '0g5vAEKzugrXaRbgKG0Tj2qJ5lMP4Bezds1_sTybkfk',
    },
  ],
}

function provider(settings: object = {}) {
  return new Provider('http://localhost', {
    jwks: jwks as Undocumented,
    ttl,
    clients: [
      {
        client_id: 'c',
        client_secret: 'secret-secret-secret',
        redirect_uris: ['http://localhost/cb'],
        grant_types: ['authorization_code', 'client_credentials'],
        id_token_signed_response_alg: 'ES256',
      },
    ],
    features: { clientCredentials: { enabled: true }, devInteractions: { enabled: false }, rpInitiatedLogout: { enabled: true } },
    ...settings,
  })
}

test('generateTokenId is what names codes, refresh, access and client-credentials tokens and grants, once each', async () => {
  const engine = provider()
  const client = await engine.Client.find('c')
  for (const name of ['AuthorizationCode', 'RefreshToken', 'AccessToken', 'ClientCredentials', 'Grant'] as const) {
    const model: Undocumented = engine[name]
    const original = model.prototype.generateTokenId
    let calls = 0
    model.prototype.generateTokenId = function (this: Undocumented) {
      calls++
      assert.equal(typeof original.call(this), 'string')
      assert.equal(this.expiration, ttl[name], 'the life is known by then')
      if (name !== 'ClientCredentials') assert.equal(this.accountId, 'ada', 'and so is the account')
      return `ours-${name}`
    }
    const token = new model(
      name === 'Grant' ? { accountId: 'ada', clientId: 'c' } : { accountId: 'ada', client, grantId: 'g', scope: 'openid' },
    )

    assert.equal(await token.save(), `ours-${name}`)
    assert.equal(calls, 1, name)
    assert.ok(await model.find(`ours-${name}`), name)
  }
})

test('the original generateTokenId also decides an access token’s format', () => {
  const engine = provider()
  const token: Undocumented = new engine.AccessToken({ accountId: 'ada' } as Undocumented)
  token.resourceServer = new engine.ResourceServer('urn:api', { scope: '', audience: 'urn:api', accessTokenFormat: 'jwt' })

  token.generateTokenId()

  assert.equal(token.format, 'jwt')
})

test('a Session class put in the place of the provider’s is the one that requests use', async () => {
  const engine = provider()
  class Session extends (engine.Session as Undocumented) {
    constructor(payload?: Undocumented) {
      super(payload)
      if (!payload?.uid) Object.assign(this, { uid: 'our-uid', jti: 'our-id' })
    }
  }
  Object.defineProperty(engine, 'Session', { value: Session })
  const answer = await ask(engine, '/session/end')

  assert.match(answer.headers.get('set-cookie') ?? '', /_session=our-id/)
})

test('host and scheme put into the request are those of metadata and links', async () => {
  const engine = provider()
  Object.defineProperties(engine.request, { host: { get: () => 'id.example' }, protocol: { get: () => 'https' } })

  const metadata = (await (
    await ask(engine, '/.well-known/openid-configuration', { 'x-forwarded-host': 'evil.example' })
  ).json()) as Record<string, string>

  assert.equal(metadata.token_endpoint, 'https://id.example/token')
  assert.equal(metadata.issuer, 'http://localhost')
})

test('middleware added by use runs around the engine, which marks what it matched with ctx.oidc and sends nothing before the end', async () => {
  const engine = provider()
  const seen: unknown[] = []
  engine.use(async (ctx, next) => {
    await next()
    const { oidc } = ctx as Undocumented
    seen.push([oidc?.route, oidc?.client?.clientId, Object.keys(oidc?.entities ?? {}), oidc?.body?.scope, ctx.res.headersSent])
  })

  await ask(
    engine,
    '/token',
    { authorization: `Basic ${btoa('c:secret-secret-secret')}` },
    new URLSearchParams({ grant_type: 'client_credentials', scope: 'unknown' }),
  )
  await ask(engine, '/nowhere')

  assert.deepEqual(seen, [
    ['token', 'c', ['Client', 'ClientCredentials'], 'unknown', false],
    [undefined, undefined, [], undefined, false],
  ])
})

test('a client’s logout token goes through backchannelLogout(account, sid) of the Client class', () => {
  const engine = provider({ features: { backchannelLogout: { enabled: true } } })
  const { backchannelLogout } = engine.Client.prototype as Undocumented

  assert.equal(typeof backchannelLogout, 'function')
  assert.equal(backchannelLogout.length, 2)
})

test('a response mode is the client’s when responseModeAllowed says so; what it throws is answered in the mode the parameters then have', async () => {
  const engine = provider({
    features: { jwtResponseModes: { enabled: true }, clientCredentials: { enabled: true }, devInteractions: { enabled: false } },
    clientDefaults: { authorization_signed_response_alg: 'ES256' },
  })
  const { prototype } = engine.Client as Undocumented
  prototype.responseModeAllowed = (mode: string) => {
    assert.equal(mode, 'jwt')
    ;(Provider.ctx as Undocumented).oidc.params.response_mode = undefined
    throw new errors.UnsupportedResponseMode('not this one')
  }
  const query = new URLSearchParams({
    client_id: 'c',
    redirect_uri: 'http://localhost/cb',
    response_type: 'code',
    response_mode: 'jwt',
    scope: 'openid',
  })
  const answer = await ask(engine, `/auth?${query}`)

  assert.match(answer.headers.get('location') ?? '', /\?error=unsupported_response_mode&/)
})

async function ask(engine: Provider, path: string, headers: Record<string, string> = {}, body?: URLSearchParams): Promise<Response> {
  const server = createServer(engine.callback()).listen(0, '127.0.0.1')
  after(() => void server.close())
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`
  return fetch(url, { headers, redirect: 'manual', ...(body && { method: 'POST', body }) })
}

test('compareClientSecret decides whether a secret is believed, and its answer is waited for', async () => {
  const engine = provider()
  const prototype: Undocumented = engine.Client.prototype
  const seen: string[] = []
  prototype.compareClientSecret = async (actual: string) => {
    seen.push(actual)
    return false
  }
  const client: Undocumented = await engine.Client.find('c')

  assert.equal(await client.compareClientSecret('secret-secret-secret'), false)
  assert.deepEqual(seen, ['secret-secret-secret'])
})
