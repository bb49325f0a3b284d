import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { HttpBrowser, inputValue, type Shown } from '../harness/http-browser.ts'
import { codeFor } from '../harness/shopper.ts'
import {
  authorizationRequest,
  authorize,
  codeFrom,
  payloadOf,
  redemption,
  signIn,
  signInFrom,
  signUp,
  startProtocol,
} from '../oidc/protocol.ts'
import { type Person, personsAt, SECURITY } from './second-factor.ts'

const app = await startProtocol({ after })
const { auroraWeb } = app.clients

const { somebody, nextCode, withApp, addPasskey, optionsOn, answerWith } = personsAt(app)

/** A browser in which the password was typed, and nothing more. */
async function afterPassword(who: Person): Promise<{ browser: HttpBrowser; page: Shown }> {
  const browser = new HttpBrowser(app.issuer)
  return { browser, page: await signInFrom(browser, await authorize(browser, authorizationRequest(auroraWeb)), who) }
}

test('SEC-43 after the password alone every way on still asks for the second factor', async () => {
  const { who } = await withApp()
  const { browser, page } = await afterPassword(who)
  assert.equal(page.name, 'totp')

  assert.equal((await browser.open(page.url)).name, 'totp', 'the page again')
  for (const step of ['confirm', 'password', 'new_password', 'second_factor'])
    assert.equal((await browser.post(page.url, { csrf: inputValue(page, 'csrf')!, step, action: '' })).name, 'totp', step)
  assert.equal((await browser.open('/account')).name, 'identify')
  const uid = page.url.pathname.split('/')[2]!
  assert.ok((await browser.open(`/authorize/${uid}`)).url.searchParams.get('code') === null, 'resumed too early')
  const silent = await authorize(browser, authorizationRequest(auroraWeb, { prompt: 'none' }))
  assert.equal(silent.url.searchParams.get('error'), 'login_required')
})

test('MFA-22 the ID token tells what was proven: password and app are mfa, a passkey is phr', async () => {
  const { who, browser: owner, secret } = await withApp()
  const request = authorizationRequest(auroraWeb)
  const browser = new HttpBrowser(app.issuer)
  const page = await signInFrom(browser, await authorize(browser, request), who)
  const landed = await browser.submit(page, { code: await nextCode(secret) })
  const { body } = await app.token(auroraWeb, redemption(request, landed.url.searchParams.get('code')!))
  const { acr, amr } = payloadOf(body.id_token!)
  assert.deepEqual({ acr, amr }, { acr: 'mfa', amr: ['mfa', 'otp', 'pwd'] })

  const prove = await owner.open(`${SECURITY}?prove=1`)
  assert.equal((await owner.submit(prove, { code: await nextCode(secret) })).name, 'account.security')
  const passkey = await addPasskey(owner)
  const second = authorizationRequest(auroraWeb)
  const fresh = new HttpBrowser(app.issuer)
  const back = await answerWith(fresh, await authorize(fresh, second), passkey)
  const tokens = await app.token(auroraWeb, redemption(second, back.url.searchParams.get('code')!))
  const told = payloadOf(tokens.body.id_token!)
  assert.deepEqual({ acr: told.acr, amr: told.amr }, { acr: 'phr', amr: ['mfa', 'swk', 'user'] })
})

test('MFA-23, MFA-24 a client that wants more gets one more proof on top of the session, and the tokens say so', async () => {
  const { who, secret } = await withApp()
  const browser = await signUp(app, somebody())
  const wanted = authorizationRequest(auroraWeb, { acr_values: 'mfa' })
  assert.equal(
    (await authorize(browser, wanted)).url.searchParams.get('error'),
    'unmet_authentication_requirements',
    'nothing to prove it with',
  )

  const { browser: signedIn, page } = await afterPassword(who)
  await signedIn.submit(page, { code: await nextCode(secret) })
  const passkeyWanted = await authorize(signedIn, authorizationRequest(auroraWeb, { acr_values: 'phr' }))
  assert.equal(passkeyWanted.url.searchParams.get('error'), 'unmet_authentication_requirements')
  const enough = await authorize(signedIn, authorizationRequest(auroraWeb, { acr_values: 'mfa', prompt: 'none' }))
  assert.ok(enough.url.searchParams.get('code'), 'the session has it')
})

test('MFA-24 a passkey on top of a password session is asked for alone, and the session has both', async () => {
  const who = somebody()
  const browser = await signUp(app, who)
  const passkey = await addPasskey(browser)
  const request = authorizationRequest(auroraWeb, { acr_values: 'phr' })

  const page = await authorize(browser, request)

  assert.equal(page.name, 'passkey', 'no password again')
  const landed = await answerWith(browser, page, passkey)
  const { body } = await app.token(auroraWeb, redemption(request, landed.url.searchParams.get('code')!))
  const { acr, amr } = payloadOf(body.id_token!)
  assert.equal(acr, 'phr')
  assert.deepEqual(amr, ['email', 'mfa', 'pwd', 'swk', 'user'])
})

test('SEC-53 a passkey’s answer counts once, in its own journey', async () => {
  const browser = await signUp(app, somebody())
  const passkey = await addPasskey(browser)
  const thief = new HttpBrowser(app.issuer)
  const first = await authorize(thief, authorizationRequest(auroraWeb))
  const stolen = JSON.stringify(passkey.get(optionsOn(first)))
  const victim = new HttpBrowser(app.issuer)
  const other = await authorize(victim, authorizationRequest(auroraWeb))

  assert.equal((await victim.submit(other, { passkey: stolen })).status, 422, 'another journey')
  const used = await thief.submit(first, { passkey: stolen })
  assert.ok(used.url.searchParams.get('code'))
  const again = await authorize(
    thief.copy(() => false),
    authorizationRequest(auroraWeb),
  )
  assert.equal((await new HttpBrowser(app.issuer).open(again.url)).name, 'error')
  const refused = await authorize(victim, authorizationRequest(auroraWeb))
  assert.equal((await victim.submit(refused, { passkey: '{"id":"x"}' })).status, 422)
  const stale = JSON.stringify(passkey.get(optionsOn(refused)))
  assert.equal((await victim.submit(refused, { passkey: stale })).status, 422, 'after an answer that was refused')
})

test('MFA-16, SEC-45 wrong codes are counted for the account, whatever journey they are typed in', async () => {
  const { who, secret } = await withApp()
  for (let tries = 0; tries < 5; tries++) {
    const { browser, page } = await afterPassword(who)
    assert.equal((await browser.submit(page, { code: '000000' })).status, 422, `try ${tries}`)
  }
  const { browser, page } = await afterPassword(who)
  const refused = await browser.submit(page, { code: await nextCode(secret) })

  assert.equal(refused.status, 429)
  assert.ok(Number(refused.headers.get('retry-after')) > 0)
  await app.advance(601)
  const { browser: later, page: again } = await afterPassword(who)
  assert.ok((await later.submit(again, { code: await nextCode(secret) })).url.searchParams.get('code'))
})

test('SEC-47, MFA-45 the password alone, or an old proof, changes nothing about how the account is proven', async () => {
  const { who, browser } = await withApp()
  await app.advance(301)
  for (const path of ['/totp', '/totp/remove', '/recovery-codes', '/password'])
    assert.equal((await browser.open(`${SECURITY}${path}`)).name, 'identify', `${path} asks for a fresh proof`)
  const page = await browser.open(SECURITY)
  const csrf = inputValue(page, 'csrf') ?? inputValue(await browser.open('/account/profile'), 'csrf')!
  for (const [path, fields] of [
    ['/totp/remove', {}],
    ['/recovery-codes', {}],
    ['/password', { password: 'a-better-battery-horse-7' }],
    ['/passkeys', { passkey: '{}', passkey_asked_at: '1' }],
    ['/passkeys/edit', { passkey: 'x', action: 'remove' }],
  ] as const)
    assert.equal((await browser.post(`${SECURITY}${path}`, { csrf, ...fields })).status, 401, path)
  assert.equal((await afterPassword(who)).page.name, 'totp', 'nothing changed')
})

test('MFA-31, MFA-40, SEC-51, SEC-61 recovery asks for the second factor, and no other way leads around it', async () => {
  const { who, codes } = await withApp()
  const browser = new HttpBrowser(app.issuer)
  let page = await browser.submit(await authorize(browser, authorizationRequest(auroraWeb)), { identifier: who.email })
  page = await browser.submit(page, {}, { name: 'action', value: 'forgot-password' })
  assert.equal(page.name, 'verify_email')
  assert.equal(
    (await browser.post(page.url, { csrf: inputValue(page, 'csrf')!, step: 'new_password', password: 'a-better-battery-horse-7' })).name,
    'verify_email',
    'SEC-61',
  )
  page = await browser.submit(page, { code: await codeFor(app, who.email) })
  assert.equal(page.name, 'totp')
  assert.equal(
    (await browser.post(page.url, { csrf: inputValue(page, 'csrf')!, step: 'new_password', password: 'a-better-battery-horse-7' })).name,
    'totp',
    'SEC-61',
  )

  page = await browser.submit(page, {}, { name: 'action', value: 'other-ways' })
  assert.equal(page.name, 'recovery_code')
  page = await browser.submit(page, { code: codes[0]! })
  assert.equal(page.name, 'recover')
  const landed = await browser.submit(page, { password: 'a-better-battery-horse-7' })
  assert.ok(landed.url.searchParams.get('code'))
  assert.equal((await afterPassword(who)).page.name, 'password', 'the old password is dead')
})

test('SEC-59 a code for a new password works once, and a newer one voids it', async () => {
  const who = somebody()
  await signUp(app, who)
  const browser = new HttpBrowser(app.issuer)
  let page = await browser.submit(await authorize(browser, authorizationRequest(auroraWeb)), { identifier: who.email })
  page = await browser.submit(page, {}, { name: 'action', value: 'forgot-password' })
  const first = await codeFor(app, who.email)
  page = await browser.submit(page, {}, { name: 'action', value: 'resend' })
  const second = await codeFor(app, who.email)
  if (first !== second) assert.equal((await browser.submit(page, { code: first })).status, 422, 'superseded')
  const twin = browser.copy()
  assert.equal((await browser.submit(page, { code: second })).name, 'recover')

  assert.equal(
    (await twin.post(page.url, { csrf: inputValue(page, 'csrf')!, step: 'verify_email', code: second })).name,
    'recover',
    'the same journey went on',
  )
  const other = new HttpBrowser(app.issuer)
  let elsewhere = await other.submit(await authorize(other, authorizationRequest(auroraWeb)), { identifier: who.email })
  elsewhere = await other.submit(elsewhere, {}, { name: 'action', value: 'forgot-password' })
  assert.equal((await other.submit(elsewhere, { code: second })).status, 422, 'MFA-46 another journey')
})

test('SEC-33 a new password ends every other session and its refresh tokens, and keeps this one', async () => {
  const who = somebody()
  const owner = await signUp(app, who)
  const elsewhere = await signIn(app, who)
  const request = authorizationRequest(auroraWeb)
  const { body } = await app.token(auroraWeb, redemption(request, await codeFrom(elsewhere, request)))
  const page = await owner.open(`${SECURITY}/password`)

  const done = await owner.submit(page, { password: 'a-better-battery-horse-7' })

  assert.equal(done.url.searchParams.get('status'), 'password_changed')
  assert.equal((await elsewhere.open('/account')).name, 'identify')
  assert.equal((await app.refresh(auroraWeb, body.refresh_token!)).status, 400)
  assert.equal((await owner.open('/account')).name, 'account')
  assert.match((await app.mailsTo(who.email))[0]!.subject, /password/)
})

test('SEC-35 somebody else’s passkey does not exist', async () => {
  const mine = await signUp(app, somebody())
  await addPasskey(mine)
  const listed = /name="passkey" value="([^"]+)"/.exec((await mine.open(SECURITY)).text)![1]!
  const stranger = await signUp(app, somebody())

  assert.equal((await stranger.open(`${SECURITY}/passkeys/edit?passkey=${listed}`)).status, 404)
})
