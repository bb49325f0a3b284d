import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { HttpBrowser, inputValue } from '../harness/http-browser.ts'
import type { Person } from '../harness/identity-provider.ts'
import { codeFor } from '../harness/shopper.ts'
import { confirmed, payloadOf, signInFrom, signOut, signUp, tokensFor } from '../oidc/protocol.ts'
import { alertOn, codeOf, hasButton, startFederated } from './federated.ts'
import { phonesAt } from './phones.ts'
import { personsAt } from './second-factor.ts'

const { app, elsewhere, begin, through, arrive } = await startFederated({ after })
const { withApp, nextCode, addPasskey } = personsAt(app)

let people = 0
const person = (more: Record<string, unknown> = {}): Person => {
  const n = ++people
  return { sub: `sub-${n}`, email: `there.${n}@example.com`, email_verified: true, name: 'Grace Hopper', ...more }
}
const account = () => ({ email: `here.${++people}@example.com`, name: 'Ada Lovelace', password: 'correct-horse-battery-9' })

/** An account that was opened with the provider, and nothing else. */
async function signedUp(who = person()) {
  const { browser, page } = await arrive(who)
  const code = await browser.submit(page, { email: String(who.email) })
  const details = await browser.submit(code, { code: await codeFor(app, String(who.email)) })
  const done = await browser.submit(details, { name: 'Grace Hopper' })
  assert.ok(codeOf(done), `${done.name} ${done.status}`)
  return { who, browser, done }
}

test('a provider’s button stands on the sign-in page and the sign-up page, in the page’s language', async () => {
  const browser = new HttpBrowser(app.issuer)
  const page = await begin(browser)

  assert.ok(hasButton(page))
  assert.match(page.text, /Continue with Elsewhere/)
  assert.match((await browser.open(`${page.url.pathname}?ui_locales=de`)).text, /Weiter mit Anderswo/)
  assert.ok(hasButton(await browser.submit(page, {}, { name: 'action', value: 'sign-up' })))
})

test('MFA-22 signing up at a provider proves the address by our code, stores what was shown, and is level email, amr fed', async () => {
  const who = person({ given_name: 'Grace' })
  const { browser, page } = await arrive(who)
  assert.equal(page.name, 'sign_up')
  assert.equal(inputValue(page, 'email'), who.email)

  const code = await browser.submit(page, { email: String(who.email) })
  assert.equal(code.name, 'verify_email')
  const details = await browser.submit(code, { code: await codeFor(app, String(who.email)) })
  assert.equal(inputValue(details, 'name'), 'Grace Hopper')
  assert.doesNotMatch(details.text, /name="password"/)
  await browser.submit(details, { name: 'Grace B. Hopper' })

  const tokens = await tokensFor(app, browser, app.clients.auroraWeb, { scope: 'openid profile email' })
  const claims = payloadOf(tokens.id_token!)
  const { body } = await app.userinfo(tokens.access_token)
  assert.deepEqual([claims.acr, claims.amr], ['email', ['email', 'fed']])
  assert.equal(body.name, 'Grace B. Hopper')
  assert.equal(body.given_name, undefined)
  assert.equal(body.email_verified, true)
})

test('MFA-22 who is linked signs in by the provider alone, at level email and by nothing that the provider says about it', async () => {
  const { who } = await signedUp()

  const { browser, page } = await arrive({ ...who, acr: 'phr', amr: ['hwk', 'mfa'] })

  assert.ok(codeOf(await confirmed(browser, page)))
  const claims = payloadOf((await tokensFor(app, browser, app.clients.auroraWeb)).id_token!)
  assert.deepEqual([claims.acr, claims.amr], ['email', ['fed']])
})

test('who set up an app is asked for it after the provider as after the password', async () => {
  const { who, secret } = await withApp()
  const they = person({ email: who.email })
  const browser = new HttpBrowser(app.issuer)
  const brought = await through(browser, await begin(browser), they)
  const identify = await browser.submit(brought, {}, { name: 'action', value: 'sign-in' })
  const factor = await signInFrom(browser, identify, who)
  assert.equal(factor.name, 'totp')
  const link = await browser.submit(factor, { code: await nextCode(secret) })
  assert.equal(link.name, 'link_provider')
  assert.ok(codeOf(await browser.submit(link)))

  const again = await arrive(they)

  assert.equal(again.page.name, 'totp')
  assert.ok(codeOf(await again.browser.submit(again.page, { code: await nextCode(secret) })))
})

test('MFA-45 in a browser that is trusted with the second step, a password alone links nothing to an account with codes to a phone', async () => {
  const owner = account()
  const browser = await signUp(app, owner)
  const { newNumber, codeTo } = phonesAt(app)
  const number = newNumber()
  const asked = await browser.submit(await browser.open('/account/security/phone'), { phone_number: number })
  await browser.submit(asked, { code: await codeTo(number) })
  const phone = await browser.open('/account/security/phone')
  await browser.post('/account/security/phone/sms', { csrf: inputValue(phone, 'csrf')! })
  await signOut(browser)
  const factor = await signInFrom(browser, await begin(browser), owner)
  assert.ok(codeOf(await browser.submit(factor, { code: await codeTo(number), trust_device: 'yes' })))
  await signOut(browser)

  const brought = await through(browser, await begin(browser), person())
  const link = await signInFrom(browser, await browser.submit(brought, {}, { name: 'action', value: 'sign-in' }), owner)

  assert.equal(link.name, 'link_provider')
  assert.doesNotMatch(link.text, /value="link"/)
})

test('MFA-37, SEC-65 an account with the same address is not signed in to, not linked, and not told of: its owner gets a mail, the other nothing', async () => {
  const owner = account()
  await signUp(app, owner)
  const attacker = person({ email: owner.email })

  const known = await arrive(attacker)
  const unknown = await arrive(person())
  assert.equal(known.page.name, 'sign_up')
  const strip = (text: string) =>
    text.replaceAll(/value="[^"]*"|href="[^"]*"|action="[^"]*"|nonce="[^"]*"|content="[^"]*"/g, '').replaceAll(/[\w.]+@example.com/g, '')
  assert.equal(strip(known.page.text).replace(/number: <b>.*/s, ''), strip(unknown.page.text).replace(/number: <b>.*/s, ''))
  const code = await known.browser.submit(known.page, { email: owner.email })
  assert.equal(code.name, 'verify_email')
  const [mail] = await app.mailsTo(owner.email)

  assert.doesNotMatch(`${mail?.subject} ${mail?.text}`, /(?<!\d)\d{8}(?!\d)/)
  assert.equal((await known.browser.submit(code, { code: '12345678' })).status, 422)
  const again = await arrive(attacker)
  assert.equal(again.page.name, 'sign_up', 'nothing was linked')
})

test('MFA-37 an account is linked after proof of both sides and a word of its owner, who is told by mail', async () => {
  const owner = account()
  await signUp(app, owner)
  const they = person()
  const { browser, page } = await arrive(they)
  const identify = await browser.submit(page, {}, { name: 'action', value: 'sign-in' })
  assert.equal(identify.name, 'identify')
  assert.ok(!hasButton(identify))

  const link = await signInFrom(browser, identify, owner)
  assert.equal(link.name, 'link_provider')
  assert.match(link.text, new RegExp(owner.email))
  const done = await browser.submit(link)

  assert.ok(codeOf(done))
  assert.match((await app.mailsTo(owner.email))[0]!.subject, /Another account was connected/)
  const again = await arrive(they)
  assert.ok(codeOf(again.page), again.page.name)
})

test('MFA-37 who says not now, or goes on without the provider, is linked to nothing', async () => {
  const owner = account()
  await signUp(app, owner)
  const they = person()
  const one = await arrive(they)
  const link = await signInFrom(one.browser, await one.browser.submit(one.page, {}, { name: 'action', value: 'sign-in' }), owner)
  assert.ok(codeOf(await one.browser.submit(link, {}, { name: 'action', value: 'skip' })))

  const two = await arrive(they)
  const without = await two.browser.submit(two.page, {}, { name: 'action', value: 'forget-provider' })
  const identify = await two.browser.submit(without, {}, { name: 'action', value: 'sign-in' })
  assert.ok(codeOf(await signInFrom(two.browser, identify, owner)))

  assert.equal((await arrive(they)).page.name, 'sign_up')
})

test('MFA-45 a password does not link a provider to an account that a passkey protects', async () => {
  const owner = account()
  await addPasskey(await signUp(app, owner))
  const they = person()
  const { browser, page } = await arrive(they)
  const identify = await browser.submit(page, {}, { name: 'action', value: 'sign-in' })

  const told = await signInFrom(browser, identify, owner)
  assert.equal(told.name, 'link_provider')
  assert.doesNotMatch(told.text, /value="link"/)
  const fields = { csrf: inputValue(told, 'csrf')!, step: inputValue(told, 'step')!, action: 'link' }
  const forged = await browser.post(told.url, fields)

  assert.ok(codeOf(forged))
  assert.equal((await arrive(they)).page.name, 'sign_up')
})

test('SEC-69 a changed address there changes nothing here; a new person with the old address is a stranger', async () => {
  const { who } = await signedUp()

  const moved = await arrive({ ...who, email: 'moved@elsewhere.example' })
  const recycled = await arrive(person({ email: who.email }))

  assert.ok(codeOf(await confirmed(moved.browser, moved.page)))
  const { access_token } = await tokensFor(app, moved.browser, app.clients.auroraWeb, { scope: 'openid email' })
  assert.equal((await app.userinfo(access_token)).body.email, who.email)
  assert.equal(recycled.page.name, 'sign_up')
})

test('SEC-70 what a provider claims beside names and address is nowhere, and names only where they are asked for', async () => {
  const who = person({
    roles: ['operator'],
    account_id: '00000000-0000-7000-8000-000000000000',
    acr: 'phr',
    amr: ['mfa'],
    family_name: 'Hopper',
  })
  const { browser } = await signedUp(who)

  const { access_token, id_token } = await tokensFor(app, browser, app.clients.auroraWeb, { scope: 'openid profile email' })

  const { body } = await app.userinfo(access_token)
  assert.deepEqual(Object.keys(body).sort(), ['email', 'email_verified', 'name', 'sub'])
  assert.equal(payloadOf(id_token!).acr, 'email')
  const { rows } = await app.app.store.pool.query(`select status, jurisdiction from accounts where id = $1`, [who.account_id])
  assert.deepEqual(rows, [])
})

test('where a client asks for more than a provider is worth, none is offered', async () => {
  const browser = new HttpBrowser(app.issuer)

  assert.ok(!hasButton(await begin(browser, { acr_values: 'password' })))
  assert.ok(hasButton(await begin(new HttpBrowser(app.issuer), { acr_values: 'email' })))
})

test('a fresh proof is asked of the provider too, and an old one is no proof', async () => {
  const { who, browser } = await signedUp()
  const there = new HttpBrowser(elsewhere.issuer)

  const page = await begin(browser, { prompt: 'login' })
  assert.equal(page.name, 'identify')
  const again = await through(browser, page, who, there)
  const asked = elsewhere.seen.authorization.at(-1)!
  assert.ok(codeOf(again), again.name)
  assert.deepEqual([asked.get('prompt'), asked.get('max_age')], ['login', '0'])

  elsewhere.tricks.idToken = (claims) => ({ ...claims, auth_time: Number(claims.iat) - 3_600 })
  const stale = await through(browser, await begin(browser, { prompt: 'login' }), who, there)
  delete elsewhere.tricks.idToken
  assert.equal(stale.name, 'identify')
  assert.match(alertOn(stale), /did not work/)
})

test('a provider that is down is told so in the page’s own words, with the other ways in', async () => {
  const { who } = await signedUp()
  const browser = new HttpBrowser(app.issuer)
  const page = await begin(browser)
  elsewhere.become(who)
  const on = await browser.submit(page, {}, { name: 'provider', value: elsewhere.name })
  const answered = await elsewhere.answer(/href="(http[^"]*\/auth[^"]*)"/.exec(on.text)![1]!.replaceAll('&amp;', '&'))
  elsewhere.tricks.outage = 'down'

  const back = await browser.open(answered.url)
  const shown = await browser.open(/href="([^"]*state=[^"]*)"/.exec(back.text)![1]!)
  delete elsewhere.tricks.outage

  assert.equal(shown.name, 'identify')
  assert.match(alertOn(shown), /Elsewhere does not answer/)
  assert.ok(inputValue(shown, 'identifier') !== undefined && hasButton(shown))
})

test('the customer’s no and the provider’s words for it: the page says its own', async () => {
  elsewhere.tricks.deny = true
  const { page } = await arrive(person())
  delete elsewhere.tricks.deny

  assert.equal(page.name, 'identify')
  assert.match(alertOn(page), /did not finish/)
  assert.doesNotMatch(page.text, /not today|access_denied/)
})
