import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { HttpBrowser } from '../harness/http-browser.ts'
import { ADA } from '../harness/shopper.ts'
import { authorizationRequest, authorize, signIn, signUp, startProtocol } from '../oidc/protocol.ts'

const app = await startProtocol({ after }, { trustProxy: ['127.0.0.1', '::1'] })
/** More than twice as many as are hashed or may wait: a quick machine is done with some while the rest arrives. */
const GUESSERS = 160

/** The password page of somebody whose address nobody knows, from an address of their own. */
async function passwordPage(number: number) {
  const browser = new HttpBrowser(app.issuer)
  browser.headers['x-forwarded-for'] = `11.0.${number}.1`
  const first = await authorize(browser, authorizationRequest(app.clients.auroraWeb))
  return { browser, page: await browser.submit(first, { identifier: `nobody-${number}@example.com` }) }
}

test('PERF-13 of very many passwords at once as many are looked at as soon can be; the rest is told when to come back, and nothing is left behind', async () => {
  await signUp(app)
  const waiting: Awaited<ReturnType<typeof passwordPage>>[] = []
  while (waiting.length < GUESSERS)
    waiting.push(...(await Promise.all([1, 2, 3, 4].map((number) => passwordPage(waiting.length + number)))))
  assert.ok(waiting.every(({ page }) => page.name === 'password'))

  const answers = await Promise.all(waiting.map(({ browser, page }) => browser.submit(page, { password: 'not the password of anybody' })))

  const turnedAway = answers.filter(({ status }) => status === 503)
  assert.deepEqual([...new Set(answers.map(({ status }) => status))].sort(), [422, 503])
  assert.ok(turnedAway.every(({ headers, name }) => name === 'error' && /^\d+$/.test(headers.get('retry-after') ?? '')))
  // two are at work, 64 may wait, and the places of those that are done are taken again
  assert.ok(turnedAway.length >= 5, `${turnedAway.length} of ${GUESSERS}`)
  assert.equal(new URL((await (await signIn(app)).open('/account')).url).pathname, '/account')
  // whoever was turned away has not used up a try
  const again = waiting[answers.indexOf(turnedAway[0]!)]!
  assert.equal((await again.browser.submit(again.page, { password: ADA.password })).status, 422)
})
