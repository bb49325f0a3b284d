import assert from 'node:assert/strict'
import { test } from 'node:test'
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose'
import { identityOf } from '../../src/authenticators/federated/identity.ts'
import { createProviderClients } from '../../src/authenticators/federated/provider-clients.ts'
import { redeem } from '../../src/authenticators/federated/redeem.ts'
import type { IdentityProvider } from '../../src/group/index.ts'
import type { GuardedFetch } from '../../src/ports/guarded-fetch.ts'
import { Secret } from '../../src/ports/secret.ts'

const provider = (more: Partial<IdentityProvider> = {}): IdentityProvider => ({
  key: 'works',
  issuer: 'https://login.works.example',
  clientId: 'atrium',
  secret: new Secret('x'),
  scopes: ['openid'],
  name: { en: 'Works' },
  enabled: true,
  allows: ['sign_in'],
  authoritativeDomains: [],
  ...more,
})
const TENANT = '4b0f3c1a-0c5e-4d0a-9b62-0d3a7b1f9c11'
const OTHER_TENANT = '9188040d-6c67-4c5b-b112-36a304b66dad'
const OID = '00000000-0000-0000-66f3-3332eca7ea81'
const claims = { iss: 'https://login.works.example', sub: 's-1', email: 'Ada@Works.Example', email_verified: true, name: ' Ada ' }

test('an identity is issuer and subject; names and address are suggestions, and what is no text is left out', () => {
  assert.deepEqual(identityOf(provider(), { ...claims, given_name: 7, family_name: 'x\u0000', roles: ['operator'] }), {
    ok: true,
    identity: {
      ...{ provider: 'works', issuer: claims.iss, subject: 's-1', email: 'ada@works.example', email_is_theirs: false },
      names: { name: 'Ada', given_name: undefined, family_name: undefined },
    },
  })
  assert.deepEqual(identityOf(provider(), { ...claims, sub: '' }), { ok: false, reason: 'unusable' })
})

test('SEC-65 an address is the provider’s to vouch for in exactly the domains of the group file, and when it says verified', () => {
  const theirs = (email: unknown, email_verified: unknown = true): boolean => {
    const found = identityOf(provider({ authoritativeDomains: ['works.example'] }), { ...claims, email, email_verified })
    return found.ok && found.identity.email_is_theirs
  }

  assert.equal(theirs('ada@works.example'), true)
  assert.equal(theirs('ada@works.example', 'true'), true, 'Apple’s way')
  for (const email of ['ada@evil-works.example', 'ada@works.example.evil.example', 'ada@sub.works.example', 'works.example', 7])
    assert.equal(theirs(email), false, String(email))
  for (const verified of [false, 'false', 1, null]) assert.equal(theirs('ada@works.example', verified), false, String(verified))
})

test('only people of the allowed domains: a verified address, and at Google the company’s own accounts', () => {
  const allowed = (more: Partial<IdentityProvider>, said: object) =>
    identityOf(provider({ allowedDomains: ['works.example'], ...more }), { ...claims, ...said }).ok

  assert.equal(allowed({}, {}), true)
  assert.equal(allowed({}, { email_verified: false }), false)
  assert.equal(allowed({}, { email: 'ada@elsewhere.example' }), false)
  assert.equal(allowed({ preset: 'google' }, {}), false)
  assert.equal(allowed({ preset: 'google' }, { hd: 'works.example' }), true)
})

test('at Microsoft a person is tenant and object id, and only of the tenants of the group file', () => {
  const microsoft = (said: object, tenants?: readonly string[]) =>
    identityOf(provider({ preset: 'microsoft', ...(tenants && { tenants }) }), { ...claims, tid: TENANT, oid: OID, ...said })

  const found = microsoft({ sub: 'of this app alone' })
  assert.equal(found.ok && found.identity.subject, OID)
  assert.deepEqual(microsoft({ oid: undefined }), { ok: false, reason: 'unusable' })
  assert.deepEqual(microsoft({ tid: 'x' }), { ok: false, reason: 'unusable' })
  assert.equal(microsoft({}, [TENANT.toUpperCase()]).ok, true)
  assert.deepEqual(microsoft({ tid: OTHER_TENANT }, [TENANT]), { ok: false, reason: 'not_allowed' })
})

const MICROSOFT = 'https://login.microsoftonline.com'

/** Microsoft’s endpoint for all tenants, as it answers the protocol’s requests: its metadata name no tenant. */
async function microsoftSaying(said: JWTPayload) {
  const { publicKey, privateKey } = await generateKeyPair('RS256')
  const metadata = {
    issuer: `${MICROSOFT}/{tenantid}/v2.0`,
    authorization_endpoint: `${MICROSOFT}/common/oauth2/v2.0/authorize`,
    token_endpoint: `${MICROSOFT}/common/oauth2/v2.0/token`,
    jwks_uri: `${MICROSOFT}/common/discovery/v2.0/keys`,
    id_token_signing_alg_values_supported: ['RS256'],
    token_endpoint_auth_methods_supported: ['client_secret_post'],
  }
  const nowS = Math.floor(Date.now() / 1000)
  const id_token = await new SignJWT({ aud: 'atrium', sub: 'x', nonce: 'n', iat: nowS, exp: nowS + 300, ...said })
    .setProtectedHeader({ alg: 'RS256', kid: 'k' })
    .sign(privateKey)
  const answers: Record<string, unknown> = {
    '/common/v2.0/.well-known/openid-configuration': metadata,
    '/common/oauth2/v2.0/token': { access_token: 'a', token_type: 'bearer', id_token },
    '/common/discovery/v2.0/keys': { keys: [{ ...(await exportJWK(publicKey)), kid: 'k', alg: 'RS256', use: 'sig' }] },
  }
  const bodies: string[] = []
  const fetch: GuardedFetch = Object.assign(
    async (url: string | URL, request: { body?: unknown } = {}) => {
      if (request.body) bodies.push(String(request.body))
      return Response.json(answers[new URL(url).pathname] ?? {}, { status: 200 })
    },
    { close: async () => {} },
  )
  const entry = provider({ preset: 'microsoft', issuer: `${MICROSOFT}/common/v2.0` })
  const client = await createProviderClients({ fetch, clock: () => new Date() })(entry)
  const request = {
    ...{ provider: 'works', place: '', return_to: '', recipient: '', locale: 'en', fresh: false },
    nonce: 'n',
    verifier: 'v'.repeat(43),
    begun_at: '',
  }
  return { bodies, result: await redeem(client, request, { code: 'c', state: 's' }, 'https://id.example/sign-in/federated/callback/works') }
}

test('SEC-66 a token of Microsoft’s common endpoint is issued by the tenant it names, and by no other', async () => {
  const right = await microsoftSaying({ iss: `${MICROSOFT}/${TENANT}/v2.0`, tid: TENANT, oid: OID })
  const wrong = await microsoftSaying({ iss: `${MICROSOFT}/${OTHER_TENANT}/v2.0`, tid: TENANT, oid: OID })
  const template = await microsoftSaying({ iss: `${MICROSOFT}/{tenantid}/v2.0`, oid: OID })

  assert.equal(right.result.ok && right.result.claims.tid, TENANT)
  assert.match(right.bodies.join(), /client_secret=x/, 'the secret is sent as the metadata wants it')
  assert.deepEqual(wrong.result, { ok: false, reason: 'refused' })
  assert.deepEqual(template.result, { ok: false, reason: 'refused' })
})
