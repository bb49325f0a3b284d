import assert from 'node:assert/strict'
import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import { importJWK, type JWTPayload, SignJWT } from 'jose'
import Provider, { type Configuration } from 'oidc-provider'
import { freePorts } from './app.ts'
import { HttpBrowser, type Shown } from './http-browser.ts'

/** Somebody with an account at the provider. */
export interface Person {
  readonly sub: string
  readonly [claim: string]: unknown
}

/** How the provider misbehaves. Each test sets what it needs and leaves it as it was. */
interface Tricks {
  /** In place of the ID token it made. */
  idToken?: ((claims: JWTPayload) => JWTPayload) | ((claims: JWTPayload) => Promise<string>)
  /** The customer says no. */
  deny?: boolean
  /** Nothing is answered: `down` refuses connections’ requests with 503, `slow` never ends them. */
  outage?: 'down' | 'slow'
  /** Client secrets are JWTs that this verifies, as at Apple. Throws when one is wrong. */
  verifySecret?: (secret: string) => Promise<unknown>
  /** Its discovery document says something else. */
  metadata?: Record<string, unknown>
}

const key = (kid: string) => {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  return { ...privateKey.export({ format: 'jwk' }), kid, alg: 'ES256', use: 'sig', kty: 'EC' } as const
}

/**
 * A real OpenID Provider of somebody else's on loopback (panva's oidc-provider), at which whoever comes is signed in as `person` without a page, and which
 * does wrong what a test tells it to.
 */
export async function startIdentityProvider(t: { after(hook: () => Promise<void>): void }, name = 'elsewhere', { posts = false } = {}) {
  const [port] = await freePorts(1)
  const issuer = `http://localhost:${port}`
  const tricks: Tricks = {}
  const seen: { authorization: URLSearchParams[] } = { authorization: [] }
  let person: Person = { sub: 'nobody' }
  let signing = key('first')
  let provider: Provider | undefined
  let callback: string | undefined

  const build = (): void => {
    assert.ok(callback)
    provider = new Provider(
      issuer,
      configuration(
        posts,
        signing,
        callback,
        () => person,
        () => clientSecret,
      ),
    )
    provider.use(async (ctx, next) => {
      await next()
      const { oidc, body } = ctx as unknown as { oidc?: { route?: string }; body: Record<string, unknown> }
      if (oidc?.route === 'token' && tricks.idToken && typeof body?.id_token === 'string') body.id_token = await tricked(body.id_token)
      if (oidc?.route === 'discovery' && tricks.metadata) Object.assign(body, tricks.metadata)
    })
  }
  const clientSecret = 'the-secret-of-atrium-elsewhere'

  async function tricked(idToken: string): Promise<string> {
    const claims = JSON.parse(Buffer.from(idToken.split('.')[1]!, 'base64url').toString()) as JWTPayload
    const changed = await tricks.idToken!(claims)
    return typeof changed === 'string' ? changed : signed(changed)
  }
  const signed = async (claims: JWTPayload, header: Record<string, unknown> = {}, by = signing): Promise<string> =>
    new SignJWT(claims)
      .setProtectedHeader({ alg: 'ES256', kid: by.kid, ...header })
      .sign((await importJWK(by, 'ES256')) as unknown as KeyObject)

  const server = createServer(async (req, res) => {
    if (tricks.outage === 'slow') return
    if (tricks.outage === 'down' || !provider) return void res.writeHead(503).end()
    if (req.url?.startsWith('/auth?')) seen.authorization.push(new URLSearchParams(req.url.split('?')[1]))
    if (req.url === '/token' && tricks.verifySecret) {
      const body = new URLSearchParams(await text(req))
      await tricks.verifySecret(body.get('client_secret') ?? '')
      body.set('client_secret', clientSecret)
      Object.assign(req, { body: Object.fromEntries(body) })
    }
    if (!req.url?.startsWith('/interaction/')) return provider.callback()(req, res)
    await interact(provider, req, res)
  })
  async function interact(at: Provider, req: IncomingMessage, res: ServerResponse): Promise<void> {
    if (tricks.deny) return at.interactionFinished(req, res, { error: 'access_denied', error_description: '<b>not today</b>' })
    const grant = new at.Grant({ accountId: person.sub, clientId: CLIENT_ID })
    grant.addOIDCScope('openid profile email name')
    const grantId = await grant.save()
    await at.interactionFinished(req, res, { login: { accountId: person.sub }, consent: { grantId } })
  }
  await new Promise<void>((resolve) => server.listen(port, 'localhost', resolve))
  t.after(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })

  return {
    name,
    issuer,
    tricks,
    seen,
    /** The group file's entry, as `policies.identity_providers` has it. `more`: further keys. */
    entry: (more = ''): string =>
      `    - { key: ${name}, issuer: "${issuer}", client_id: ${CLIENT_ID}, client_secret: ${clientSecret}, name: { en: Elsewhere, de: Anderswo, it: Altrove, ru: Там }${more && `, ${more}`} }\n`,
    /** Registers Atrium, once its address is known. */
    register(atrium: string): void {
      callback = `${atrium}/sign-in/federated/callback/${name}`
      build()
    },
    /** Who is signed in to the provider's next browser. */
    become(somebody: Person): void {
      person = somebody
    },
    /** Another signing key in place of the one before. */
    rotate(): void {
      signing = key(`key-${Math.random()}`)
      build()
    },
    signed,
    stranger: () => key('stranger'),
    publicKey: () => signing,
    /** The provider's part of a sign-in in a browser of its own: where it sends the browser in the end. */
    async answer(href: string, browser = new HttpBrowser(issuer)): Promise<Shown> {
      return browser.open(href)
    },
  }
}

export type IdentityProviderOnLoopback = Awaited<ReturnType<typeof startIdentityProvider>>

const CLIENT_ID = 'atrium-elsewhere'

const configuration = (
  posts: boolean,
  signing: ReturnType<typeof key>,
  callback: string,
  person: () => Person,
  secret: () => string,
): Configuration => ({
  clients: [
    {
      client_id: CLIENT_ID,
      client_secret: secret(),
      redirect_uris: [callback],
      grant_types: ['authorization_code'],
      response_types: ['code'],
      id_token_signed_response_alg: 'ES256',
      token_endpoint_auth_method: posts ? 'client_secret_post' : 'client_secret_basic',
    },
  ],
  jwks: { keys: [signing] },
  cookies: { keys: ['elsewhere'] },
  conformIdTokenClaims: false,
  claims: {
    openid: ['sub', 'roles', 'account_id', 'acr', 'amr', 'hd', 'tid', 'oid'],
    profile: ['name', 'given_name', 'family_name'],
    email: ['email', 'email_verified'],
  },
  scopes: ['openid', 'profile', 'email', 'name'],
  pkce: { required: () => true },
  enabledJWA: { idTokenSigningAlgValues: ['ES256', 'RS256'] },
  responseTypes: ['code'],
  findAccount: (_ctx, sub) => ({ accountId: sub, claims: () => Promise.resolve({ ...person(), sub }) }),
  interactions: { url: (_ctx, { uid }) => `/interaction/${uid}` },
  features: { devInteractions: { enabled: false }, userinfo: { enabled: true } },
})
