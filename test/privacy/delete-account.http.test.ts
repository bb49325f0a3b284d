import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { after, test } from 'node:test'
import { HttpBrowser, inputValue } from '../harness/http-browser.ts'
import { authorizationRequest, authorize, signIn, signInFrom, signOut, signUp, startProtocol, tokensFor } from '../oidc/protocol.ts'

const DAY_S = 86_400
const app = await startProtocol({ after })
const { auroraWeb, borealisWeb } = app.clients
const DELETE = '/account/privacy/delete'

let people = 0
const somebody = () => ({ email: `leaver.${++people}@example.com`, name: 'Ada Lovelace', password: 'correct-horse-battery-9' })

async function deleted(who = somebody()): Promise<{ who: ReturnType<typeof somebody>; browser: HttpBrowser }> {
  const browser = await signUp(app, who)
  const asked = await browser.open(DELETE)
  assert.equal(asked.name, 'account.confirm')
  const gone = await browser.submit(asked)
  assert.equal(gone.name, 'account.closed', gone.text)
  return { who, browser }
}

const statusOf = async (email: string): Promise<string | undefined> => {
  const { rows } = await app.app.store.pool.query(`select a.status, a.id from accounts a order by a.created_at desc limit 1`)
  return email === '' ? undefined : rows[0]?.status
}

test('OIDC-24 the brands are told by back-channel logout', async (t) => {
  const told: string[] = []
  const brand = createServer((req, res) => {
    let body = ''
    req.on('data', (chunk) => (body += chunk))
    req.on('end', () => {
      told.push(body)
      res.end()
    })
  }).listen(app.ports.aurora, '127.0.0.1')
  await once(brand, 'listening')
  t.after(() => void brand.close())

  await deleted()
  await app.app.idle()

  assert.equal(told.filter((body) => body.startsWith('logout_token=')).length, 1)
})

test('OIDC-24 SEC-33 deleting the account ends every session and token at once, and nobody gets in by what they had', async () => {
  const who = somebody()
  const browser = await signUp(app, who)
  const phone = await signIn(app, who)
  const tokens = await tokensFor(app, phone, auroraWeb, { scope: 'openid offline_access', prompt: 'consent' })
  assert.equal((await app.userinfo(tokens.access_token)).status, 200)

  await browser.submit(await browser.open(DELETE))

  assert.equal((await app.userinfo(tokens.access_token)).status, 401)
  assert.equal((await app.refresh(auroraWeb, tokens.refresh_token!)).body.error, 'invalid_grant')
  assert.equal((await app.introspect(auroraWeb, tokens.access_token)).body.active, false)
  for (const each of [browser, phone]) assert.equal((await each.open('/account')).name, 'identify')
  const silent = await authorize(phone, authorizationRequest(auroraWeb, { prompt: 'none' }))
  assert.equal(silent.url.searchParams.get('error'), 'login_required')
  const [mail] = await app.mailsTo(who.email)
  assert.match(mail!.subject, /will be deleted/)
  assert.ok(mail!.links.includes(`${app.issuer}/account`), 'it says where to undo it')
})

test('SEC-29 MFA-27 deletion needs a token of this session and a proof that is fresh', async () => {
  const who = somebody()
  const browser = await signUp(app, who)
  const asked = await browser.open(DELETE)
  const csrf = inputValue(asked, 'csrf')!

  assert.equal((await browser.post(DELETE, {})).status, 403)
  await app.advance(301)
  assert.equal((await browser.post(DELETE, { csrf })).status, 401)
  assert.equal((await browser.open(DELETE)).name, 'identify', 'the page asks to prove it anew')
  assert.equal(await statusOf(who.email), 'active')
})

test('SEC-113 who signs in during the grace is asked once: keep it, and everything is as it was', async () => {
  const { who } = await deleted()
  const browser = new HttpBrowser(app.issuer)
  const page = await signInFrom(browser, await authorize(browser, authorizationRequest(auroraWeb)), who)
  assert.equal(page.name, 'keep_account')
  assert.match(page.text, /data-action="sign-out"/)

  const back = await browser.submit(page)

  assert.ok(back.url.searchParams.has('code'), back.text)
  assert.equal((await browser.open('/account/profile')).name, 'account.profile')
  assert.match((await app.mailsTo(who.email))[0]!.subject, /stays/)
  await app.advance(31 * DAY_S)
  assert.equal((await authorize(await signIn(app, who), authorizationRequest(auroraWeb))).url.searchParams.has('code'), true)
})

test('SEC-113 who leaves it as it is gets no session, and the shop is told no', async () => {
  const { who } = await deleted()
  const browser = new HttpBrowser(app.issuer)
  const page = await signInFrom(browser, await authorize(browser, authorizationRequest(borealisWeb)), who)

  const left = await browser.submit(page, {}, { name: 'action', value: 'leave' })

  assert.equal(left.url.searchParams.get('error'), 'access_denied')
  assert.equal((await browser.open('/account')).name, 'identify')
  assert.equal(await statusOf(who.email), 'closing')
})

test('SEC-113 a forgotten password is no trap: the mailbox leads to the same question before a new password can be chosen', async () => {
  const { who } = await deleted()
  const browser = new HttpBrowser(app.issuer)
  const start = await authorize(browser, authorizationRequest(auroraWeb))
  const password = await browser.submit(start, { identifier: who.email })
  const code = await browser.submit(password, {}, { name: 'action', value: 'forgot-password' })
  assert.equal(code.name, 'verify_email')
  const [mail] = await app.mailsTo(who.email)
  const page = await browser.submit(code, { code: /\d{8}/.exec(mail!.text)![0] })
  assert.equal(page.name, 'keep_account')

  const recover = await browser.submit(page)

  assert.equal(recover.name, 'recover')
  assert.equal(await statusOf(who.email), 'active')
})

test('SEC-113 of undoing it and the end of the grace in the same moment one wins, and nothing is in between', async () => {
  const { who } = await deleted()
  const { pool } = app.app.store
  const { rows } = await pool.query(`select id from accounts where status = 'closing' order by created_at desc limit 1`)
  const id = rows[0].id as string
  await app.advance(30 * DAY_S - 60)
  const browser = new HttpBrowser(app.issuer)
  const page = await signInFrom(browser, await authorize(browser, authorizationRequest(auroraWeb)), who)
  assert.equal(page.name, 'keep_account')

  const [answer] = await Promise.all([browser.submit(page), app.advance(61)])

  const { rows: left } = await pool.query('select status from accounts where id = $1', [id])
  if (answer.url.searchParams.has('code')) assert.equal(left[0]?.status, 'active')
  else assert.deepEqual([answer.name, left], ['identify', []])
  const { rows: keys } = await pool.query('select 1 from account_keys where account_id = $1', [id])
  assert.equal(keys.length, left.length)
})

test('SEC-113 after the grace the address is free, and who signs up with it is somebody new to every shop', async () => {
  const who = somebody()
  const first = await signUp(app, who)
  const before = (await app.userinfo((await tokensFor(app, first, auroraWeb)).access_token)).body.sub
  await deleted({ ...who, email: somebody().email })
  await first.submit(await first.open(DELETE))

  await app.advance(30 * DAY_S + 1)

  const again = await signUp(app, who)
  const after = (await app.userinfo((await tokensFor(app, again, auroraWeb)).access_token)).body.sub
  assert.notEqual(after, before)
  assert.equal((await signOut(again)).status, 200)
})
