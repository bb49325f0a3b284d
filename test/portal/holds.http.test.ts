import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { HttpBrowser, inputValue, type Shown } from '../harness/http-browser.ts'
import { codeFor } from '../harness/shopper.ts'
import { type Person, personsAt, SECURITY } from '../journeys/second-factor.ts'
import { authorizationRequest, authorize, signInFrom, signUp, startProtocol } from '../oidc/protocol.ts'

const app = await startProtocol({ after })
const { auroraWeb } = app.clients
const { somebody, withApp, addPasskey, nextCode, answerWith } = personsAt(app)

/** A browser that is signed in with the password and a code from paper. */
async function withRecoveryCode(who: Person, code: string): Promise<HttpBrowser> {
  const browser = new HttpBrowser(app.issuer)
  let page: Shown = await signInFrom(browser, await authorize(browser, authorizationRequest(auroraWeb)), who)
  page = await browser.submit(page, {}, { name: 'action', value: 'other-ways' })
  if (page.name === 'other_ways') page = await browser.submit(page, {}, { name: 'action', value: 'use recovery_code' })
  const landed = await browser.submit(page, { code })
  assert.ok(landed.url.searchParams.get('code'), `signed in (${landed.name})`)
  return browser
}

test('MFA-19, MFA-33, MFA-35 a recovery code lets in, and for a day nothing about the sign-in can be changed with it', async () => {
  const { who, codes, secret } = await withApp()
  const thief = await withRecoveryCode(who, codes[0]!)

  for (const path of ['/totp', '/totp/remove', '/recovery-codes', '/password']) {
    const held = await thief.open(`${SECURITY}${path}`)
    assert.deepEqual([held.status, held.name], [403, 'account.security.held'], path)
  }
  const csrf = inputValue(await thief.open('/account/profile'), 'csrf')!
  for (const [path, fields] of [
    ['/totp/remove', {}],
    ['/recovery-codes', {}],
    ['/password', { password: 'a-better-battery-horse-7' }],
    ['/passkeys', { passkey: '{}', passkey_asked_at: '1' }],
  ] as const)
    assert.equal((await thief.post(`${SECURITY}${path}`, { csrf, ...fields })).name, 'account.security.held', path)
  const told = (await app.mailsTo(who.email)).find(({ subject }) => /recovery code .* was used/.test(subject))
  assert.ok(
    told?.links.some((link) => link.includes('/account/undo')),
    'the owner can say no',
  )

  await app.advance(24 * 3_600 + 1)
  const later = new HttpBrowser(app.issuer)
  const page = await signInFrom(later, await authorize(later, authorizationRequest(auroraWeb)), who)
  await later.submit(page, { code: await nextCode(secret) })
  assert.equal((await later.open(`${SECURITY}/totp/remove`)).name, 'account.confirm')
})

test('MFA-44 "this was not me" about a recovery code makes the whole paper and the password void', async () => {
  const { who, codes } = await withApp()
  const thief = await withRecoveryCode(who, codes[0]!)
  const [mail] = (await app.mailsTo(who.email)).filter(({ subject }) => /recovery code .* was used/.test(subject))
  const owner = new HttpBrowser(app.issuer)
  const page = await owner.open(mail!.links.find((link) => link.includes('/account/undo'))!)

  assert.equal((await owner.submit(page)).name, 'undone')

  assert.equal((await thief.open('/account')).name, 'identify')
  const again = new HttpBrowser(app.issuer)
  assert.equal((await signInFrom(again, await authorize(again, authorizationRequest(auroraWeb)), who)).status, 422)
})

test('MFA-19 a passkey that confirms lifts the hold for who has it; one who only has the code is told how', async () => {
  const { who, browser: owner, secret, codes } = await withApp()
  const prove = await owner.open(`${SECURITY}?prove=1`)
  await owner.submit(prove, { code: await nextCode(secret) })
  const passkey = await addPasskey(owner)
  const browser = await withRecoveryCode(who, codes[0]!)
  const held = await browser.open(`${SECURITY}/totp/remove`)
  assert.equal(held.name, 'account.security.held')
  assert.match(held.text, /data-action="use-passkey"/)

  const ask = await browser.open(`${SECURITY}?prove=passkey`)
  assert.equal(ask.name, 'passkey')
  await answerWith(browser, ask, passkey)

  assert.equal((await browser.open(`${SECURITY}/totp/remove`)).name, 'account.confirm')
})

/** "Forgot your password?", from a browser nobody knows. */
async function forgot(email: string): Promise<{ browser: HttpBrowser; page: Shown }> {
  const browser = new HttpBrowser(app.issuer)
  const page = await browser.submit(await authorize(browser, authorizationRequest(auroraWeb)), { identifier: email })
  return { browser, page: await browser.submit(page, {}, { name: 'action', value: 'forgot-password' }) }
}

const codesTo = async (email: string): Promise<number> =>
  (await app.mailsTo(email)).filter(({ subject }) => /code to choose/.test(subject)).length

test('MFA-21, MFA-43 after three codes that nobody used the owner gets a notice and no code for an hour; the page says nothing of it', async () => {
  const who = somebody()
  await signUp(app, who)
  const pages: Shown[] = []
  for (let asked = 0; asked < 6; asked++) pages.push((await forgot(who.email)).page)

  assert.deepEqual([...new Set(pages.map(({ status, name }) => `${status} ${name}`))], ['200 verify_email'])
  assert.equal(await codesTo(who.email), 3)
  const notices = (await app.mailsTo(who.email)).filter(({ subject }) => /stopped sending codes/.test(subject))
  assert.equal(notices.length, 1)
  assert.doesNotMatch(notices[0]!.text, /(?<!\d)\d{6,8}(?!\d)/)
  assert.equal((await forgot('nobody@example.com')).page.text.length, pages[5]!.text.replaceAll(who.email, 'nobody@example.com').length)

  await app.advance(3_601)
  await forgot(who.email)
  assert.equal(await codesTo(who.email), 4)
})

test('MFA-21 a code that is used was asked for by its owner: the next three are sent again', async () => {
  const who = somebody()
  await signUp(app, who)
  await forgot(who.email)
  await forgot(who.email)
  const third = await forgot(who.email)
  assert.equal((await third.browser.submit(third.page, { code: await codeFor(app, who.email) })).name, 'recover')

  for (let asked = 0; asked < 3; asked++) await forgot(who.email)

  assert.equal(await codesTo(who.email), 6)
})
