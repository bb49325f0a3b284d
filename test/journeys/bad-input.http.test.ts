import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import fc from 'fast-check'
import { startTestApp } from '../harness/app.ts'
import { formsOn, HttpBrowser } from '../harness/http-browser.ts'
import { authorizationRequest, authorize, clientsOf, signUp } from '../oidc/protocol.ts'

const app = await startTestApp({ after })
const RUNS = { numRuns: 150, interruptAfterTimeLimit: 60_000, markInterruptAsFailure: false }

const name = fc.oneof(
  fc.constantFrom(
    'identifier',
    'email',
    'password',
    'code',
    'action',
    'step',
    'csrf',
    'name',
    'version',
    'session',
    '__proto__',
    'constructor',
    'ui_locales',
    'address.street_address',
    'shoe_size',
    'phone_number',
  ),
  fc.string({ unit: 'binary', maxLength: 20 }),
)
const value = fc.oneof(
  fc.constantFrom(
    'sign-up',
    'sign-in',
    'back',
    'resend',
    'deny',
    'other-account',
    'identify',
    'password',
    '\0',
    '‮',
    'a@b',
    '"><script>alert(1)</script>',
    '{{7*7}}',
    "' or 1=1 --",
    '%00',
    '-1',
    '9'.repeat(400),
  ),
  fc.string({ unit: 'binary', maxLength: 60 }),
)
const fields = fc.array(fc.tuple(name, value), { maxLength: 8 })

test('SEC-93 whatever is sent to a journey, the answer is a page with a status below 500', async () => {
  const browser = new HttpBrowser(app.issuer)
  await fc.assert(
    fc.asyncProperty(fields, fc.boolean(), async (extra, valid) => {
      const page = await authorize(browser, authorizationRequest(clientsOf(app).auroraWeb))
      const [form] = formsOn(page)
      const body = new URLSearchParams(valid ? form!.hidden : {})
      for (const [key, text] of extra) body.append(key, text.toWellFormed())
      const answer = await browser.step(page.url, { method: 'POST', body })
      await answer.body?.cancel()
      assert.ok(answer.status < 500, `${answer.status} for ${body}`)
    }),
    RUNS,
  )
})

test('SEC-93 whatever is sent to the account pages, nothing answers 500', async () => {
  const browser = await signUp(app)
  const paths = [
    '/account/profile',
    '/account/sessions/end',
    '/account/sessions/end-others',
    '/account/callback',
    '/account',
    '/account/x.css',
  ]
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...paths),
      fields,
      fc.constantFrom('GET', 'POST', 'PUT', 'DELETE', 'HEAD'),
      async (path, extra, method) => {
        const body = new URLSearchParams(extra.map(([key, text]): [string, string] => [key.toWellFormed(), text.toWellFormed()]))
        const hasBody = method === 'POST' || method === 'PUT'
        const answer = await browser.step(hasBody ? path : `${path}?${body}`, { method, ...(hasBody ? { body } : {}) })
        await answer.body?.cancel()
        assert.ok(answer.status < 500, `${answer.status} for ${method} ${path} ${body}`)
      },
    ),
    RUNS,
  )
})

test('SEC-97 a body that is too large, of another type, compressed or with a field twice is refused by name', async () => {
  const browser = new HttpBrowser(app.issuer)
  const page = await authorize(browser, authorizationRequest(clientsOf(app).auroraWeb))
  const post = (body: string, type = 'application/x-www-form-urlencoded', more: Record<string, string> = {}) =>
    browser.step(page.url, { method: 'POST', body, headers: { 'content-type': type, ...more } })

  assert.equal((await post('a'.repeat(70_000))).status, 413)
  assert.equal((await post('{}', 'application/json')).status, 415)
  assert.equal((await post('a=1', 'text/plain')).status, 415)
  assert.equal((await post('a=1', 'application/x-www-form-urlencoded', { 'content-encoding': 'gzip' })).status, 415)
  assert.equal((await post('csrf=1&csrf=2')).status, 400)
})

test('SEC-29 a journey’s form needs its own token and our origin', async () => {
  const browser = new HttpBrowser(app.issuer)
  const page = await authorize(browser, authorizationRequest(clientsOf(app).auroraWeb))
  const other = await authorize(new HttpBrowser(app.issuer), authorizationRequest(clientsOf(app).auroraWeb))
  const { hidden } = formsOn(page)[0]!
  const status = async (form: Record<string, string>, headers: Record<string, string> = {}) =>
    (await browser.step(page.url, { method: 'POST', body: new URLSearchParams({ identifier: 'a@example.com', ...form }), headers })).status

  assert.equal(await status({ step: 'identify' }), 403)
  assert.equal(await status({ ...hidden, csrf: formsOn(other)[0]!.hidden.csrf! }), 403)
  assert.equal(await status(hidden, { origin: 'https://evil.example' }), 403)
  assert.equal(await status(hidden, { 'sec-fetch-site': 'cross-site' }), 403)
  assert.equal(await status(hidden, { origin: app.issuer, 'sec-fetch-site': 'same-origin' }), 303)
})
