import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { startTestApp } from '../harness/app.ts'
import { HttpBrowser } from '../harness/http-browser.ts'
import { authorizationRequest, authorize, clientsOf, signUp, signUpFrom } from '../oidc/protocol.ts'

const app = await startTestApp({ after })
const { parcellyWeb } = clientsOf(app)

test('signing up at a client that requires nothing still meets the page that lists what it reads, and nothing is agreed to before', async () => {
  const browser = new HttpBrowser(app.issuer)
  const start = await authorize(browser, authorizationRequest(parcellyWeb, { scope: 'openid profile address phone' }))
  const page = await signUpFrom(app, browser, start, { email: 'vera@example.com', name: 'Vera', password: 'listed-before-shared-5' })

  assert.equal(page.name, 'confirm')
  for (const item of ['Full name', 'Postal address', 'Phone number']) assert.ok(page.text.includes(item), item)
  const { rows } = await app.app.store.pool.query<{ n: number }>(
    "select count(*)::int as n from sharing_grants where recipient = 'parcelly'",
  )
  assert.equal(rows[0]?.n, 0)

  const done = await browser.submit(page)
  assert.ok(done.url.searchParams.has('code'))
  const agreed = await app.app.store.pool.query<{ line: string }>(
    "select purpose || ':' || attribute as line from sharing_grants where recipient = 'parcelly' order by 1",
  )
  assert.deepEqual(
    agreed.rows.map(({ line }) => line),
    ['delivery:address', 'delivery:phone_number', 'service:name', 'service:sub'],
  )
})

test('two tabs of the account pages that ask to sign in at once both come back', async () => {
  const browser = await signUp(app, { email: 'tabs@example.com', name: 'Tabea', password: 'restored-all-my-tabs-3' })
  const starts = [await browser.step('/account/profile'), await browser.step('/account/sessions')]
  const names = []
  for (const start of starts) names.push((await browser.open(start.headers.get('location') ?? '')).name)

  assert.deepEqual(names, ['account.profile', 'account.sessions'])
})
