import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { startTestApp } from '../harness/app.ts'
import { HttpBrowser } from '../harness/http-browser.ts'
import { authorizationRequest, authorize, clientsOf, protocolOf, signUp } from '../oidc/protocol.ts'
import { exchange } from './raw.ts'

const direct = await startTestApp({ after })
const proxied = await startTestApp({ after }, { trustProxy: ['127.0.0.1', '::1'] })
const { auroraWeb } = clientsOf(direct)

const UUID = '0198c0de-1234-7abc-8def-0123456789ab'

type Line = Readonly<Record<string, unknown>>
const linesOf = (app: { logLines: readonly string[] }): Line[] => app.logLines.map((line) => JSON.parse(line) as Line)
const lineOf = (app: { logLines: readonly string[] }, answer: Response): Line => {
  const found = linesOf(app).filter((line) => line.request_id === answer.headers.get('x-request-id') && line.route !== undefined)
  assert.equal(found.length, 1, 'one line for each request')
  return found[0]!
}

test('one line for each request: id, route, status, time, who asked by id and from which block', async () => {
  const browser = new HttpBrowser(direct.issuer)
  const journey = await authorize(browser, authorizationRequest(auroraWeb))
  const page = await browser.step(journey.url)
  const basic = `Basic ${btoa(`${auroraWeb.client_id}:${auroraWeb.secret}`)}`
  const body = new URLSearchParams({ grant_type: 'client_credentials' })
  const token = await fetch(`${direct.issuer}/token`, { method: 'POST', body, headers: { authorization: basic } })
  await token.text()

  const ofPage = lineOf(direct, page)
  const ofToken = lineOf(direct, token)

  assert.deepEqual(
    [ofPage.method, ofPage.route, ofPage.status, ofPage.client_id, ofPage.brand],
    ['GET', '/sign-in/:uid', 200, 'aurora-web', 'aurora'],
  )
  assert.deepEqual([ofToken.method, ofToken.route, ofToken.status, ofToken.client_id], ['POST', '/token', token.status, 'aurora-web'])
  assert.equal(typeof ofToken.duration_ms, 'number')
  assert.match(String(ofToken.address), /^(127\.0\.0\.0\/24|::\/56)$/)
})

test('a request id of a client is not believed; that of a trusted proxy is, if it is well formed', async () => {
  const idOf = async (issuer: string, given: string): Promise<string | null> =>
    (await fetch(`${issuer}/jwks`, { headers: { 'x-request-id': given } })).headers.get('x-request-id')

  assert.notEqual(await idOf(direct.issuer, UUID), UUID)
  assert.equal(await idOf(proxied.issuer, UUID), UUID)
  assert.equal(await idOf(proxied.issuer, 'ab'.repeat(16)), 'ab'.repeat(16))
  for (const odd of ['short', '12345678', 'a'.repeat(65), 'a b c d e f g', '{"level":"fatal"}', '<script>alert(1)</script>'])
    assert.notEqual(await idOf(proxied.issuer, odd), odd)
})

test('SEC-93 whatever stands in a request, a log line stays one line of JSON', async () => {
  const { host } = new URL(direct.issuer)
  const before = direct.logLines.length
  for (const target of ['/a%0Ab', '/%0d%0a{"level":"fatal"}', `/${encodeURIComponent('\u2028\u2029')}`])
    await exchange(direct.issuer, `GET ${target} HTTP/1.1\r\nHost: ${host}\r\nUser-Agent: a\tb"\r\nConnection: close\r\n\r\n`)

  const lines = direct.logLines.slice(before)

  assert.equal(lines.length, 3)
  for (const line of lines) assert.match(line, /^\{[^\n]*\}\n$/)
})

test('addresses are told as a block, and only a trusted proxy may say whose', async () => {
  const told = async (app: typeof direct, forwarded: string): Promise<unknown> => {
    const answer = await fetch(`${app.issuer}/jwks`, { headers: { 'x-forwarded-for': forwarded } })
    return lineOf(app, answer).address
  }

  assert.equal(await told(proxied, '203.0.113.77'), '203.0.113.0/24')
  assert.equal(await told(proxied, '2001:db8:1:2ff:3:4:5:6'), '2001:db8:1:200::/56')
  assert.doesNotMatch(String(await told(direct, '203.0.113.77')), /^203/)
  await told(direct, '203.0.113.78')
  const warnings = linesOf(direct).filter(({ msg }) => /TRUST_PROXY/.test(String(msg)))
  assert.equal(warnings.length, 1, 'an undeclared proxy is told of once')
  assert.equal(linesOf(proxied).filter(({ msg }) => /TRUST_PROXY/.test(String(msg))).length, 0)
})

test('what was counted on the way is what happened', async () => {
  const browser = await signUp(direct, { email: 'counted@example.com', name: 'Cora', password: 'correct-horse-battery-9' })
  const protocol = protocolOf(direct)
  await browser.open('/nowhere/ada@example.com')
  await protocol.refresh(auroraWeb, 'nonsense')
  await direct.app.idle()

  const { metrics } = direct.app
  const snapshot = await metrics.snapshot()
  const value = (name: keyof typeof snapshot, ...labels: string[]): number | undefined =>
    snapshot[name]?.find((series) => labels.every((label, i) => series.labels[i] === label))?.value

  assert.equal(value('atrium_registration_total', 'aurora'), 1)
  assert.equal(value('atrium_signin_total', 'aurora', 'email+pwd', 'signed_in'), 1)
  assert.ok((value('atrium_messages_total', 'email', 'mailbox', 'sent') ?? 0) >= 2)
  assert.equal(value('atrium_outbox_pending'), 0)
  assert.equal(value('atrium_db_pool', 'waiting'), 0)
  assert.ok((value('atrium_signing_key_age_seconds') ?? -1) >= 0)
  assert.equal(value('atrium_argon2_queue'), 0)
  assert.ok(value('http_server_request_duration_seconds', 'GET', 'unmatched', '404') !== undefined)
  assert.ok(value('http_server_request_duration_seconds', 'POST', '/token', '400') !== undefined)
})

test('SEC-100 odd methods, of which Node knows thirty, are one label: they do not fill a metric up', async () => {
  for (const method of ['PROPFIND', 'MKCOL', 'SEARCH']) await fetch(`${direct.issuer}/token`, { method })

  const { http_server_request_duration_seconds: series = [] } = await direct.app.metrics.snapshot()

  const methods = new Set(series.map(({ labels }) => labels[0]))
  assert.deepEqual([...methods].filter((method) => !['GET', 'POST'].includes(method ?? '')).sort(), ['_OTHER'])
  assert.ok(series.some(({ labels }) => labels.join() === '_OTHER,/token,405'))
})
