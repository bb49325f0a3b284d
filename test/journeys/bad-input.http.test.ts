import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { startTestApp } from '../harness/app.ts'
import { formsOn, HttpBrowser } from '../harness/http-browser.ts'
import { authorizationRequest, authorize, clientsOf } from '../oidc/protocol.ts'

const app = await startTestApp({ after })
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
