import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { SoftPasskey } from '../authenticators/soft-passkey.ts'
import { HttpBrowser, inputValue, type Shown } from '../harness/http-browser.ts'
import { authorizationRequest, authorize, payloadOf, redemption, signUp, startProtocol } from '../oidc/protocol.ts'
import { type Person, personsAt } from './second-factor.ts'

const app = await startProtocol({ after })
const { auroraWeb } = app.clients
const { somebody, nextCode, withApp, addPasskey, optionsOn, answerWith } = personsAt(app)
const codeIn = (page: Shown): string | null => page.url.searchParams.get('code')

/** A sign-in with the password in a browser whose script told that it can keep a passkey. */
async function capableSignIn(who: Person, extra: Record<string, string> = {}) {
  const browser = new HttpBrowser(app.issuer)
  const request = authorizationRequest(auroraWeb, extra)
  const asked = await browser.submit(await authorize(browser, request), { identifier: who.email })
  return { browser, request, page: await browser.submit(asked, { password: who.password, can_keep_passkey: 'yes' }) }
}

const creationFor = (page: Shown, passkey: SoftPasskey) => ({
  csrf: inputValue(page, 'csrf')!,
  step: 'offer_passkey',
  passkey_asked_at: inputValue(page, 'passkey_asked_at')!,
  passkey: JSON.stringify(passkey.create(optionsOn(page))),
})

test('MFA-9 after a password sign-in a passkey is offered where the browser can keep one; made there it is the account’s, and its owner is told', async () => {
  const who = somebody()
  await signUp(app, who)
  const { browser, request, page } = await capableSignIn(who)
  assert.equal(page.name, 'offer_passkey')
  const passkey = new SoftPasskey(app.issuer)

  const landed = await browser.post(page.url, creationFor(page, passkey))

  const { body } = await app.token(auroraWeb, redemption(request, codeIn(landed)!))
  assert.equal(payloadOf(body.id_token!).acr, 'password', 'what was proven is the password')
  assert.match((await app.mailsTo(who.email))[0]!.subject, /passkey was added/)
  const next = new HttpBrowser(app.issuer)
  assert.ok(codeIn(await answerWith(next, await authorize(next, authorizationRequest(auroraWeb)), passkey)))
  assert.ok(codeIn((await capableSignIn(who)).page), 'who has one is not asked again')
})

test('MFA-9 “not now” is remembered for 30 days, “don’t ask again” for good', async () => {
  const who = somebody()
  await signUp(app, who)
  const first = await capableSignIn(who)
  assert.ok(codeIn(await first.browser.submit(first.page, {}, { name: 'action', value: 'not-now' })))

  assert.ok(codeIn((await capableSignIn(who)).page), 'the same day')
  await app.advance(30 * 86_400 - 60)
  assert.ok(codeIn((await capableSignIn(who)).page), 'the last day')
  await app.advance(60)
  const again = await capableSignIn(who)
  assert.equal(again.page.name, 'offer_passkey')
  assert.ok(codeIn(await again.browser.submit(again.page, {}, { name: 'action', value: 'never' })))
  await app.advance(365 * 86_400)
  assert.ok(codeIn((await capableSignIn(who)).page), 'a year later')
})

test('MFA-42, MFA-45 it is offered in no step-up, and to no one who has more than was proven', async () => {
  const { who, secret } = await withApp()
  const asked = await capableSignIn(who)
  assert.equal(asked.page.name, 'totp')
  const offered = await asked.browser.submit(asked.page, { code: await nextCode(secret) })
  assert.equal(offered.name, 'offer_passkey', 'after both steps')
  const stepUp = await capableSignIn(who, { acr_values: 'mfa' })
  assert.ok(codeIn(await stepUp.browser.submit(stepUp.page, { code: await nextCode(secret) })))

  const holder = somebody()
  await addPasskey(await signUp(app, holder))
  assert.ok(codeIn((await capableSignIn(holder)).page))
})

test('MFA-27 an offer that waits longer than five minutes is over: whoever sits down at it goes on without', async () => {
  const who = somebody()
  await signUp(app, who)
  const { browser, page } = await capableSignIn(who)
  await app.advance(290)
  const still = await browser.open(page.url)
  assert.equal(still.name, 'offer_passkey')
  const form = creationFor(still, new SoftPasskey(app.issuer))
  await app.advance(20)

  assert.ok(codeIn(await browser.post(still.url, form)))

  const again = await capableSignIn(who)
  assert.equal(again.page.name, 'offer_passkey', 'none was added')
})

test('MFA-6, SEC-53 a creation at the offer counts once, and the way on stays open', async () => {
  const who = somebody()
  await signUp(app, who)
  const { browser, page } = await capableSignIn(who)
  const passkey = new SoftPasskey(app.issuer)
  const fields = creationFor(page, passkey)
  const other = await capableSignIn(who)
  const { passkey: answer, passkey_asked_at } = fields
  const foreign = { ...creationFor(other.page, passkey), passkey: answer, passkey_asked_at }
  assert.equal((await other.browser.post(other.page.url, foreign)).status, 422, 'another journey')

  const refused = await browser.post(page.url, { ...fields, passkey: '{"id":"x"}' })
  assert.equal(refused.status, 422)
  assert.equal((await browser.post(page.url, fields)).status, 422, 'after it was looked at once')

  assert.ok(codeIn(await browser.submit(refused, {}, { name: 'action', value: 'not-now' })))
})

test('without the script’s word there is no page more', async () => {
  const who = somebody()
  await signUp(app, who)
  for (const word of ['', 'no', 'true', '1']) {
    const browser = new HttpBrowser(app.issuer)
    const asked = await browser.submit(await authorize(browser, authorizationRequest(auroraWeb)), { identifier: who.email })
    assert.ok(codeIn(await browser.submit(asked, { password: who.password, can_keep_passkey: word })), word)
  }
})
