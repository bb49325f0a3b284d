import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import type { HttpBrowser } from '../harness/http-browser.ts'
import { authorizationRequest, authorize, codeFrom, redemption, signUp, startProtocol, tokensFor } from './protocol.ts'

const app = await startProtocol({ after })
const ada = await signUp(app)
const { auroraWeb } = app.clients
const tokens = await tokensFor(app, ada, auroraWeb, { scope: 'openid email' })
const unspent = authorizationRequest(auroraWeb)
const code = await codeFrom(ada, unspent)
const journey = await authorize(ada, authorizationRequest(auroraWeb, { prompt: 'login' }))
const basic = `Basic ${btoa(`${auroraWeb.client_id}:${auroraWeb.secret}`)}`

/** Requests that are right; each is sent with something about it changed. */
const RIGHT = {
  authorize: { path: '/authorize', method: 'GET', fields: authorizationRequest(auroraWeb).params },
  authorizePost: { path: '/authorize', method: 'POST', fields: authorizationRequest(auroraWeb, { response_mode: 'form_post' }).params },
  authorizeMore: {
    path: '/authorize',
    method: 'GET',
    fields: authorizationRequest(auroraWeb, {
      claims: '{"userinfo":{"email":null},"id_token":{"acr":{"essential":true,"values":["password"]}}}',
      prompt: 'consent',
      max_age: '100',
      acr_values: 'password',
      resource: `${app.issuer}/customers`,
      login_hint: 'x',
      ui_locales: 'de',
      id_token_hint: tokens.id_token,
      dpop_jkt: 'x',
      authorization_details: '[{"type":"attribute_access","purpose":"service","attributes":["email"],"duration_s":60}]',
    }).params,
  },
  authorizeSigned: { path: '/authorize', method: 'GET', fields: { client_id: 'aurora-web', request: 'x', response_mode: 'query.jwt' } },
  par: { path: '/par', method: 'POST', fields: authorizationRequest(auroraWeb).params },
  resume: { path: journey.url.pathname.replace('sign-in', 'authorize'), method: 'GET', fields: {} },
  code: { path: '/token', method: 'POST', fields: redemption(unspent, code) },
  refresh: {
    path: '/token',
    method: 'POST',
    fields: { grant_type: 'refresh_token', refresh_token: tokens.refresh_token!, scope: 'openid' },
  },
  clientCredentials: {
    path: '/token',
    method: 'POST',
    fields: { grant_type: 'client_credentials', resource: `${app.issuer}/customers`, scope: 'consents:read' },
  },
  userinfo: { path: '/userinfo', method: 'POST', fields: { access_token: tokens.access_token } },
  introspect: { path: '/introspect', method: 'POST', fields: { token: tokens.access_token, token_type_hint: 'access_token' } },
  revoke: { path: '/revoke', method: 'POST', fields: { token: 'x', token_type_hint: 'refresh_token' } },
  signOut: {
    path: '/sign-out',
    method: 'GET',
    fields: { id_token_hint: tokens.id_token!, client_id: 'aurora-web', post_logout_redirect_uri: 'x', state: 'x', logout_hint: 'x' },
  },
  signOutConfirm: { path: '/sign-out/confirm', method: 'POST', fields: { xsrf: 'x', logout: 'yes' } },
  signedOut: { path: '/sign-out/success', method: 'GET', fields: { client_id: 'aurora-web' } },
  metadata: { path: '/.well-known/openid-configuration', method: 'GET', fields: {} },
  jwks: { path: '/jwks', method: 'GET', fields: {} },
  journey: { path: journey.url.pathname, method: 'POST', fields: { csrf: 'x', step: 'identify', identifier: 'x' } },
} satisfies Record<string, { path: string; method: string; fields: Record<string, string> }>

interface Sent {
  readonly endpoint: keyof typeof RIGHT
  readonly fields: [string, string][]
  readonly headers?: Record<string, string>
  readonly signedIn?: boolean
}

/** Sends it and looks for a fault in every place it could show. */
async function assertNoFault({ endpoint, fields, headers: odd = {}, signedIn = true }: Sent): Promise<void> {
  const { path, method } = RIGHT[endpoint]
  const form = new URLSearchParams(fields)
  const from: Pick<HttpBrowser, 'step'> = signedIn
    ? ada.copy()
    : { step: (at, init) => fetch(new URL(at, app.issuer), { ...init, redirect: 'manual' }) }

  const response = await from.step(method === 'GET' ? `${path}?${form}` : path, {
    method,
    headers: odd,
    ...(method === 'POST' ? { body: form } : {}),
  })

  const location = response.headers.get('location') ?? ''
  const text = await response.text()
  assert.ok(response.status < 500, `${endpoint}: ${response.status} ${text}`)
  assert.equal(/server_error/.test(location) || /server_error/.test(text), false, `${endpoint}: ${location} ${text}`)
}

function assertNoFaultLogged(): void {
  const levels = new Set([50, 60, 'error', 'fatal'])
  assert.deepEqual(
    app.logLines.filter((line) => levels.has((JSON.parse(line) as { level: number | string }).level)),
    [],
  )
}

test('SEC-4, OIDC-18 no value of any one parameter is answered with a fault', async () => {
  const values = ['a\0b', '\u202e💥', '%00', '{"__proto__":{}}', '[[]]', '../..//', 'x'.repeat(5_000), "'; drop table oidc_codes; --"]
  for (const [endpoint, { fields }] of Object.entries(RIGHT) as [keyof typeof RIGHT, { fields: Record<string, string> }][]) {
    for (const field of Object.keys(fields)) {
      for (const value of values) {
        const changed = Object.entries({ ...fields, [field]: value })
        await assertNoFault({ endpoint, fields: changed, headers: { authorization: basic } })
      }
    }
  }
  assertNoFaultLogged()
})

test('values that a database cannot hold are refused, not a fault', async () => {
  for (const params of [
    { nonce: 'a\0b' },
    { dpop_jkt: 'a\0b' },
    { state: 'a\0b' },
    { nonce: '\ud800' },
    { claims: JSON.stringify({ userinfo: { 'a\0': null, '\ud800': null } }) },
  ]) {
    const page = await authorize(ada, authorizationRequest(auroraWeb, params))
    const what = JSON.stringify(params)
    assert.ok(page.status < 500, `${what}: ${page.status}`)
    assert.notEqual(page.url.searchParams.get('error'), 'server_error', what)
  }
})
