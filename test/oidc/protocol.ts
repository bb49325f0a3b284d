import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { request } from 'undici'
import { type App, createApp } from '../../src/app.ts'
import { processClock } from '../../src/ports/clock.ts'
import { createLogger } from '../../src/ports/log.ts'
import { systemRandom } from '../../src/ports/random.ts'
import { loadDataKeys } from '../../src/vault/index.ts'
import { startTestApp, TEST_DATA_KEYS, type TestApp } from '../harness/app.ts'
import { HttpBrowser, type Shown } from '../harness/http-browser.ts'
import { ADA, codeFor } from '../harness/shopper.ts'

/** What a relying party needs to know of itself to write requests by hand. */
export interface TestClient {
  readonly client_id: string
  readonly secret?: string
  readonly redirect_uri: string
}

export interface Tokens {
  readonly access_token: string
  readonly token_type: string
  readonly refresh_token?: string
  readonly id_token?: string
  readonly scope?: string
  readonly expires_in: number
}

export interface Answer<T = Record<string, unknown>> {
  readonly status: number
  readonly body: T
  readonly headers: Headers
}

/** The demo group's clients at this app's ports. */
export function clientsOf(app: Pick<TestApp, 'ports'>) {
  return {
    auroraWeb: { client_id: 'aurora-web', secret: 'aurora-demo-secret', redirect_uri: `http://localhost:${app.ports.aurora}/callback` },
    auroraApp: { client_id: 'aurora-app', redirect_uri: 'com.example.aurora:/callback' },
    borealisWeb: {
      client_id: 'borealis-web',
      secret: 'borealis-demo-secret',
      redirect_uri: `http://localhost:${app.ports.borealis}/callback`,
    },
    parcellyWeb: {
      client_id: 'parcelly-web',
      secret: 'parcelly-demo-secret',
      redirect_uri: `http://localhost:${app.ports.parcelly}/callback`,
    },
    stylistWeb: { client_id: 'stylist-web', secret: 'stylist-demo-secret', redirect_uri: 'http://localhost:3007/callback' },
  } as const satisfies Record<string, TestClient>
}

export type Protocol = Awaited<ReturnType<typeof startProtocol>>

/** The whole app, with Ada's account. */
export async function startProtocol(t: { after(hook: () => Promise<void>): void }, options: Parameters<typeof startTestApp>[1] = {}) {
  const app = await startTestApp(t, options)
  return { ...app, ...protocolOf(app), clients: clientsOf(app), databaseUrl: app.databaseUrl }
}

/**
 * Requests a relying party makes, written by hand so that they can be wrong.
 *
 * @param at where to connect when it is not the issuer: another process, which answers for the issuer's host all the same
 */
export function protocolOf({ issuer }: { readonly issuer: string }, at: string = issuer) {
  const send = at === issuer ? (path: string, init: RequestInit) => fetch(`${issuer}${path}`, init) : sender(at, new URL(issuer).host)

  /** POSTs a form. `as`: the client, which authenticates by Basic when it has a secret, else by its id. */
  async function call<T = Record<string, unknown>>(
    path: string,
    fields: Record<string, string> | [string, string][],
    { as, headers = {} }: { as?: TestClient | undefined; headers?: Record<string, string> } = {},
  ): Promise<Answer<T>> {
    const body = new URLSearchParams(fields)
    if (as && !as.secret) body.set('client_id', as.client_id)
    const authorization: Record<string, string> = as?.secret ? { authorization: `Basic ${btoa(`${as.client_id}:${as.secret}`)}` } : {}
    return answer<T>(await send(path, { method: 'POST', body, headers: { ...authorization, ...headers } }))
  }

  return {
    call,
    token: (as: TestClient, fields: Record<string, string>, headers: Record<string, string> = {}) =>
      call<Tokens & Refused>('/token', fields, { as, headers }),
    refresh: (as: TestClient, refresh_token: string, extra: Record<string, string> = {}) =>
      call<Tokens & Refused>('/token', { grant_type: 'refresh_token', refresh_token, ...extra }, { as }),
    userinfo: async (access_token: string) => answer(await send('/userinfo', { headers: { authorization: `Bearer ${access_token}` } })),
    introspect: (as: TestClient | undefined, token: string) => call('/introspect', { token }, { as }),
    revoke: (as: TestClient | undefined, token: string) => call('/revoke', { token }, { as }),
  }
}

/** `fetch` that names another host than the one it connects to, as a request through a load balancer does. */
export function sender(at: string, host: string) {
  return async (path: string, init: RequestInit = {}): Promise<Response> => {
    const body = init.body instanceof URLSearchParams ? String(init.body) : (init.body as string | undefined) // the only kinds used here
    const headers = {
      ...(init.headers as Record<string, string>),
      host,
      ...(body === undefined ? {} : { 'content-type': 'application/x-www-form-urlencoded' }),
    }
    const answered = await request(`${at}${path}`, {
      method: (init.method ?? 'GET') as 'GET',
      headers,
      ...(body === undefined ? {} : { body }),
    })
    const received = Object.entries(answered.headers).flatMap(([name, value]) =>
      [value ?? []].flat().map((v) => [name, v] as [string, string]),
    )
    return new Response(await answered.body.text(), { status: answered.statusCode, headers: received })
  }
}

interface Refused {
  readonly error?: string
  readonly error_description?: string
}

async function answer<T = Record<string, unknown>>(response: Response): Promise<Answer<T>> {
  const text = await response.text()
  const isJson = /json/.test(response.headers.get('content-type') ?? '')
  return { status: response.status, body: (isJson ? JSON.parse(text) : { text }) as T, headers: response.headers }
}

/** An authorization request: PKCE, state and nonce made up, anything else as asked. */
export interface Request {
  readonly client: TestClient
  readonly params: Record<string, string>
  readonly verifier: string
}

export function authorizationRequest(client: TestClient, extra: Record<string, string | undefined> = {}): Request {
  const verifier = randomBytes(32).toString('base64url')
  const params = {
    client_id: client.client_id,
    redirect_uri: client.redirect_uri,
    response_type: 'code',
    scope: 'openid',
    state: randomBytes(12).toString('base64url'),
    nonce: randomBytes(12).toString('base64url'),
    code_challenge: challengeOf(verifier),
    code_challenge_method: 'S256',
    ...extra,
  }
  return {
    client,
    verifier,
    params: Object.fromEntries(Object.entries(params).filter(([, value]) => value !== undefined)) as Record<string, string>,
  }
}

export const challengeOf = (verifier: string): string => createHash('sha256').update(verifier).digest('base64url')

/** Where the browser stands after an authorization request: at a page of ours or, with an answer, at the client. */
export function authorize(browser: HttpBrowser, request: Request): Promise<Shown> {
  return browser.open(`/authorize?${new URLSearchParams(request.params)}`)
}

/** Says yes to whatever confirm page comes; anything else is a failure of the test. */
export async function confirmed(browser: HttpBrowser, page: Shown): Promise<Shown> {
  return page.name === 'confirm' ? browser.submit(page) : page
}

/** An authorization that leads back to the client, with one click at most. */
export async function codeFrom(browser: HttpBrowser, request: Request): Promise<string> {
  const page = await confirmed(browser, await authorize(browser, request))
  const code = page.url.searchParams.get('code')
  assert.ok(code, `a code from ${page.url} (${page.name})`)
  assert.equal(page.url.searchParams.get('state'), request.params.state)
  return code
}

export const redemption = (request: Request, code: string): Record<string, string> => ({
  grant_type: 'authorization_code',
  code,
  redirect_uri: request.client.redirect_uri,
  code_verifier: request.verifier,
})

/** The whole code flow of a signed-in browser. */
export async function tokensFor(
  app: Pick<Protocol, 'token'>,
  browser: HttpBrowser,
  client: TestClient,
  extra: Record<string, string | undefined> = {},
): Promise<Tokens> {
  const request = authorizationRequest(client, extra)
  const { status, body } = await app.token(client, redemption(request, await codeFrom(browser, request)))
  assert.equal(status, 200, JSON.stringify(body))
  return body
}

/** A browser that has just opened an account at aurora. */
export async function signUp(app: TestApp, who = ADA): Promise<HttpBrowser> {
  const browser = new HttpBrowser(app.issuer)
  const start = await authorize(browser, authorizationRequest(clientsOf(app).auroraWeb))
  const page = await signUpFrom(app, browser, start, who)
  assert.ok(page.url.searchParams.get('code'), `signed up (${page.name} ${page.status})`)
  return browser
}

/** From the identify page through the sign-up. */
export async function signUpFrom(app: TestApp, browser: HttpBrowser, start: Shown, who = ADA): Promise<Shown> {
  let page = start.name === 'identify' ? await browser.submit(start, {}, { name: 'action', value: 'sign-up' }) : start
  page = await browser.submit(page, { email: who.email })
  assert.equal(page.name, 'verify_email')
  page = await browser.submit(page, { code: await codeFor(app, who.email) })
  return browser.submit(page, { name: who.name, password: who.password })
}

/** From the identify page with the password. */
export async function signInFrom(browser: HttpBrowser, start: Shown, who = ADA): Promise<Shown> {
  assert.equal(start.name, 'identify')
  const page = await browser.submit(start, { identifier: who.email })
  assert.equal(page.name, 'password')
  return browser.submit(page, { password: who.password })
}

/** A new browser, signed in with the password at aurora. */
export async function signIn(app: TestApp, who = ADA): Promise<HttpBrowser> {
  const browser = new HttpBrowser(app.issuer)
  const page = await signInFrom(browser, await authorize(browser, authorizationRequest(clientsOf(app).auroraWeb)), who)
  assert.ok(page.url.searchParams.get('code'), `signed in (${page.name} ${page.status})`)
  return browser
}

/** Signs the browser out of the whole group. */
export async function signOut(browser: HttpBrowser): Promise<Shown> {
  return browser.submit(await browser.open('/sign-out'))
}

/** Another process' worth of Atrium on the same database, in this process: its own pool, caches and protocol engine. */
export async function startTwin(
  t: { after(hook: () => Promise<void>): void },
  app: Pick<TestApp, 'databaseUrl'>,
  { issuer, port }: { issuer: string; port: number },
): Promise<App> {
  const twin = await createApp(
    {
      issuer,
      production: false,
      listen: { hosts: ['127.0.0.1'], port },
      database: { url: app.databaseUrl },
      dataKeys: await loadDataKeys({ env: TEST_DATA_KEYS }, { generate: false }),
    },
    { clock: processClock, random: systemRandom, log: createLogger('error', { write: () => {} }) },
  )
  await twin.listen()
  t.after(() => twin.close())
  return twin
}

/** A JWT's payload, unverified. */
export const payloadOf = (jwt: string): Record<string, unknown> =>
  JSON.parse(Buffer.from(jwt.split('.')[1]!, 'base64url').toString()) as Record<string, unknown>

/** An API of aurora's own, for the group file of `startProtocol`: `aurora-web` may read orders there and write none. */
export const AURORA_API = 'https://api.aurora.example/'

export function withAuroraApi(yaml: string): string {
  const at = yaml.indexOf('  - key: borealis')
  const scopes = 'customers:create attributes:write consents:read requests:create\n'
  const withApi = `${yaml.slice(0, at)}    apis:\n      - resource: ${AURORA_API}\n        scopes: [orders:read, orders:write]\n\n${yaml.slice(at)}`
  return withApi.replace(scopes, scopes.replace('\n', ' orders:read\n'))
}
