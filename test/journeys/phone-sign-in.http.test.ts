import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { HttpBrowser, type Shown } from '../harness/http-browser.ts'
import { authorizationRequest, authorize, payloadOf, redemption, startProtocol, tokensFor } from '../oidc/protocol.ts'
import { phonesAt } from './phones.ts'

const app = await startProtocol({ after })
const { newNumber, textsTo, codeTo, start, signUpByPhone, named } = phonesAt(app)
const PASSWORD = 'correct-horse-battery-9'
const WRONG = 'not-the-password-of-anyone'

const isSignedIn = (page: Shown): boolean =>
  page.name === 'confirm' || page.name === 'complete_profile' || page.url.searchParams.has('code')
const withoutChance = (page: Shown, identifier: string): string =>
  page.text
    .replaceAll(identifier, 'NUMBER')
    .replaceAll(/nonce="[^"]*"|\/sign-in\/[\w-]+|name="csrf" value="[^"]*"|<p class="request-id.*?<\/p>|data-request-id="[^"]*"/g, '')

test('MFA-17 an account opens with a phone number where nobody needs an address, and the number is a verified one', async () => {
  const { browser, number } = await signUpByPhone()

  const profile = await browser.open('/account/profile')
  assert.ok(profile.text.includes(`value="${number}"`))
  const first = await browser.submit(await start(browser), { name: 'Ada Lovelace' })
  if (first.name === 'confirm') await browser.submit(first)
  const tokens = await tokensFor(app, browser, app.clients.auroraWeb, { scope: 'openid phone email' })
  const { body } = await app.userinfo(tokens.access_token)
  assert.deepEqual(
    { number: body.phone_number, verified: body.phone_number_verified, email: body.email },
    { number, verified: true, email: undefined },
  )
  assert.equal((await textsTo(number)).length, 1, 'a welcome costs money and says nothing')
})

test('an address is asked for where a client of the recipient needs one, and a number is no address', async () => {
  const browser = new HttpBrowser(app.issuer)
  const page = await browser.submit(await start(browser), {}, { name: 'action', value: 'sign-up' })

  const refused = await browser.submit(page, { email: newNumber() })

  assert.deepEqual({ name: refused.name, status: refused.status }, { name: 'sign_up', status: 422 })
})

test('SEC-38 a phone is signed in to by every spelling of it, and all names of an account have one counter', async () => {
  const { number } = await signUpByPhone()
  const national = number.replace('+49', '0')
  for (const typed of [
    number,
    number.replace('+49', '0049'),
    national,
    `${number.slice(0, 6)} ${number.slice(6)}`,
    `+49 (0) ${number.slice(3)}`,
  ]) {
    const browser = new HttpBrowser(app.issuer)
    const page = await named(browser, typed)
    assert.equal(page.name, 'password', typed)
    assert.ok(isSignedIn(await browser.submit(page, { password: PASSWORD })), typed)
  }

  for (let tries = 0; tries < 6; tries++) {
    const browser = new HttpBrowser(app.issuer)
    assert.equal((await browser.submit(await named(browser, tries % 2 ? number : national), { password: WRONG })).status, 422)
  }
  for (const typed of [number, national]) {
    const browser = new HttpBrowser(app.issuer)
    assert.equal((await browser.submit(await named(browser, typed), { password: PASSWORD })).status, 429, typed)
  }
})

test('SEC-38 a number nobody has is counted alike by all its spellings, and answered word for word like one that somebody has', async () => {
  const { number: known } = await signUpByPhone()
  const answers = await Promise.all(
    [known, newNumber()].map(async (number) => {
      const pages: Shown[] = []
      for (let tries = 0; tries < 8; tries++) {
        const browser = new HttpBrowser(app.issuer)
        pages.push(await browser.submit(await named(browser, number), { password: WRONG }))
      }
      return pages.map((page) => `${page.status} ${withoutChance(page, number)}`)
    }),
  )

  assert.deepEqual(answers[1], answers[0])
  assert.equal(new Set(answers[0]!.map((answer) => answer.slice(0, 3))).size, 2, 'and stopped after six')
})

test('MFA-17, MFA-22 a code to the phone in place of the password is level email, tells amr sms, and is used once', async () => {
  const { number } = await signUpByPhone()
  const browser = new HttpBrowser(app.issuer)
  const request = authorizationRequest(app.clients.auroraWeb)
  const page = await browser.submit(await authorize(browser, request), { identifier: number })
  assert.match(page.text, /data-action="text-code"/)
  const asked = await browser.submit(page, {}, { name: 'action', value: 'text-code' })
  assert.equal(asked.name, 'code')
  const code = await codeTo(number)
  assert.match(code, /^\d{8}$/)

  const landed = await browser.submit(asked, { code })

  const filled = await browser.submit(landed, { name: 'Ada Lovelace' })
  const done = filled.name === 'confirm' ? await browser.submit(filled) : filled
  const { body } = await app.token(app.clients.auroraWeb, redemption(request, done.url.searchParams.get('code')!))
  const { acr, amr } = payloadOf(body.id_token!)
  assert.deepEqual({ acr, amr }, { acr: 'email', amr: ['sms'] })
  const other = new HttpBrowser(app.issuer)
  const again = await other.submit(await named(other, number), {}, { name: 'action', value: 'text-code' })
  assert.equal((await other.submit(again, { code })).status, 422, 'MFA-46 of another journey')
})

test('MFA-17 of twenty uses of one code at once one wins', async () => {
  const { number } = await signUpByPhone()
  const browser = new HttpBrowser(app.issuer)
  const page = await browser.submit(await named(browser, number, { prompt: 'consent' }), {}, { name: 'action', value: 'text-code' })
  const code = await codeTo(number)

  const answers = await Promise.all(Array.from({ length: 20 }, () => browser.copy().submit(page, { code })))

  assert.deepEqual(new Set(answers.map(({ name }) => name)), new Set(['complete_profile']), 'all see the one journey that went on')
})

test('MFA-17 a code is tried five times and sent three times in ten minutes', async () => {
  const { number } = await signUpByPhone()
  const browser = new HttpBrowser(app.issuer)
  let page = await browser.submit(await named(browser, number), {}, { name: 'action', value: 'text-code' })
  const code = await codeTo(number)
  const wrong = code === '00000000' ? '11111111' : '00000000'
  for (let tries = 0; tries < 5; tries++) page = await browser.submit(page, { code: wrong })
  assert.equal((await browser.submit(page, { code })).status, 422, 'the right one comes too late')

  for (let sends = 0; sends < 2; sends++) {
    page = await browser.submit(page, {}, { name: 'action', value: 'resend' })
    assert.equal(page.status, 200)
  }
  assert.equal((await browser.submit(page, {}, { name: 'action', value: 'resend' })).status, 429)
  await app.advance(601)
  assert.equal((await browser.submit(page, { code: await codeTo(number) })).status, 422, 'MFA-17 expired')
})

test('SEC-37 recovery and sign-in by text message tell nobody whether a number has an account', async () => {
  const { number: known } = await signUpByPhone()
  const unknown = newNumber()
  for (const action of ['text-code', 'forgot-password']) {
    const pages = await Promise.all(
      [known, unknown].map(async (number) => {
        const browser = new HttpBrowser(app.issuer)
        const page = await browser.submit(await named(browser, number), {}, { name: 'action', value: action })
        return `${page.status} ${page.name} ${withoutChance(page, number)}`
      }),
    )
    assert.equal(pages[0], pages[1], action)
  }
  assert.match((await textsTo(unknown))[0]!.text, /nobody has an account with this number/)
})

test('MFA-21, MFA-43 the fourth code that nobody uses is not sent to a phone, and the page does not tell', async () => {
  const { number } = await signUpByPhone()
  const before = (await textsTo(number)).length
  const pages: string[] = []
  for (let asked = 0; asked < 5; asked++) {
    const browser = new HttpBrowser(app.issuer)
    const page = await browser.submit(await named(browser, number), {}, { name: 'action', value: 'text-code' })
    pages.push(`${page.status} ${withoutChance(page, number)}`)
  }

  const texts = (await textsTo(number)).slice(0, -before)
  assert.equal(texts.filter(({ text }) => /\d{8}/.test(text)).length, 3)
  assert.equal(new Set(pages).size, 1)
  assert.equal(texts.filter(({ text }) => /We stopped sending codes/.test(text)).length, 1, 'its owner is told once')
})

test('SEC-64 premium numbers and countries that are not served are refused before anything is sent, in the same words for everybody', async () => {
  for (const number of ['+491805123456', '+447012345678', '+18765551234', '+79161234567']) {
    const browser = new HttpBrowser(app.issuer)
    const page = await browser.submit(await named(browser, number), {}, { name: 'action', value: 'text-code' })
    assert.equal(page.status, 422, number)
    assert.match(page.text, /We cannot send text messages to this number/)
    assert.equal((await textsTo(number)).length, 0)
  }
})

test('MFA-31 a forgotten password is replaced after a code to the phone, and signs in afterwards', async () => {
  const { number } = await signUpByPhone()
  const browser = new HttpBrowser(app.issuer)
  const page = await browser.submit(await named(browser, number), {}, { name: 'action', value: 'forgot-password' })

  const chosen = await browser.submit(page, { code: await codeTo(number) })

  assert.equal(chosen.name, 'recover')
  assert.ok(isSignedIn(await browser.submit(chosen, { password: 'a-better-battery-horse-7' })))
  const [notice] = await textsTo(number)
  assert.match(notice!.text, /^Aurora: The password of your account/, 'who has no mailbox is told by text')
  assert.ok(notice!.text.length <= 160)
})
