import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { SoftPasskey } from '../authenticators/soft-passkey.ts'
import { HttpBrowser, inputValue, type Shown } from '../harness/http-browser.ts'
import { codeFor } from '../harness/shopper.ts'
import { authorizationRequest, authorize, payloadOf, redemption, signInFrom, signUp, startProtocol } from '../oidc/protocol.ts'
import { type Person, personsAt, SECURITY } from './second-factor.ts'

const app = await startProtocol({ after })
const { auroraWeb } = app.clients
const NEW_PASSWORD = 'a-better-battery-horse-7'

const { somebody, nextCode, withApp, optionsOn } = personsAt(app)

const fieldsOf = (page: Shown) => ({ csrf: inputValue(page, 'csrf')!, passkey_asked_at: inputValue(page, 'passkey_asked_at')! })

/** A recovery up to the page after the code from the mailbox. */
async function recoverUpToCode(browser: HttpBrowser, who: Person, params: Record<string, string> = {}) {
  const request = authorizationRequest(auroraWeb, params)
  let page = await browser.submit(await authorize(browser, request), { identifier: who.email })
  page = await browser.submit(page, {}, { name: 'action', value: 'forgot-password' })
  return { request, page: await browser.submit(page, { code: await codeFor(app, who.email) }) }
}

test('MFA-23, MFA-31 a recovery for a client that wants a second factor asks for it once, then for the new password', async () => {
  const { who, secret } = await withApp()
  const browser = new HttpBrowser(app.issuer)
  const { request, page } = await recoverUpToCode(browser, who, { acr_values: 'mfa' })
  assert.equal(page.name, 'totp')

  const chosen = await browser.submit(page, { code: await nextCode(secret) })

  assert.equal(chosen.name, 'recover')
  const landed = await browser.submit(chosen, { password: NEW_PASSWORD })
  const { body } = await app.token(auroraWeb, redemption(request, landed.url.searchParams.get('code')!))
  assert.equal(payloadOf(body.id_token!).acr, 'mfa')
})

test('MFA-23 a level that the account’s second factor does not reach is the client’s error after it, never a page without a way on', async () => {
  const { who, secret } = await withApp()
  const browser = new HttpBrowser(app.issuer)
  const page = await signInFrom(browser, await authorize(browser, authorizationRequest(auroraWeb, { acr_values: 'phr' })), who)
  assert.equal(page.name, 'totp')

  const landed = await browser.submit(page, { code: await nextCode(secret) })

  assert.equal(landed.url.searchParams.get('error'), 'unmet_authentication_requirements')
})

test('SEC-33, MFA-46 a sign-in that was begun with the old password ends nowhere after the password was changed', async () => {
  const who = somebody()
  const owner = await signUp(app, who)
  const intruder = new HttpBrowser(app.issuer)
  const waiting = await signInFrom(intruder, await authorize(intruder, authorizationRequest(auroraWeb, { prompt: 'consent' })), who)
  assert.equal(waiting.name, 'confirm')

  const changed = await owner.submit(await owner.open(`${SECURITY}/password`), { password: NEW_PASSWORD })
  assert.equal(changed.url.searchParams.get('status'), 'password_changed')

  const after = await intruder.submit(waiting, {})
  assert.equal(after.name, 'identify')
  assert.equal((await intruder.open('/account')).name, 'identify')
})

test('SEC-33 taking away an authenticator ends every other session', async () => {
  const { who, browser: owner, secret } = await withApp()
  const elsewhere = new HttpBrowser(app.issuer)
  const page = await signInFrom(elsewhere, await authorize(elsewhere, authorizationRequest(auroraWeb)), who)
  assert.ok((await elsewhere.submit(page, { code: await nextCode(secret) })).url.searchParams.get('code'))
  const proof = await owner.open(`${SECURITY}/totp/remove`)
  const ask = proof.name === 'totp' ? await owner.submit(proof, { code: await nextCode(secret) }) : proof

  const removed = await owner.submit(ask, {})

  assert.equal(removed.url.searchParams.get('status'), 'totp_removed')
  assert.equal((await elsewhere.open('/account')).name, 'identify')
  assert.equal((await owner.open('/account')).name, 'account')
})

test('MFA-6 after an answer that was refused the page asks anew, and the next answer counts', async () => {
  const browser = await signUp(app, somebody())
  const passkey = new SoftPasskey(app.issuer)
  const page = await browser.open(SECURITY)
  await browser.post(`${SECURITY}/passkeys`, { ...fieldsOf(page), passkey: JSON.stringify(passkey.create(optionsOn(page))) })
  const other = new HttpBrowser(app.issuer)

  const first = await authorize(other, authorizationRequest(auroraWeb))
  const refused = await other.submit(first, { passkey: '{"id":"x"}' })
  assert.equal(refused.status, 422)
  const landed = await other.submit(refused, { passkey: JSON.stringify(passkey.get(optionsOn(refused))) })
  assert.ok(landed.url.searchParams.get('code'), 'at the first page')

  const asked = await authorize(browser, authorizationRequest(auroraWeb, { acr_values: 'phr' }))
  const again = await browser.post(asked.url, { ...fieldsOf(asked), step: 'second_factor', passkey: '{"id":"x"}' })
  assert.equal(again.status, 422)
  const answer = JSON.stringify(passkey.get(optionsOn(again)))
  const proven = await browser.post(again.url, { ...fieldsOf(again), step: 'second_factor', passkey: answer })
  assert.ok(proven.url.searchParams.get('code'), 'as one more proof')
})

test('MFA-39, MFA-46 a step-up that waited while the browser became somebody else’s proves nothing for either', async () => {
  const browser = await signUp(app, somebody())
  const passkey = new SoftPasskey(app.issuer)
  const page = await browser.open(SECURITY)
  await browser.post(`${SECURITY}/passkeys`, { ...fieldsOf(page), passkey: JSON.stringify(passkey.create(optionsOn(page))) })
  const asked = await authorize(browser, authorizationRequest(auroraWeb, { acr_values: 'phr' }))
  assert.equal(asked.name, 'passkey')
  const stranger = somebody()
  await signUp(app, stranger)
  const anew = await authorize(browser, authorizationRequest(auroraWeb, { prompt: 'login' }))
  await browser.submit(await signInFrom(browser, anew, stranger)) // the first one's session ends at this page
  assert.ok((await browser.open('/account')).text.includes(stranger.email))

  const answer = JSON.stringify(passkey.get(optionsOn(asked)))
  const landed = await browser.post(asked.url, { ...fieldsOf(asked), step: 'second_factor', passkey: answer })

  assert.equal(landed.url.searchParams.get('code'), null)
  assert.ok(landed.status < 500)
  const silent = await authorize(browser, authorizationRequest(auroraWeb, { acr_values: 'phr', prompt: 'none' }))
  assert.equal(silent.url.searchParams.get('code'), null, 'nobody’s session rose')
})

test('MFA-16 tries that were refused unseen do not count towards the hundred that end guessing', async () => {
  const { who, secret } = await withApp()
  const browser = new HttpBrowser(app.issuer)
  const page = await signInFrom(browser, await authorize(browser, authorizationRequest(auroraWeb)), who)
  for (let tries = 0; tries < 105; tries++) await browser.submit(page, { code: '000000' })
  await app.advance(601)

  const fresh = new HttpBrowser(app.issuer)
  const again = await signInFrom(fresh, await authorize(fresh, authorizationRequest(auroraWeb)), who)
  assert.ok((await fresh.submit(again, { code: await nextCode(secret) })).url.searchParams.get('code'))
})

test('SEC-51 a second recovery in one journey, of another account, ends with a new password as well', async () => {
  const one = somebody()
  const two = somebody()
  await signUp(app, one)
  await signUp(app, two)
  const browser = new HttpBrowser(app.issuer)
  const { page } = await recoverUpToCode(browser, one, { prompt: 'consent' })
  const confirm = await browser.submit(page, { password: NEW_PASSWORD })
  assert.equal(confirm.name, 'confirm')
  let next = await browser.submit(confirm, {}, { name: 'action', value: 'other-account' })
  next = await browser.submit(next, { identifier: two.email })
  next = await browser.submit(next, {}, { name: 'action', value: 'forgot-password' })

  assert.equal((await browser.submit(next, { code: await codeFor(app, two.email) })).name, 'recover')
})

test('MFA-14 what no page of ours sends is refused with a 4xx', async () => {
  const { who, browser: owner } = await withApp()
  const setup = await owner.open(`${SECURITY}/totp`)
  const csrf = inputValue(setup, 'csrf')!
  for (const offer of ['', 'x', 'AAAA', 'A'.repeat(1_900), '\u0000', '{}']) {
    const { status } = await owner.post(`${SECURITY}/totp`, { csrf, offer, code: '123456' })
    assert.ok(status >= 400 && status < 500, `offer ${offer.slice(0, 5)}: ${status}`)
  }
  const browser = new HttpBrowser(app.issuer)
  const first = await authorize(browser, authorizationRequest(auroraWeb))
  for (const passkey of ['x', 'null', '[]', '1', '"x"', '{"id":1}', `{"id":"${'a'.repeat(39_000)}"}`, 'a'.repeat(41_000)]) {
    const { status } = await browser.submit(first, { passkey, passkey_asked_at: '99999999999999999999' })
    assert.ok(status >= 400 && status < 500, `passkey ${passkey.slice(0, 8)}: ${status}`)
  }
  const asked = await signInFrom(browser, await authorize(browser, authorizationRequest(auroraWeb)), who)
  for (const code of ['١٢٣٤٥٦', '\u0000', '9'.repeat(199), '9'.repeat(9_000)]) {
    const { status } = await browser.submit(asked, { code })
    assert.ok(status >= 400 && status < 500, `code ${code.slice(0, 6)}: ${status}`)
  }
})

test('SEC-59, MFA-46 a recovery that waits with its code proven sets no password once the address was replaced', async () => {
  const who = somebody()
  const owner = await signUp(app, who)
  const intruder = new HttpBrowser(app.issuer)
  const { page } = await recoverUpToCode(intruder, who)
  assert.equal(page.name, 'recover')

  await moveTo(owner, 'ada.safe@example.org')

  assert.equal((await intruder.submit(page, { password: NEW_PASSWORD })).name, 'identify')
  const moved = { ...who, email: 'ada.safe@example.org' }
  const browser = new HttpBrowser(app.issuer)
  const landed = await signInFrom(browser, await authorize(browser, authorizationRequest(auroraWeb)), moved)
  assert.ok(landed.url.searchParams.get('code'), 'the password is what it was')
})

test('SEC-33, MFA-46 a sign-in that waits with proofs that were taken away since ends nowhere', async () => {
  const { who, browser: owner, secret } = await withApp()
  const request = authorizationRequest(auroraWeb, { prompt: 'consent' })
  const withSecond = new HttpBrowser(app.issuer)
  const asked = await signInFrom(withSecond, await authorize(withSecond, request), who)
  const confirm = await withSecond.submit(asked, { code: await nextCode(secret) })
  assert.equal(confirm.name, 'confirm')
  const proof = await owner.open(`${SECURITY}/totp/remove`)
  const ask = proof.name === 'totp' ? await owner.submit(proof, { code: await nextCode(secret) }) : proof
  assert.equal((await owner.submit(ask, {})).url.searchParams.get('status'), 'totp_removed')

  assert.equal((await withSecond.submit(confirm, {})).name, 'identify', 'with the code of an app')
})

test('MFA-18, MFA-46 a sign-in that waits with a code from an address that was replaced since ends nowhere', async () => {
  const who = somebody()
  const owner = await signUp(app, who)
  const byMail = new HttpBrowser(app.issuer)
  const page = await byMail.submit(await authorize(byMail, authorizationRequest(auroraWeb, { prompt: 'consent' })), {
    identifier: who.email,
  })
  const sent = await byMail.submit(page, {}, { name: 'action', value: 'email-code' })
  const waiting = await byMail.submit(sent, { code: await codeFor(app, who.email) })
  assert.equal(waiting.name, 'confirm')

  await moveTo(owner, 'ada.safer@example.org')

  assert.equal((await byMail.submit(waiting, {})).name, 'identify')
})

test('SEC-59 a recovery that waits sets no password of an account that is being closed meanwhile', async () => {
  const who = somebody()
  const owner = await signUp(app, who)
  const waiting = new HttpBrowser(app.issuer)
  const { page } = await recoverUpToCode(waiting, who)
  assert.equal((await owner.submit(await owner.open('/account/privacy/delete'))).name, 'account.closed')

  assert.equal((await waiting.submit(page, { password: NEW_PASSWORD })).name, 'identify')

  const browser = new HttpBrowser(app.issuer)
  const asked = await signInFrom(browser, await authorize(browser, authorizationRequest(auroraWeb)), who)
  assert.equal(asked.name, 'keep_account', 'the password is what it was')
})

async function moveTo(browser: HttpBrowser, address: string): Promise<void> {
  const page = await browser.submit(await browser.open(`${SECURITY}/email`), { address })
  const done = await browser.submit(page, { code: await codeFor(app, address) })
  assert.equal(done.url.searchParams.get('status'), 'email_changed')
}
