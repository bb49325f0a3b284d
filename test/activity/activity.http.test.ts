import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { HttpBrowser, inputValue } from '../harness/http-browser.ts'
import { personsAt } from '../journeys/second-factor.ts'
import { authorizationRequest, authorize, signIn, signInFrom, signUp, startProtocol, tokensFor } from '../oidc/protocol.ts'

const DAY_S = 86_400
const PHONE = 'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Version/18.0 Mobile/15E148 Safari/604.1'
const app = await startProtocol({ after }, { trustProxy: ['127.0.0.1', '::1'] })
const { auroraWeb, borealisWeb } = app.clients
const people = personsAt(app)
const PATH = '/account/activity'

const rowsOn = (text: string): string[] => [...text.matchAll(/<li class="row" data-sign-in=.*?<\/li>/gs)].map(([row]) => row)
const idOf = (row: string): string => /data-sign-in="([^"]+)"/.exec(row)![1]!

/** A phone somewhere else signs in at borealis. */
async function signInElsewhere(who: ReturnType<typeof people.somebody>): Promise<HttpBrowser> {
  const phone = new HttpBrowser(app.issuer)
  Object.assign(phone.headers, { 'user-agent': PHONE, 'x-forwarded-for': '203.0.113.77' })
  const page = await signInFrom(phone, await authorize(phone, authorizationRequest(borealisWeb)), who)
  assert.ok((await phone.submit(page)).url.searchParams.has('code'))
  return phone
}

test('the trail of sign-ins names shop, device, way and address of each, the latest first, and which browser is new', async () => {
  const who = people.somebody()
  const browser = await signUp(app, who)
  const phone = await signInElsewhere(who)
  await authorize(phone, authorizationRequest(auroraWeb)) // without a page: no sign-in of its own

  const page = await browser.open(PATH)

  assert.equal(page.name, 'account.activity')
  const [latest, first, ...more] = rowsOn(page.text)
  assert.deepEqual(more, [])
  for (const word of ['Borealis', 'Safari', 'iOS', 'password', '203.0.113.77', 'New browser']) assert.ok(latest!.includes(word), word)
  assert.ok(first!.includes('Aurora') && first!.includes('This device'))
  const again = await signInFrom(phone, await authorize(phone, authorizationRequest(borealisWeb, { prompt: 'login' })), who)
  assert.ok(again.url.searchParams.has('code'))
  const [known] = rowsOn((await browser.open(PATH)).text)
  assert.ok(!known!.includes('New browser'), 'the phone is known by now')
})

test('a second factor on the way changes nothing about which browser is new, and is named', async () => {
  const { who, secret } = await people.withApp()
  const browser = new HttpBrowser(app.issuer)
  const asked = await signInFrom(browser, await authorize(browser, authorizationRequest(auroraWeb)), who)
  const done = await browser.submit(asked, { code: await people.nextCode(secret) })
  assert.ok(done.url.searchParams.has('code'))

  const [row] = rowsOn((await browser.open(PATH)).text)

  assert.match(row!, /password and code from your app|code from your app and password/)
  const { rows } = await app.app.store.pool.query('select device_known from sign_ins order by at desc limit 1')
  assert.equal(rows[0].device_known, false)
})

test('twenty on a page, and an older page leads on to the rest', async () => {
  const who = people.somebody()
  const browser = await signUp(app, who)
  for (let i = 0; i < 21; i++) {
    const at = await authorize(browser, authorizationRequest(auroraWeb, { prompt: 'login' }))
    await signInFrom(browser, at, who)
  }

  const first = await browser.open(PATH)
  const older = await browser.open(/href="([^"]*before=[^"]*)"/.exec(first.text)![1]!)

  assert.equal(rowsOn(first.text).length, 20)
  assert.ok(rowsOn(older.text).length >= 2)
  const ids = [...rowsOn(first.text), ...rowsOn(older.text)].map(idOf)
  assert.equal(new Set(ids).size, ids.length)
  assert.equal(rowsOn((await browser.open(`${PATH}?before=nonsense`)).text).length, 20)
})

test('SEC-33 "this wasn’t me" ends every other session with its tokens, forgets the browser and voids the password', async () => {
  const who = people.somebody()
  const browser = await signUp(app, who)
  const phone = await signInElsewhere(who)
  const tokens = await tokensFor(app, phone, borealisWeb)
  const page = await browser.open(PATH)
  const row = rowsOn(page.text).find((each) => each.includes('Borealis'))!
  const asked = await browser.open(`${PATH}/report?sign_in=${idOf(row)}`)
  assert.equal(asked.name, 'account.confirm')
  assert.match(asked.text, /Safari/)

  const next = await browser.submit(asked)

  assert.equal(next.name, 'account.security.password')
  assert.equal((await app.userinfo(tokens.access_token)).status, 401)
  assert.equal((await phone.open('/account')).name, 'identify')
  assert.match((await app.mailsTo(who.email))[0]!.subject, /told us about a sign-in/)
  const tried = await signInFrom(phone, await phone.open('/account'), who)
  assert.equal(tried.status, 422, 'the old password opens nothing')
  const { rows } = await app.app.store.pool.query(
    'select (select count(*)::int from known_devices d where d.account_id = s.account_id) as known from sign_ins s order by at desc limit 1',
  )
  assert.equal(rows[0].known, 1, 'of two browsers one is left')
  const set = await browser.submit(next, { password: 'a-new-sentence-to-sign-in' })
  assert.equal(set.url.searchParams.get('status'), 'password_added')
  const trail = (await browser.open(PATH)).text
  for (const kind of ['password_added', 'sign_in_reported']) assert.ok(trail.includes(`data-change="${kind}"`), kind)
  await signIn(app, { ...who, password: 'a-new-sentence-to-sign-in' })
})

test('SEC-35 SEC-29 a sign-in of another account does not exist, and reporting needs a token of this session', async () => {
  const [ada, eve] = [people.somebody(), people.somebody()]
  await signUp(app, ada)
  const adas = await signIn(app, ada)
  await signInElsewhere(ada)
  const id = idOf(rowsOn((await adas.open(PATH)).text)[0]!)
  const eves = await signUp(app, eve)
  const csrf = inputValue(await eves.open('/account/privacy/delete'), 'csrf')!

  assert.equal((await eves.open(`${PATH}/report?sign_in=${id}`)).status, 404)
  assert.equal((await eves.post(`${PATH}/report`, { csrf, sign_in: id })).status, 404)
  assert.equal((await eves.post(`${PATH}/report`, { csrf, sign_in: "' or 1=1" })).status, 404)
  assert.equal((await adas.post(`${PATH}/report`, { csrf, sign_in: id })).status, 403)
  assert.equal(rowsOn((await eves.open(`${PATH}?before=${id}`)).text).length, 0, 'a page before somebody else’s sign-in is empty')
})

test('the address of a sign-in is forgotten after a month, the sign-in after half a year', async () => {
  const who = people.somebody()
  await signUp(app, who)
  await signInElsewhere(who)
  const { housekeeping } = app.app
  await app.advance(29 * DAY_S)
  await housekeeping()
  const later = await signIn(app, who)
  assert.match((await later.open(PATH)).text, /203\.0\.113\.77/)

  await app.advance(2 * DAY_S)
  await housekeeping()
  const page = await (await signIn(app, who)).open(PATH)
  assert.doesNotMatch(page.text, /203\.0\.113\.77/)
  assert.ok(page.text.includes('Borealis'), 'the rest is still told')

  await app.advance(180 * DAY_S)
  await housekeeping()
  assert.equal(rowsOn((await (await signIn(app, who)).open(PATH)).text).filter((row) => row.includes('Borealis')).length, 0)
})
