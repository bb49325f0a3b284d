import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { after, test } from 'node:test'
import type { Mail } from '../../src/ports/mail.ts'
import { metricsText } from '../../src/ports/metrics-text.ts'
import { startTestApp } from '../harness/app.ts'
import { formsOn, HttpBrowser, type Shown } from '../harness/http-browser.ts'
import { administer } from '../harness/server.ts'
import { authorizationRequest, authorize, clientsOf, codeFrom, protocolOf, redemption, signInFrom } from '../oidc/protocol.ts'

/** What a customer has that nobody else may read. Each is in no word of ours. */
const CANARY = {
  email: 'zephyrine.quill@canary-mailbox.example',
  bouncing: 'bounce.quill@canary-mailbox.example',
  name: 'Zephyrine Quillfeather',
  phone: '+4915170809010',
  password: 'opal-Kestrel-71-lantern',
  wrongPassword: 'amber-Osprey-72-lantern',
  newName: 'Zephyrine Thistlewood',
  birthdate: '1987-11-23',
  street: 'Vermilion Causeway 4711',
  address: '203.0.113.77',
  agent: 'CanaryBrowser/9.9 (Atoll)',
} as const

const mails: Mail[] = []
const mailer = {
  async send(mail: Mail): Promise<void> {
    mails.push(mail)
    if (mail.to === CANARY.bouncing) throw new Error(`550 5.1.1 <${mail.to}>: no such mailbox, said ${mail.text}`)
  },
}
const app = await startTestApp({ after }, { trustProxy: ['127.0.0.1', '::1'], logLevel: 'trace', ports: { mailer } })
const { auroraWeb } = clientsOf(app)

interface Recorded {
  readonly method: string
  readonly status: number
  readonly location: string
  readonly type: string
  readonly text: string
}

const recorded: Recorded[] = []
/** Values that came into being on the way. */
const born = new Map<string, string>()

async function recording(url: string | URL, init: RequestInit = {}): Promise<Response> {
  const headers = { ...(init.headers as Record<string, string>), 'x-forwarded-for': CANARY.address, 'user-agent': CANARY.agent }
  const answer = await fetch(url, { redirect: 'manual', ...init, headers })
  const text = await answer.text()
  recorded.push({
    method: init.method ?? 'GET',
    status: answer.status,
    location: answer.headers.get('location') ?? '',
    type: answer.headers.get('content-type') ?? '',
    text,
  })
  return new Response([204, 304].includes(answer.status) ? null : text, answer)
}

const browserOf = (): HttpBrowser => new HttpBrowser(app.issuer, recording)
const startJourney = (browser: HttpBrowser, extra = {}): Promise<Shown> => authorize(browser, authorizationRequest(auroraWeb, extra))

async function codeMailedTo(address: string): Promise<string> {
  await app.app.idle()
  const mail = mails.findLast(({ to }) => to === address)
  return /\d{8}/.exec(mail?.text ?? '')?.[0] ?? assert.fail(`a code for ${address}`)
}

async function signUp(browser: HttpBrowser): Promise<void> {
  const asked = await browser.submit(await startJourney(browser), {}, { name: 'action', value: 'sign-up' })
  const page = await browser.submit(asked, { email: CANARY.email })
  const code = await codeMailedTo(CANARY.email)
  born.set('emailed code', code)
  const wrong = String((Number(code) + 1) % 100_000_000).padStart(8, '0')
  born.set('wrong code', wrong)
  await browser.submit(page, { code: wrong })
  const details = await browser.submit(page, { code })
  await browser.submit(details, { name: CANARY.name, password: 'short' })
  const done = await browser.submit(details, { name: CANARY.name, password: CANARY.password })
  assert.ok(done.url.searchParams.has('code'), done.text)
}

async function failToSignIn(): Promise<void> {
  const browser = browserOf()
  for (const password of [CANARY.wrongPassword, CANARY.email, '\0']) {
    const at = await startJourney(browser, { prompt: 'login', login_hint: CANARY.email })
    await signInFrom(browser, at, { email: CANARY.email, name: '', password }).catch(() => {})
  }
  const page = await browser.submit(await startJourney(browser, { prompt: 'login' }), { identifier: CANARY.email })
  for (let i = 0; i < 8; i++) await browser.submit(page, { password: CANARY.wrongPassword }).catch(() => {})
  const { hidden } = formsOn(await startJourney(browser, { prompt: 'login' }))[0]!
  const at = (await startJourney(browser)).url
  await browser.post(at, { ...hidden, csrf: CANARY.password, identifier: CANARY.email })
  await browser.open(at, { method: 'POST', body: JSON.stringify(CANARY), headers: { 'content-type': 'application/json' } })
}

async function bounce(): Promise<void> {
  const browser = browserOf()
  const asked = await browser.submit(await startJourney(browser), {}, { name: 'action', value: 'sign-up' })
  await browser.submit(asked, { email: CANARY.bouncing })
  while (!mails.some(({ to }) => to === CANARY.bouncing)) await app.app.idle()
}

async function useTokens(browser: HttpBrowser): Promise<void> {
  const protocol = protocolOf(app)
  const request = authorizationRequest(auroraWeb, { scope: 'openid profile email phone address' })
  const code = await codeFrom(browser, request)
  born.set('authorization code', code)
  const basic = `Basic ${btoa(`${auroraWeb.client_id}:${auroraWeb.secret}`)}`
  const post = (path: string, fields: Record<string, string>, headers: Record<string, string> = { authorization: basic }) =>
    recording(`${app.issuer}${path}`, { method: 'POST', body: new URLSearchParams(fields), headers })
  await post('/token', { ...redemption(request, code), code_verifier: 'x'.repeat(43) })
  const second = authorizationRequest(auroraWeb, { scope: 'openid profile email phone address' })
  const { body: tokens } = await protocol.token(auroraWeb, redemption(second, await codeFrom(browser, second)))
  born.set('access token', tokens.access_token).set('refresh token', tokens.refresh_token!).set('ID token', tokens.id_token!)
  const { body: next } = await protocol.refresh(auroraWeb, tokens.refresh_token!)
  born.set('second access token', next.access_token).set('second refresh token', next.refresh_token!)
  const bearer = (token: string) => recording(`${app.issuer}/userinfo`, { headers: { authorization: `Bearer ${token}` } })
  await bearer(next.access_token)
  await bearer(`${next.access_token}x`)
  await recording(`${app.issuer}/userinfo?access_token=${next.access_token}`)
  await post('/introspect', { token: next.access_token })
  await post('/token', { grant_type: 'refresh_token', refresh_token: `${next.refresh_token}x` })
  await post('/token', { grant_type: 'password', username: CANARY.email, password: CANARY.password })
  await post('/token', { grant_type: 'refresh_token', refresh_token: next.refresh_token!, client_secret: 'wrong-canary-secret' }, {})
  await post('/revoke', { token: CANARY.email })
  await app.advance(60)
  await post('/token', { grant_type: 'refresh_token', refresh_token: tokens.refresh_token! })
}

async function changeProfile(browser: HttpBrowser): Promise<void> {
  const page = await browser.open('/account/profile')
  assert.equal(page.name, 'account.profile')
  const { hidden } = formsOn(page)[0]!
  const typed = { name: CANARY.newName, phone_number: CANARY.phone, birthdate: CANARY.birthdate, 'address.street_address': CANARY.street }
  await browser.post('/account/profile', { ...hidden, ...typed })
  await browser.post('/account/profile', { ...hidden, ...typed, phone_number: 'nonsense', birthdate: CANARY.street })
  await browser.post('/account/profile', { ...typed })
}

async function misuse(browser: HttpBrowser): Promise<void> {
  for (const value of [...Object.values(CANARY), ...born.values()]) {
    await browser.open(`/nowhere/${encodeURIComponent(value)}`)
    await recording(`${app.issuer}/token?x=${encodeURIComponent(value)}`)
    await recording(`${app.issuer}/jwks`, {
      headers: { 'x-request-id': encodeURIComponent(value).slice(0, 60), cookie: `a=${encodeURIComponent(value)}` },
    })
    await browser.open(`/authorize?client_id=aurora-web&login_hint=${encodeURIComponent(value)}`)
  }
}

/** The database goes, with requests under way. */
async function withoutDatabase(browser: HttpBrowser): Promise<void> {
  const name = new URL(app.databaseUrl.replace('@/', '@socket/')).pathname.slice(1)
  const admin = app.databaseUrl.replace(`/${name}`, '/postgres')
  await administer(admin, `alter database ${name} allow_connections false`)
  await administer(admin, `select pg_terminate_backend(pid) from pg_stat_activity where datname = '${name}'`)
  await browser.open('/account/profile')
  await browser.post('/account/profile', { name: CANARY.newName })
  await startJourney(browser)
  await recording(`${app.issuer}/userinfo`, { headers: { authorization: `Bearer ${born.get('second access token')}` } })
  await administer(admin, `alter database ${name} allow_connections true`)
}

const CHARACTERS_TOO_FEW_TO_TELL = 6
const spellings = (value: string): string[] => [
  value,
  encodeURIComponent(value),
  new URLSearchParams({ v: value }).toString().slice(2),
  btoa(value),
]

test('SEC-83, SEC-93 nothing of a customer is in a log line, a metric, an address, an error or a command line', {
  timeout: 120_000,
}, async () => {
  const browser = browserOf()
  await signUp(browser)
  await useTokens(browser)
  await changeProfile(browser)
  await failToSignIn()
  await bounce()
  for (const { name, value } of browser.cookies) if (!/interaction|resume$/.test(name)) born.set(`cookie ${name}`, value)
  await misuse(browser)
  await browser.submit(await browser.open('/sign-out'))
  await app.app.idle()
  await withoutDatabase(browser)

  const canaries = Object.entries({ ...CANARY, ...Object.fromEntries(born), 'client secret': auroraWeb.secret })
  const leaks = (where: string, text: string, kept: (what: string) => boolean = () => true): string[] =>
    canaries
      .filter(([what, value]) => kept(what) && value.length >= CHARACTERS_TOO_FEW_TO_TELL)
      .filter(([, value]) => spellings(value).some((spelling) => text.includes(spelling)))
      .map(([what, value]) => `${what} in ${where}: …${text.slice(Math.max(0, text.indexOf(value) - 80), text.indexOf(value) + 120)}…`)
  const log = app.logLines.join('')
  const metrics = metricsText(await app.app.metrics.snapshot())
  // what the answer to a program's or a browser's mistake says; a page with a form holds what was typed for whoever typed it, never a secret
  const errors = recorded.filter(({ status }) => status >= 400)
  const typedBack = (what: string): boolean => !['email', 'bouncing', 'name', 'newName', 'phone', 'birthdate', 'street'].includes(what)
  // an address that somebody typed is theirs to see again, in the links to the page's other languages
  const withoutLanguages = (html: string): string => html.replace(/<ul class="languages">.*?<\/ul>/s, '')
  // the way to the client carries the code, as the protocol has it
  const found = [
    ...leaks('the log', log),
    ...leaks('the metrics', metrics),
    ...recorded.flatMap(({ location }) => leaks(`Location ${location}`, location, (what) => what !== 'authorization code')),
    ...errors.flatMap(({ text, status, type }) =>
      leaks(`${status} ${type}`, withoutLanguages(text), /html/.test(type) ? typedBack : undefined),
    ),
    ...leaks('a command line', execFileSync('ps', ['-eo', 'args='], { encoding: 'utf8' })),
  ]

  assert.ok(app.logLines.length > 100 && errors.length > 30, `enough was seen: ${app.logLines.length} lines, ${errors.length} errors`)
  assert.ok(
    errors.some(({ status }) => status >= 500),
    'also of what went wrong',
  )
  assert.deepEqual([...new Set(found)], [])
})
