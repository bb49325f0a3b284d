import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { parseGroupFile } from '../../src/group/index.ts'
import { HttpBrowser } from '../harness/http-browser.ts'
import { authorizationRequest, sender, startTwin } from '../oidc/protocol.ts'
import { startPlan } from './plan.ts'

/** oidcc-config-certification-test-plan and oidcc-3rdparty-init-login-certification-test-plan */
const ISSUER = 'https://id.example.com'
let yaml = ''
const plan = await startPlan(
  { after },
  { edit: (file) => (yaml = file.replace('    scope: ', '    initiate_login_uri: https://shop.example/start\n    scope: ')) },
)
// The suite takes https addresses only: the same group behind a proxy that ends TLS.
const twin = await startTwin({ after }, plan, { issuer: ISSUER, port: 0 })
const send = sender(`http://127.0.0.1:${twin.addresses[0]!.port}`, new URL(ISSUER).host)

/** Members of the metadata that the OpenID Foundation's and the IETF's registries know; the suite warns of any other. */
const REGISTERED =
  /^(?:issuer|jwks_uri|service_documentation|op_(?:policy|tos)_uri|mtls_endpoint_aliases|[a-z_]+_(?:endpoint|supported)|require_[a-z_]+|tls_client_certificate_bound_access_tokens)$/

test('OIDC-30 Config OP, oidcc-discovery-endpoint-verification: the metadata has what the specifications ask for, in their form, and every address is https', async () => {
  const answer = await send('/.well-known/openid-configuration')
  const metadata = (await answer.json()) as Record<string, string[]> & Record<string, unknown>
  const lists = (name: string, ...wanted: string[]) =>
    assert.deepEqual(
      wanted.filter((value) => !(metadata[name] as string[] | undefined)?.includes(value)),
      [],
      name,
    )

  assert.equal(answer.status, 200)
  assert.match(answer.headers.get('content-type') ?? '', /^application\/json(?:;|$)/)
  assert.equal(metadata.issuer, ISSUER)
  for (const name of ['authorization_endpoint', 'token_endpoint', 'userinfo_endpoint', 'jwks_uri']) assert.ok(metadata[name], name)
  for (const [name, value] of Object.entries(metadata)) {
    assert.match(name, REGISTERED, 'no unknown member')
    if (/_endpoint$|_uri$/.test(name)) assert.ok((value as unknown as string).startsWith(`${ISSUER}/`), name)
    if (Array.isArray(value)) assert.equal(new Set(value).size, value.length, `${name} names nothing twice`)
  }
  lists('response_types_supported', 'code')
  lists('subject_types_supported', 'pairwise')
  lists('id_token_signing_alg_values_supported', 'RS256')
  lists('scopes_supported', 'openid')
  lists('grant_types_supported', 'authorization_code', 'refresh_token')
  lists('claims_supported', 'sub', 'iss', 'auth_time', 'acr', 'name', 'email')
  lists('code_challenge_methods_supported', 'S256')
  lists('token_endpoint_auth_methods_supported', 'client_secret_basic', 'client_secret_post', 'private_key_jwt')
  for (const scope of metadata.scopes_supported!) assert.match(scope, /^[\x21\x23-\x5b\x5d-\x7e]+$/)
  for (const locale of metadata.ui_locales_supported!) assert.deepEqual(Intl.getCanonicalLocales(locale), [locale])
  assert.equal(metadata.claims_parameter_supported, true)
  assert.equal(metadata.request_uri_parameter_supported, false, 'told, because it is true where nothing is said')
  assert.notEqual(typeof metadata.request_parameter_supported, 'string')
})

test('OIDC-30 Config OP, oidcc-discovery-endpoint-verification: the key set is public, each key for one use, with a kid of its own', async () => {
  const answer = await send('/jwks')
  const { keys } = (await answer.json()) as { keys: Record<string, string>[] }

  assert.match(answer.headers.get('content-type') ?? '', /^application\/(?:jwk-set\+)?json(?:;|$)/)
  assert.ok(keys.some(({ kty, alg, n }) => kty === 'RSA' && alg === 'RS256' && Buffer.from(n!, 'base64url').length >= 256))
  assert.equal(new Set(keys.map(({ kid }) => kid)).size, keys.length)
  for (const key of keys) {
    assert.equal(key.use, 'sig')
    assert.deepEqual(
      Object.keys(key).filter((name) => ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'].includes(name)),
      [],
    )
  }
})

test('OIDC-30 Config OP: on an https issuer the same group answers with its own iss', async () => {
  const { params } = authorizationRequest(plan.first, { prompt: 'none' })
  const browser = new HttpBrowser(ISSUER, (url, init) => send(`${url.pathname}${url.search}`, init))

  const page = await browser.open(`/authorize?${new URLSearchParams(params)}`)

  assert.deepEqual([page.url.searchParams.get('error'), page.url.searchParams.get('iss')], ['login_required', ISSUER])
})

test('OIDC-30 3rd Party-Init OP, oidcc-3rdparty-init-login: an https initiate_login_uri is stored and told', async () => {
  assert.match(await plan.app.groups.exportFile(plan.app.store.db), /initiate_login_uri: https:\/\/shop\.example\/start/)
})

test('OIDC-30 3rd Party-Init OP, oidcc-3rdparty-init-login-nohttps: an http one is refused', () => {
  const result = parseGroupFile(yaml.replaceAll('https://shop.example/start', 'http://shop.example/start'), 'group.yaml')

  assert.equal(result.ok, false)
  assert.match(result.ok ? '' : result.problems.join('\n'), /initiate_login_uri: must be https/)
})
