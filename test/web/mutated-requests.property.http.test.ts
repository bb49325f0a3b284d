import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import fc from 'fast-check'
import { Pool } from 'undici'
import { startTestApp } from '../harness/app.ts'
import { formsOn, HttpBrowser, type Shown } from '../harness/http-browser.ts'
import { ADA } from '../harness/shopper.ts'
import {
  authorizationRequest,
  authorize,
  clientsOf,
  codeFrom,
  protocolOf,
  redemption,
  signIn,
  signUp,
  tokensFor,
} from '../oidc/protocol.ts'
import { bodyOf, MARKUP, mutations, type Sendable } from './mutations.ts'

const REQUESTS = 10_000
const AT_ONCE = 100
const ANSWER_WITHIN_MS = 15_000

const app = await startTestApp({ after })
const protocol = protocolOf(app)
const { auroraWeb } = clientsOf(app)
const CLEO = { email: 'cleo@example.com', name: 'Cleo', password: 'correct-horse-battery-9' }
const BERT = { email: 'bert@example.com', name: 'Bert', password: 'correct-horse-battery-9' }
const ada = await signUp(app)
await signUp(app, CLEO)
const bert = await signUp(app, BERT)
const tokens = await tokensFor({ token: protocol.token }, ada, auroraWeb, { scope: 'openid email profile' })
const bertsTokens = await tokensFor({ token: protocol.token }, bert, auroraWeb, { scope: 'openid' })
const BASIC = { authorization: `Basic ${btoa(`${auroraWeb.client_id}:${auroraWeb.secret}`)}` }
const FORM = { 'content-type': 'application/x-www-form-urlencoded' }

const cookiesFor = (browser: HttpBrowser, path: string): Record<string, string> => ({
  cookie: browser.cookies
    .filter((c) => c.path === '/' || path === c.path || path.startsWith(`${c.path}/`))
    .map(({ name, value }) => `${name}=${value}`)
    .join('; '),
})

const get = (path: string, query: Record<string, string> = {}, headers: Record<string, string> = {}): Sendable => ({
  method: 'GET',
  path,
  query: Object.entries(query),
  headers,
})
const post = (path: string, form: Record<string, string>, headers: Record<string, string> = {}): Sendable => ({
  method: 'POST',
  path,
  query: [],
  form: Object.entries(form),
  headers: { ...FORM, ...headers },
})

/** The form of a page where a browser stands, filled in, with its valid token. */
function formAt(browser: HttpBrowser, page: Shown, fields: Record<string, string>, action?: string): Sendable {
  const form = formsOn(page).find((f) => action === undefined || new URL(f.action, page.url).pathname === action)
  assert.ok(form, `a form on ${page.name}`)
  const { pathname } = new URL(form.action, page.url)
  return post(pathname, { ...form.hidden, ...form.primary, ...fields }, cookiesFor(browser, pathname))
}

/** Valid requests to every public endpoint and form. */
async function rightRequests(): Promise<Sendable[]> {
  const fresh = (): HttpBrowser => new HttpBrowser(app.issuer)
  const begin = (browser: HttpBrowser, extra = {}): Promise<Shown> => authorize(browser, authorizationRequest(auroraWeb, extra))
  const [identify, password, signUpAt, verify] = [fresh(), fresh(), fresh(), fresh()]
  const identifyPage = await begin(identify)
  const passwordPage = await password.submit(await begin(password), { identifier: CLEO.email })
  const signUpPage = await signUpAt.submit(await begin(signUpAt), {}, { name: 'action', value: 'sign-up' })
  const asked = await verify.submit(await begin(verify), {}, { name: 'action', value: 'sign-up' })
  const verifyPage = await verify.submit(asked, { email: 'new@example.com' })
  const confirmPage = await authorize(ada, authorizationRequest(clientsOf(app).borealisWeb))
  const profilePage = await ada.open('/account/profile')
  await ada.submit(profilePage, { name: 'Ada King' }) // the page's version is now an old one: none of its forms is written
  const sessionsPage = await ada.open('/account/sessions')
  const signOutPage = await ada.open('/sign-out')
  const adas = (path: string): Record<string, string> => cookiesFor(ada, path)
  const request = authorizationRequest(auroraWeb)
  const code = await codeFrom(ada, request)
  return [
    get('/'),
    get('/account', {}, adas('/account')),
    get('/account/profile', { status: 'saved' }, adas('/account')),
    get('/account/sessions', {}, adas('/account')),
    get('/account/callback', { code: 'x', state: 'x', iss: app.issuer }, adas('/account')),
    formAt(ada, profilePage, { name: 'Eve', phone_number: '+4915112345678', birthdate: '1990-01-01' }, '/account/profile'),
    post('/account/sessions/end', { ...formsOn(sessionsPage)[0]?.hidden, session: 'x' }, adas('/account')),
    formAt(identify, identifyPage, { identifier: CLEO.email }),
    formAt(password, passwordPage, { password: 'wrong-password-here' }),
    formAt(signUpAt, signUpPage, { email: CLEO.email }),
    formAt(verify, verifyPage, { code: '00000000' }),
    { ...formAt(ada, confirmPage, {}), query: [['ui_locales', 'de']] },
    get(identifyPage.url.pathname, {}, cookiesFor(identify, identifyPage.url.pathname)),
    get('/authorize', authorizationRequest(auroraWeb).params, adas('/authorize')),
    get(
      '/authorize',
      authorizationRequest(auroraWeb, { claims: '{"userinfo":{"email":null}}', prompt: 'none', max_age: '100', acr_values: 'password' })
        .params,
      adas('/authorize'),
    ),
    get('/authorize', authorizationRequest(auroraWeb, { response_mode: 'form_post', id_token_hint: tokens.id_token }).params),
    post('/authorize', authorizationRequest(auroraWeb).params),
    get(identifyPage.url.pathname.replace('sign-in', 'authorize'), {}, cookiesFor(identify, identifyPage.url.pathname)),
    post('/par', authorizationRequest(auroraWeb).params, BASIC),
    post('/token', redemption(request, code), BASIC),
    post('/token', { grant_type: 'refresh_token', refresh_token: `${tokens.refresh_token}x` }, BASIC),
    post('/token', { grant_type: 'client_credentials', resource: `${app.issuer}/customers`, scope: 'consents:read' }, BASIC),
    get('/userinfo', {}, { authorization: `Bearer ${tokens.access_token}` }),
    post('/userinfo', { access_token: tokens.access_token }),
    post('/introspect', { token: tokens.access_token, token_type_hint: 'access_token' }, BASIC),
    post('/revoke', { token: 'x', token_type_hint: 'refresh_token' }, BASIC),
    get('/sign-out', { id_token_hint: tokens.id_token!, post_logout_redirect_uri: 'x', state: 'x' }),
    { ...formAt(ada, signOutPage, { xsrf: 'stale', logout: 'yes' }) },
    get('/sign-out/success', { client_id: 'aurora-web' }),
    {
      method: 'POST',
      path: '/reg',
      query: [],
      headers: { 'content-type': 'application/json', authorization: 'Bearer x' },
      body: '{"redirect_uris":["https://a.example/cb"]}',
    },
    get('/.well-known/openid-configuration'),
    get('/.well-known/oauth-authorization-server'),
    get('/jwks'),
    get('/assets/atrium.css', { v: 'x' }),
    get('/assets/theme/aurora.css'),
    get('/dev/mailbox.json', { to: 'nobody@example.com' }),
    get('/dev/mailbox', { to: 'nobody@example.com' }),
    get('/dev/clock'),
    { method: 'POST', path: '/dev/clock', query: [], headers: { 'content-type': 'application/json' }, body: '{"advance_s": "x"}' },
  ]
}

const right = await rightRequests()
const names = [
  ...new Set(right.flatMap(({ form, query }) => [...(form ?? []), ...query].map(([name]) => name))),
  'request',
  'request_uri',
  'registration',
  'client_assertion',
  'authorization_details',
  'action',
]
const pool = new Pool(app.issuer, { connections: 8, pipelining: 1 })
after(() => pool.close())

/** What the client library can send: the rest is for raw sockets. */
const sendable = (text: string): string =>
  [...text.toWellFormed()].map((c) => (/^[\x21-\x7e]$/.test(c) ? c : encodeURIComponent(c))).join('')

async function send(request: Sendable): Promise<{ status: number; type: string; location: string; retryAfter: string; text: string }> {
  const query = String(new URLSearchParams(request.query.map(([k, v]): [string, string] => [k.toWellFormed(), v.toWellFormed()])))
  const body = ['GET', 'HEAD'].includes(request.method) ? undefined : bodyOf(request)
  const answer = await pool.request({
    method: request.method as 'GET',
    path: `${sendable(request.path.replace('#', '%23'))}${query === '' ? '' : `?${query}`}`.slice(0, 15_000),
    headers: Object.fromEntries(
      Object.entries(request.headers).map(([name, value]) => [name, value.replace(/[^\x21-\xff ]/g, '').slice(0, 4_000)]),
    ),
    ...(body ? { body: body.slice(0, 60_000) } : {}),
    headersTimeout: ANSWER_WITHIN_MS,
    bodyTimeout: ANSWER_WITHIN_MS,
  })
  const header = (name: string): string => String(answer.headers[name] ?? '')
  return {
    status: answer.statusCode,
    type: header('content-type'),
    location: header('location'),
    retryAfter: header('retry-after'),
    text: await answer.body.text(),
  }
}

/** A server that says it has too much to do (it shares this process with the requests' making) is asked again. */
async function answerTo(request: Sendable): ReturnType<typeof send> {
  for (;;) {
    const answer = await send(request)
    if (answer.status !== 503 || !answer.retryAfter) return answer
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}

async function assertHarmless(request: Sendable): Promise<void> {
  const answer = await answerTo(request).catch((error: unknown) => assert.fail(`no answer: ${error} to ${JSON.stringify(request)}`))
  const told = () => `${answer.status} ${answer.text.slice(0, 300)} to ${JSON.stringify(request)}`
  assert.ok(answer.status < 500, told())
  assert.doesNotMatch(answer.location, /server_error|[\r\n<>"]/, told())
  assert.equal(/html/.test(answer.type) && answer.text.includes(MARKUP), false, told())
  assert.doesNotMatch(answer.text, /"server_error"/, told())
}

async function counts(): Promise<unknown> {
  const { rows } = await app.app.store.pool.query(`select
    (select count(*)::int from accounts) as accounts, (select count(*)::int from identifiers) as identifiers,
    (select count(*)::int from authenticators) as authenticators, (select max(version) from accounts) as newest_profile,
    (select count(*)::int from sharing_grants g join identifiers i on i.account_id = g.account_id where g.account_id <> (select id from accounts order by id limit 1)) as others_grants, (select count(*)::int from clients) as clients,
    (select count(*)::int from signing_keys) as signing_keys,
    (select array_agg(md5(a.*::text) order by a.id) from authenticators a) as secrets,
    (select value from settings where name = 'clock_offset_s') as clock`)
  return rows[0]
}

test('SEC-4, SEC-93, SEC-97 ten thousand mutated requests to every public endpoint and form: no fault, no hanging, nothing changed, no markup reflected', {
  timeout: 300_000,
}, async () => {
  const before = await counts()
  const mutated = fc
    .tuple(fc.constantFrom(...right), fc.array(mutations(names), { minLength: 1, maxLength: 3 }))
    .map(([request, changes]) => changes.reduce((r, change) => change(r), request))

  await fc.assert(
    fc.asyncProperty(fc.array(mutated, { minLength: AT_ONCE, maxLength: AT_ONCE, size: 'max' }), async (requests) => {
      await Promise.all(requests.map(assertHarmless))
    }),
    { numRuns: REQUESTS / AT_ONCE, endOnFailure: true },
  )

  assert.deepEqual(await counts(), before)
  const faults = app.logLines.filter((line) => /"level":"(?:error|fatal)"/.test(line))
  assert.deepEqual(faults.slice(0, 3), [])
  assert.equal((await protocol.refresh(auroraWeb, bertsTokens.refresh_token!)).status, 200, 'another customer’s tokens are what they were')
  await signIn(app, BERT)
  assert.equal((await ada.open('/account/profile')).name, 'account.profile', `${ADA.name} is still signed in`)
})
