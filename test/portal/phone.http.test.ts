import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { createAccounts } from '../../src/accounts/index.ts'
import { processClock } from '../../src/ports/clock.ts'
import { systemRandom } from '../../src/ports/random.ts'
import { createVault, loadDataKeys } from '../../src/vault/index.ts'
import { TEST_DATA_KEYS } from '../harness/app.ts'
import { HttpBrowser, inputValue, type Shown } from '../harness/http-browser.ts'
import { phonesAt } from '../journeys/phones.ts'
import { type Person, personsAt, SECURITY } from '../journeys/second-factor.ts'
import { authorizationRequest, authorize, payloadOf, redemption, signInFrom, signUp, startProtocol } from '../oidc/protocol.ts'

const app = await startProtocol({ after })
const { auroraWeb } = app.clients
const { somebody, withApp, nextCode } = personsAt(app)
const { newNumber, textsTo, codeTo, named, signUpByPhone } = phonesAt(app)
const PHONE = `${SECURITY}/phone`
/** Accounts as a brand's server or an import writes them. */
const vault = await createVault({
  db: app.app.store.db,
  dataKeys: await loadDataKeys({ env: TEST_DATA_KEYS }, { generate: false }),
  clock: processClock,
  random: systemRandom,
})
const accounts = createAccounts({ vault, clock: processClock, random: systemRandom })
const THREE_DAYS_S = 72 * 3_600

/** Adds a number, or takes another one, on the customer's own page. */
async function addPhone(browser: HttpBrowser, number = newNumber()): Promise<string> {
  const asked = await browser.submit(await browser.open(PHONE), { phone_number: number })
  assert.match(asked.text, /autocomplete="one-time-code"/, `${asked.url} ${asked.name} ${asked.status}`)
  const done = await browser.submit(asked, { code: await codeTo(number) })
  assert.match(done.url.searchParams.get('status') ?? '', /^phone_(added|changed)$/)
  return number
}

/** A form without a primary button, by where it goes. */
async function press(browser: HttpBrowser, page: Shown, action: string): Promise<Shown> {
  assert.ok(page.text.includes(`action="${action}"`), `${action} on ${page.name}`)
  return browser.post(action, { csrf: inputValue(page, 'csrf')! })
}

async function withSms(): Promise<{ who: Person; browser: HttpBrowser; number: string }> {
  const who = somebody()
  const browser = await signUp(app, who)
  const number = await addPhone(browser)
  const on = await press(browser, await browser.open(PHONE), `${PHONE}/sms`)
  assert.equal(on.name, 'account.security.recovery_codes')
  return { who, browser, number }
}

/** The page after the password, for a client that asks for something. */
async function afterPassword(who: Person, extra: Record<string, string> = {}) {
  const browser = new HttpBrowser(app.issuer)
  const request = authorizationRequest(auroraWeb, extra)
  return { browser, request, page: await signInFrom(browser, await authorize(browser, request), who) }
}

async function levelFrom(request: ReturnType<typeof authorizationRequest>, landed: Shown) {
  const { body } = await app.token(auroraWeb, redemption(request, landed.url.searchParams.get('code') ?? ''))
  const { acr, amr } = payloadOf(body.id_token!)
  return { acr, amr }
}

test('MFA-17, MFA-44 a number that is proven finds the account, is in the profile, and its owner is told', async () => {
  const who = somebody()
  const browser = await signUp(app, who)
  const number = await addPhone(browser)

  const profile = await browser.open('/account/profile')
  assert.match(profile.text, new RegExp(`value="\\${number}"[^>]*readonly|readonly[^>]*value="\\${number}"`))
  const stranger = new HttpBrowser(app.issuer)
  assert.ok((await stranger.submit(await named(stranger, number), { password: who.password })).url.searchParams.has('code'))
  const [mail] = await app.mailsTo(who.email)
  assert.match(mail!.subject, /A phone number was added/)
})

test('SEC-82 a form of the profile does not change a number that was proven', async () => {
  const browser = await signUp(app, somebody())
  const number = await addPhone(browser)
  const page = await browser.open('/account/profile')

  await browser.submit(page, { name: 'Ada', phone_number: newNumber() })

  assert.equal(inputValue(await browser.open('/account/profile'), 'phone_number'), number)
})

test('MFA-17, MFA-46 a code is of one session: in another of the same customer it proves nothing, and of twenty uses at once one wins', async () => {
  const who = somebody()
  const browser = await signUp(app, who)
  const number = newNumber()
  const asked = await browser.submit(await browser.open(PHONE), { phone_number: number })
  const code = await codeTo(number)
  const { browser: other } = await afterPassword(who)
  const elsewhere = await other.open(PHONE)
  assert.doesNotMatch(elsewhere.text, /one-time-code/)
  await other.post(PHONE, { csrf: inputValue(elsewhere, 'csrf')!, code })

  const answers = await Promise.all(Array.from({ length: 20 }, () => browser.copy().submit(asked, { code })))

  assert.equal(answers.filter(({ url }) => url.searchParams.get('status') === 'phone_added').length, 1)
  const { rows } = await app.app.store.pool.query(
    `select count(*)::int as n from identifiers where kind = 'phone' and former_until is null`,
  )
  assert.ok(rows[0].n >= 1)
})

test('a number of somebody else gets another message, and the page is the same', async () => {
  const { number } = await signUpByPhone()
  const browser = await signUp(app, somebody())

  const asked = await browser.submit(await browser.open(PHONE), { phone_number: number })

  assert.match(asked.text, /We sent a text message to/)
  assert.match((await textsTo(number))[0]!.text, /this number belongs to another account/)
})

test('a number that two accounts prove at once is one’s', async () => {
  const number = newNumber()
  const browsers = [await signUp(app, somebody()), await signUp(app, somebody())]
  const asked: { page: Shown; code: string }[] = []
  for (const browser of browsers)
    asked.push({ page: await browser.submit(await browser.open(PHONE), { phone_number: number }), code: await codeTo(number) })

  const done = await Promise.all(browsers.map((browser, i) => browser.submit(asked[i]!.page, { code: asked[i]!.code })))

  assert.equal(done.filter(({ url }) => url.searchParams.get('status') === 'phone_added').length, 1)
  assert.equal(done.filter(({ text }) => /belongs to another account by now/.test(text)).length, 1)
})

test('MFA-44 a changed number tells the old one too, ends other sessions, and can be undone from there', async () => {
  const who = somebody()
  const browser = await signUp(app, who)
  const old = await addPhone(browser)
  const { browser: elsewhere } = await afterPassword(who)
  const number = await addPhone(browser)

  assert.equal((await elsewhere.open('/account')).name, 'identify')
  const [notice] = await textsTo(old)
  const link = /https?:\S+\/account\/undo\?\S+/.exec(notice!.text)?.[0]
  assert.ok(link, notice!.text)
  const visitor = new HttpBrowser(app.issuer)
  assert.equal((await visitor.submit(await visitor.open(link))).name, 'undone')
  const stranger = new HttpBrowser(app.issuer)
  await stranger.submit(await named(stranger, number), {}, { name: 'action', value: 'text-code' })
  assert.match((await textsTo(number))[0]!.text, /nobody has an account with this number/)
  const back = new HttpBrowser(app.issuer)
  const asked = await back.submit(await named(back, old), {}, { name: 'action', value: 'text-code' })
  assert.ok((await back.submit(asked, { code: await codeTo(old) })).url.searchParams.has('code'))
  assert.equal(inputValue(await back.open('/account/profile'), 'phone_number'), old)
})

test('MFA-21, MFA-22 password and a texted code are mfa; the code goes out after the right password and not before', async () => {
  const { who, number } = await withSms()
  const before = (await textsTo(number)).length
  const wrong = new HttpBrowser(app.issuer)
  await signInFrom(wrong, await authorize(wrong, authorizationRequest(auroraWeb)), { ...who, password: 'not-the-password-of-anyone' })
  assert.equal((await textsTo(number)).length, before)

  const { browser, request, page } = await afterPassword(who)

  assert.equal(page.name, 'code')
  assert.match(page.text, new RegExp(`ending in ${number.slice(-2)}`))
  assert.ok(!page.text.includes(number))
  assert.equal((await textsTo(number)).length, before + 1)
  await browser.open(page.url)
  assert.equal((await textsTo(number)).length, before + 1, 'looking again sends nothing')
  const landed = await browser.submit(page, { code: await codeTo(number) })
  assert.deepEqual(await levelFrom(request, landed), { acr: 'mfa', amr: ['mfa', 'pwd', 'sms'] })
})

test('MFA-46 a code that was sent to sign up with another address is none for the second factor', async () => {
  const { who } = await withSms()
  const browser = new HttpBrowser(app.issuer)
  let page = await browser.submit(await authorize(browser, authorizationRequest(auroraWeb)), {}, { name: 'action', value: 'sign-up' })
  page = await browser.submit(page, { email: 'eve.attacker@example.com' })
  const code = /\d{8}/.exec((await app.mailsTo('eve.attacker@example.com'))[0]!.subject)![0]
  page = await browser.submit(page, {}, { name: 'action', value: 'back' })
  page = await browser.submit(page, {}, { name: 'action', value: 'sign-in' })
  page = await signInFrom(browser, page, who)
  assert.equal(page.name, 'code')

  assert.equal((await browser.submit(page, { code })).status, 422)
})

test('MFA-22 a demand for a passkey is never met by a text message, and an app comes before it', async () => {
  const { who, browser: owner, secret } = await withApp()
  const prove = await owner.open(PHONE)
  if (prove.name === 'totp') await owner.submit(prove, { code: await nextCode(secret) })
  await addPhone(owner)
  await press(owner, await owner.open(PHONE), `${PHONE}/sms`)

  assert.equal((await afterPassword(who)).page.name, 'totp')
  const { browser, page } = await afterPassword(who, { acr_values: 'phr' })
  assert.equal(page.name, 'totp', 'what the customer asked for themselves')
  const landed = await browser.submit(page, { code: await nextCode(secret) })
  assert.equal(landed.url.searchParams.get('error'), 'unmet_authentication_requirements')
})

test('MFA-18 for 72 hours a changed number is asked and adds nothing to the password, also when one was removed in between', async () => {
  const { who, browser: owner, number: old } = await withSms()
  const unsent = await owner.open(`${PHONE}/remove`)
  assert.equal(unsent.name, 'code', 'what protects the account is asked for first')
  assert.doesNotMatch(unsent.text, /one-time-code/)
  const ask = await owner.submit(await owner.submit(unsent), { code: await codeTo(old) })
  assert.equal((await owner.submit(ask)).url.searchParams.get('status'), 'phone_removed')
  const number = await addPhone(owner)
  await press(owner, await owner.open(PHONE), `${PHONE}/sms`)

  const young = await afterPassword(who, { acr_values: 'mfa' })
  const landed = young.page.name === 'recovery_code' ? undefined : await young.browser.submit(young.page, { code: await codeTo(number) })
  assert.ok(landed === undefined || landed.url.searchParams.get('error') === 'unmet_authentication_requirements')

  await app.advance(THREE_DAYS_S + 1)
  const settled = await afterPassword(who, { acr_values: 'mfa' })
  assert.equal(settled.page.name, 'code')
  assert.deepEqual(await levelFrom(settled.request, await settled.browser.submit(settled.page, { code: await codeTo(number) })), {
    acr: 'mfa',
    amr: ['mfa', 'pwd', 'sms'],
  })
})

test('MFA-18, MFA-32 a changed number opens nothing by itself for 72 hours, and is told until when', async () => {
  const who = somebody()
  const owner = await signUp(app, who)
  await addPhone(owner)
  const number = await addPhone(owner)
  for (const action of ['text-code', 'forgot-password']) {
    const browser = new HttpBrowser(app.issuer)
    const page = await browser.submit(await named(browser, number), {}, { name: 'action', value: action })
    assert.equal(page.name, 'code')
    assert.match((await textsTo(number))[0]!.text, /opens nothing before/, action)
  }

  await app.advance(THREE_DAYS_S + 1)
  const browser = new HttpBrowser(app.issuer)
  const page = await browser.submit(await named(browser, number), {}, { name: 'action', value: 'text-code' })
  assert.ok((await browser.submit(page, { code: await codeTo(number) })).url.searchParams.has('code'))
})

test('MFA-31, MFA-40 a phone that is the second step does not open the account by itself', async () => {
  const { number } = await withSms()
  for (const action of ['text-code', 'forgot-password']) {
    const browser = new HttpBrowser(app.issuer)
    const page = await browser.submit(await named(browser, number), {}, { name: 'action', value: action })
    const next = await browser.submit(page, { code: await codeTo(number) })
    assert.equal(next.name, 'recovery_code', action)
    assert.equal(next.url.searchParams.get('code'), null)
  }
})

test('a phone that is all an account is found by stays, and is no second step', async () => {
  const { browser } = await signUpByPhone()
  const page = await browser.open(PHONE)
  assert.doesNotMatch(page.text, /data-action="add-sms"/)
  assert.equal((await browser.post(`${PHONE}/sms`, { csrf: inputValue(page, 'csrf')! })).status, 404)

  const asked = await browser.submit(await browser.open(`${PHONE}/remove`))

  assert.equal(asked.status, 422)
})

test('SEC-38 a member number is one more name of an account: every spelling, one counter, and no code to it', async () => {
  const who = somebody()
  await signUp(app, who)
  const { db } = app.app.store
  const account = (await accounts.findByIdentifier(db, 'email', who.email))!
  const attach = (of: typeof account.id, typed: string) => db.transaction().execute((tx) => accounts.attachMemberNumber(tx, of, typed))
  assert.deepEqual(await attach(account.id, 'au-7731 0042'), { ok: true })
  assert.deepEqual(await attach(account.id, 'AU77310042'), { ok: true }, 'again changes nothing')
  const other = (await accounts.findByIdentifier(db, 'phone', (await signUpByPhone()).number))!
  assert.deepEqual(await attach(other.id, 'AU77310042'), { ok: false, reason: 'identifier_taken' })

  const browser = new HttpBrowser(app.issuer)
  const page = await named(browser, ' au 7731-0042 ')
  assert.equal(page.name, 'password')
  assert.doesNotMatch(page.text, /data-action="(forgot-password|email-code|text-code)"/)
  for (const action of ['forgot-password', 'email-code', 'text-code'])
    assert.notEqual((await browser.submit(page, { action })).name, 'verify_email', action)
  const anew = new HttpBrowser(app.issuer)
  assert.ok((await anew.submit(await named(anew, 'AU77310042'), { password: who.password })).url.searchParams.has('code'))

  for (let tries = 0; tries < 6; tries++) {
    const guess = new HttpBrowser(app.issuer)
    await guess.submit(await named(guess, tries % 2 ? who.email : 'AU77310042'), { password: 'not-the-password-of-anyone' })
  }
  for (const identifier of [who.email, 'AU77310042']) {
    const guess = new HttpBrowser(app.issuer)
    assert.equal((await guess.submit(await named(guess, identifier), { password: who.password })).status, 429, identifier)
  }
  assert.equal(await db.transaction().execute((tx) => accounts.detachMemberNumber(tx, account.id, 'AU 7731 0042')), true)
  assert.equal(await accounts.findByIdentifier(db, 'member_number', 'AU77310042'), undefined)
})
