import assert from 'node:assert/strict'
import { UnsecuredJWT } from 'jose'
import type { Plan } from './plan.ts'

/** A module of the official Basic OP plan: its name there, the check that it is about, and that check. */
export interface Module {
  readonly name: string
  readonly proves: string
  run(plan: Plan): Promise<void>
}

const CLAIMS = {
  profile: { name: 'Ada Lovelace', given_name: 'Ada', family_name: 'Lovelace', birthdate: '1815-12-10' },
  email: { email: 'ada.lovelace@example.com', email_verified: true },
  phone: { phone_number: '+4917112345678', phone_number_verified: false },
  address: { address: { street_address: 'Analytical Lane 1', locality: 'Berlin' } },
}

/** The plan’s modules, in its order. Each request has PKCE added, which the suite sends in the last of them only. */
export const BASIC_MODULES: readonly Module[] = [
  {
    name: 'oidcc-server',
    proves: 'a code is redeemed for a bearer token and an ID token that is valid in every claim, and userinfo tells the same subject',
    async run(plan) {
      const done = await plan.ask(plan.ada())
      const tokens = await plan.redeem(done)
      const { claims, header } = await plan.idTokenOf(tokens, done.request)
      const info = await plan.userinfo(tokens.access_token)

      assert.equal(tokens.token_type.toLowerCase(), 'bearer')
      assert.equal(tokens.expires_in, 600)
      assert.equal(tokens.scope, 'openid')
      assert.ok(header.kid)
      assert.match(claims.sub, /^[\x21-\x7e]{1,255}$/)
      const now = Math.floor(Date.now() / 1000)
      assert.ok(Math.abs((claims.iat as number) - now) < 10 && (claims.exp as number) > now)
      assert.equal(claims.aud, 'suite-first')
      assert.ok(claims.auth_time <= now && claims.acr === 'password')
      assert.deepEqual([info.status, info.body], [200, { sub: claims.sub }])
    },
  },
  {
    name: 'oidcc-response-type-missing',
    proves: 'a request without response_type is answered with invalid_request',
    async run(plan) {
      const { answer } = await plan.ask(plan.ada(), { response_type: undefined })
      assert.equal(answer?.error, 'invalid_request')
      assert.equal(answer.code, undefined)
    },
  },
  {
    name: 'oidcc-idtoken-signature',
    proves: 'an ID token is signed with the algorithm its client registered, by a key that the key set has under its kid',
    async run(plan) {
      const done = await plan.ask(plan.ada())
      const { header } = await plan.idTokenOf(await plan.redeem(done), done.request)
      const { keys } = (await (await fetch(`${plan.issuer}/jwks`)).json()) as { keys: { kid: string; alg: string }[] }
      assert.equal(header.alg, 'RS256')
      assert.equal(keys.filter(({ kid, alg }) => kid === header.kid && alg === 'RS256').length, 1)
    },
  },
  {
    name: 'oidcc-idtoken-unsigned',
    proves: 'no ID token is unsigned: the metadata does not offer none, so the suite skips the module',
    async run(plan) {
      const metadata = (await (await fetch(`${plan.issuer}/.well-known/openid-configuration`)).json()) as Record<string, string[]>
      assert.equal(metadata.id_token_signing_alg_values_supported?.includes('none'), false)
    },
  },
  {
    name: 'oidcc-userinfo-get',
    proves: 'userinfo answers GET with the token in the header',
    run: async (plan) => assert.equal((await userinfo(plan, (token) => ({ headers: { authorization: `Bearer ${token}` } }))).status, 200),
  },
  {
    name: 'oidcc-userinfo-post-header',
    proves: 'userinfo answers POST with the token in the header',
    run: async (plan) =>
      assert.equal((await userinfo(plan, (token) => ({ method: 'POST', headers: { authorization: `Bearer ${token}` } }))).status, 200),
  },
  {
    name: 'oidcc-userinfo-post-body',
    proves: 'userinfo answers POST with the token in the form',
    run: async (plan) =>
      assert.equal((await userinfo(plan, (token) => ({ method: 'POST', body: new URLSearchParams({ access_token: token }) }))).status, 200),
  },
  {
    name: 'oidcc-ensure-request-without-nonce-succeeds-for-code-flow',
    proves: 'a request without nonce succeeds, and the ID token has none',
    async run(plan) {
      assert.equal('nonce' in (await plan.claims(plan.ada(), { nonce: undefined })), false)
    },
  },
  ...(['profile', 'email', 'address', 'phone'] as const).map((scope) => ({
    name: `oidcc-scope-${scope}`,
    proves: `the scope of each group of standard claims releases its claims at userinfo, and not in the ID token`,
    run: (plan: Plan) => scopeReleases(plan, `openid ${scope}`, CLAIMS[scope]),
  })),
  {
    name: 'oidcc-scope-all',
    proves: 'all scopes together release all their claims at userinfo, and none of them in the ID token',
    run: (plan) =>
      scopeReleases(plan, 'openid profile email address phone', { ...CLAIMS.profile, ...CLAIMS.email, ...CLAIMS.address, ...CLAIMS.phone }),
  },
  {
    name: 'oidcc-alternate-happy-flow',
    proves: 'neither the order of the scopes nor that of the parameters matters',
    run: (plan) => scopeReleases(plan, 'email openid', CLAIMS.email),
  },
  succeedsWith('oidcc-display-page', 'display=page is taken', { display: 'page' }),
  succeedsWith('oidcc-display-popup', 'display=popup is taken', { display: 'popup' }),
  {
    name: 'oidcc-prompt-login',
    proves: 'prompt=login asks for the password although there is a session, and auth_time grows',
    async run(plan) {
      const browser = await plan.freshlySignedIn()
      const before = await plan.claims(browser)
      await plan.advance(2)
      const again = await plan.ask(browser, { prompt: 'login' })
      assert.deepEqual([again.page.name, again.answer], ['identify', undefined])
      const done = await plan.signedIn(browser, again)
      const { claims } = await plan.idTokenOf(await plan.redeem(done), done.request)
      assert.equal(claims.sub, before.sub)
      assert.ok(claims.auth_time >= before.auth_time + 2)
    },
  },
  {
    name: 'oidcc-prompt-none-not-logged-in',
    proves: 'prompt=none without a session is login_required, without a page',
    run: async (plan) => assert.equal((await plan.ask(plan.stranger(), { prompt: 'none' })).answer?.error, 'login_required'),
  },
  {
    name: 'oidcc-prompt-none-logged-in',
    proves: 'prompt=none with a session succeeds without a page, with the same sub and auth_time',
    async run(plan) {
      const browser = plan.ada()
      const { sub, auth_time } = await plan.claims(browser)
      const again = await plan.claims(browser, { prompt: 'none' })
      assert.deepEqual([again.sub, again.auth_time], [sub, auth_time])
    },
  },
  {
    name: 'oidcc-max-age-1',
    proves: 'a session older than max_age asks for the password again, and auth_time tells the new sign-in',
    async run(plan) {
      const browser = await plan.freshlySignedIn()
      const before = await plan.claims(browser)
      await plan.advance(3)
      const again = await plan.ask(browser, { max_age: '1' })
      assert.equal(again.page.name, 'identify')
      const done = await plan.signedIn(browser, again)
      const { claims } = await plan.idTokenOf(await plan.redeem(done), done.request)
      assert.ok(claims.auth_time >= before.auth_time + 3 && (claims.iat as number) - claims.auth_time <= 60)
    },
  },
  {
    name: 'oidcc-max-age-10000',
    proves: 'a session younger than max_age is enough, and auth_time stays',
    async run(plan) {
      const browser = await plan.freshlySignedIn()
      const before = await plan.claims(browser)
      await plan.advance(2)
      const again = await plan.claims(browser, { max_age: '10000' })
      assert.deepEqual([again.sub, again.auth_time], [before.sub, before.auth_time])
    },
  },
  succeedsWith('oidcc-ensure-request-with-unknown-parameter-succeeds', 'a parameter nobody knows is ignored', { extra: 'foobar' }),
  {
    name: 'oidcc-id-token-hint',
    proves: 'id_token_hint of the one who is signed in succeeds silently with the same sub',
    async run(plan) {
      const browser = plan.ada()
      const done = await plan.ask(browser)
      const tokens = await plan.redeem(done)
      const { sub } = (await plan.idTokenOf(tokens, done.request)).claims
      assert.equal((await plan.claims(browser, { prompt: 'none', id_token_hint: tokens.id_token! })).sub, sub)
    },
  },
  succeedsWith('oidcc-login-hint', 'login_hint does no harm', { login_hint: 'bob@example.com' }),
  succeedsWith('oidcc-ui-locales', 'ui_locales that are not there do no harm', { ui_locales: 'se' }),
  succeedsWith('oidcc-claims-locales', 'claims_locales do no harm', { claims_locales: 'se' }),
  {
    name: 'oidcc-ensure-request-with-acr-values-succeeds',
    proves: 'acr_values that nobody knows do no harm, and the ID token tells the level there was',
    async run(plan) {
      assert.equal((await plan.claims(plan.ada(), { acr_values: '1 2' })).acr, 'password')
    },
  },
  {
    name: 'oidcc-codereuse',
    proves: 'a code that comes again is invalid_grant',
    run: (plan) => codeAgain(plan, 0),
  },
  {
    name: 'oidcc-codereuse-30seconds',
    proves: 'a code that comes again after half a minute is invalid_grant, and its access token is dead',
    run: (plan) => codeAgain(plan, 30),
  },
  {
    name: 'oidcc-ensure-registered-redirect-uri',
    proves: 'a redirect URI that is not registered leads to an error page and nowhere else',
    async run(plan) {
      const { page, answer } = await plan.ask(plan.ada(), { redirect_uri: `${plan.first.redirect_uri}/unregistered` })
      assert.deepEqual([page.name, page.status, page.url.origin, answer], ['error', 400, plan.issuer, undefined])
    },
  },
  {
    name: 'oidcc-ensure-post-request-succeeds',
    proves: 'an authorization request may be a POST',
    async run(plan) {
      const { sub } = await plan.claims(plan.ada())
      const posted = await plan.post(plan.ada())
      assert.equal((await plan.idTokenOf(await plan.redeem(posted), posted.request)).claims.sub, sub)
    },
  },
  {
    name: 'oidcc-server-client-secret-post',
    proves: 'a client may authenticate in the form',
    async run(plan) {
      const { request, answer } = await plan.ask(plan.ada())
      const { status } = await plan.call('/token', {
        grant_type: 'authorization_code',
        code: answer?.code ?? '',
        redirect_uri: request.client.redirect_uri,
        code_verifier: request.verifier,
        client_id: plan.first.client_id,
        client_secret: plan.first.secret,
      })
      assert.equal(status, 200)
    },
  },
  {
    name: 'oidcc-request-uri-unsigned-supported-correctly-or-rejected-as-unsupported',
    proves: 'a request object by reference is request_uri_not_supported',
    async run(plan) {
      const { answer } = await plan.ask(plan.ada(), { request_uri: 'https://localhost.emobix.co.uk:8443/test/a/atrium/requesturi' })
      assert.equal(answer?.error, 'request_uri_not_supported')
    },
  },
  {
    name: 'oidcc-unsigned-request-object-supported-correctly-or-rejected-as-unsupported',
    proves: 'an unsigned request object is refused, never half obeyed; the metadata does not offer none, so the suite skips the module',
    async run(plan) {
      const { answer, page } = await plan.ask(plan.ada(), { request: unsigned(plan, {}) })
      assert.match(answer?.error ?? page.text, /request_not_supported|invalid_request_object/)
      assert.equal(answer?.code, undefined)
    },
  },
  {
    name: 'oidcc-claims-essential',
    proves: 'a claim asked for as essential is released at userinfo',
    async run(plan) {
      const claims = JSON.stringify({ userinfo: { name: { essential: true } } })
      const { access_token } = await plan.redeem(await plan.ask(plan.ada(), { claims }))
      assert.equal((await plan.userinfo(access_token)).body.name, 'Ada Lovelace')
    },
  },
  {
    name: 'oidcc-ensure-request-object-with-redirect-uri',
    proves: 'a redirect URI inside a request object takes nobody anywhere when the object is not taken',
    async run(plan) {
      const redirect_uri = `${plan.first.redirect_uri}/inside`
      const { page, answer } = await plan.ask(plan.ada(), { request: unsigned(plan, { redirect_uri }) })
      assert.equal(page.url.href.startsWith(redirect_uri), false)
      assert.equal(answer?.code, undefined)
    },
  },
  {
    name: 'oidcc-refresh-token',
    proves: 'a refresh token works for its client, tells the same subject, and is refused to another client',
    async run(plan) {
      const done = await plan.ask(await plan.freshlySignedIn(), { scope: 'openid offline_access', prompt: 'consent' })
      const tokens = await plan.redeem(done)
      const { sub } = (await plan.idTokenOf(tokens, done.request)).claims
      assert.equal((await plan.refresh(plan.second, tokens.refresh_token!)).body.error, 'invalid_grant')
      const { status, body } = await plan.refresh(plan.first, tokens.refresh_token!)
      assert.equal(status, 200)
      assert.notEqual(body.access_token, tokens.access_token)
      assert.equal((await plan.idTokenOf(body, done.request)).claims.sub, sub)
      assert.equal((await plan.userinfo(body.access_token)).status, 200)
    },
  },
  {
    name: 'oidcc-ensure-request-with-valid-pkce-succeeds',
    proves: 'a request with PKCE succeeds, and its code not without the verifier',
    async run(plan) {
      const { request, answer } = await plan.ask(plan.ada())
      const fields = { grant_type: 'authorization_code', code: answer?.code ?? '', redirect_uri: request.client.redirect_uri }
      assert.equal((await plan.token(plan.first, fields)).body.error, 'invalid_grant')
      assert.equal((await plan.token(plan.first, { ...fields, code_verifier: request.verifier })).status, 200)
    },
  },
]

function succeedsWith(name: string, proves: string, extra: Record<string, string>): Module {
  return {
    name,
    proves,
    async run(plan) {
      const browser = plan.ada()
      assert.equal((await plan.claims(browser, extra)).sub, (await plan.claims(browser)).sub)
    },
  }
}

async function userinfo(plan: Plan, request: (token: string) => RequestInit): Promise<Response> {
  const { access_token } = await plan.redeem(await plan.ask(plan.ada()))
  return fetch(`${plan.issuer}/userinfo`, request(access_token))
}

async function scopeReleases(plan: Plan, scope: string, expected: object): Promise<void> {
  const done = await plan.ask(plan.ada(), { scope })
  const tokens = await plan.redeem(done)
  const { claims } = await plan.idTokenOf(tokens, done.request)
  const { sub, ...released } = (await plan.userinfo(tokens.access_token)).body
  assert.equal(sub, claims.sub)
  assert.deepEqual(released, expected)
  for (const name of Object.keys(expected)) assert.equal(name in claims, false, `${name} in the ID token`)
}

async function codeAgain(plan: Plan, afterSeconds: number): Promise<void> {
  const done = await plan.ask(plan.ada())
  const tokens = await plan.redeem(done)
  await plan.advance(afterSeconds)
  const { status, body } = await plan.token(plan.first, {
    grant_type: 'authorization_code',
    code: done.answer?.code ?? '',
    redirect_uri: plan.first.redirect_uri,
    code_verifier: done.request.verifier,
  })
  assert.deepEqual([status, body.error], [400, 'invalid_grant'])
  assert.equal((await plan.userinfo(tokens.access_token)).status, 401)
}

/** A request object with `alg: none`, by value. */
const unsigned = (plan: Plan, claims: Record<string, string>): string =>
  new UnsecuredJWT({ client_id: plan.first.client_id, response_type: 'code', scope: 'openid', ...claims })
    .setIssuer(plan.first.client_id)
    .setAudience(plan.issuer)
    .encode()
