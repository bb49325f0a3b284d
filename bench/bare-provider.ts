/**
 * The bar: oidc-provider alone, with its own in-memory store and what Atrium's features need switched on. `node bare-provider.ts PORT`.
 *
 * The same client, algorithm, PKCE, pairwise subjects and API; whoever comes is signed in as Ada without a page.
 */
import { createHash, generateKeyPairSync } from 'node:crypto'
import { createServer } from 'node:http'
import Provider, { type ClientMetadata, type Configuration } from 'oidc-provider'
import { ROUTES } from '../src/oidc/index.ts'
import { BRAND_API, CLIENT } from './group-with-api.ts'

const port = Number(process.argv[2])
const issuer = `http://localhost:${port}`
const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const ADA = 'ada'

const client: ClientMetadata = {
  client_id: CLIENT.client_id,
  client_secret: CLIENT.client_secret,
  redirect_uris: [CLIENT.redirect_uri],
  grant_types: ['authorization_code', 'refresh_token', 'client_credentials'],
  response_types: ['code'],
  subject_type: 'pairwise',
  id_token_signed_response_alg: 'ES256',
}

const configuration: Configuration = {
  clients: [client],
  jwks: { keys: [{ ...privateKey.export({ format: 'jwk' }), kty: 'EC', kid: 'bench', alg: 'ES256', use: 'sig' }] },
  routes: { ...ROUTES },
  cookies: { keys: ['bench'] },
  claims: { openid: ['sub'], profile: ['name'], email: ['email', 'email_verified'] },
  subjectTypes: ['pairwise'],
  pairwiseIdentifier: (_ctx, account, { clientId }) => createHash('sha256').update(`${clientId} ${account}`).digest('base64url'),
  pkce: { required: () => true },
  responseTypes: ['code'],
  rotateRefreshToken: true,
  issueRefreshToken: () => Promise.resolve(true),
  findAccount: (_ctx, sub) => ({
    accountId: sub,
    claims: () => ({ sub, name: 'Ada Lovelace', email: 'ada@example.com', email_verified: true }),
  }),
  interactions: { url: (_ctx, { uid }) => `/interaction/${uid}` },
  features: {
    clientCredentials: { enabled: true },
    devInteractions: { enabled: false },
    introspection: { enabled: true },
    resourceIndicators: {
      enabled: true,
      getResourceServerInfo: (_ctx, audience) => ({
        audience,
        scope: BRAND_API.scope,
        accessTokenFormat: audience === BRAND_API.resource ? 'jwt' : 'opaque',
        accessTokenTTL: 600,
        jwt: { sign: { alg: 'ES256' } },
      }),
      useGrantedResource: () => false,
    },
    revocation: { enabled: true },
    userinfo: { enabled: true },
  },
}

const provider = new Provider(issuer, configuration)
const answer = provider.callback()

createServer(async (req, res) => {
  if (!req.url?.startsWith('/interaction/')) return answer(req, res)
  const grant = new provider.Grant({ accountId: ADA, clientId: CLIENT.client_id })
  grant.addOIDCScope('openid profile email')
  grant.addResourceScope(BRAND_API.resource, BRAND_API.scope)
  const grantId = await grant.save()
  await provider.interactionFinished(req, res, { login: { accountId: ADA }, consent: { grantId } })
}).listen(port, '127.0.0.1')
