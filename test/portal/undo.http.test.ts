import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { HttpBrowser, inputValue, type Shown } from '../harness/http-browser.ts'
import { codeFor } from '../harness/shopper.ts'
import { type Person, personsAt, SECURITY } from '../journeys/second-factor.ts'
import { authorizationRequest, authorize, signIn, signInFrom, signUp, startProtocol, tokensFor } from '../oidc/protocol.ts'

const app = await startProtocol({ after })
const { auroraWeb } = app.clients
const { somebody, addPasskey, withApp, nextCode, answerWith } = personsAt(app)
const NEW_PASSWORD = 'a-better-battery-horse-7'

/** The link in the newest mail that has one. */
async function undoLink(who: Person): Promise<string> {
  const links = (await app.mailsTo(who.email)).flatMap((mail) => mail.links)
  const link = links.find((each) => each.includes('/account/undo'))
  assert.ok(link, 'a link to undo')
  return link
}

/** Somebody who is signed in nowhere says that it was not them. */
async function undoByLink(link: string): Promise<Shown> {
  const anybody = new HttpBrowser(app.issuer)
  return anybody.submit(await anybody.open(link))
}

async function afterPassword(who: Person): Promise<Shown> {
  const browser = new HttpBrowser(app.issuer)
  return signInFrom(browser, await authorize(browser, authorizationRequest(auroraWeb)), who)
}

/** A new password by mail, as far as the mailbox alone leads. */
async function recover(who: Person): Promise<{ browser: HttpBrowser; page: Shown }> {
  const browser = new HttpBrowser(app.issuer)
  const page = await browser.submit(await authorize(browser, authorizationRequest(auroraWeb)), { identifier: who.email })
  const sent = await browser.submit(page, {}, { name: 'action', value: 'forgot-password' })
  return { browser, page: await browser.submit(sent, { code: await codeFor(app, who.email) }) }
}

async function removeTotp(browser: HttpBrowser, secret: string): Promise<void> {
  const question = await browser.submit(await browser.open(`${SECURITY}/totp/remove`), { code: await nextCode(secret) })
  assert.equal((await browser.submit(question)).url.searchParams.get('status'), 'totp_removed')
}

test('MFA-44, SEC-60 the link does nothing when a mail scanner follows it, and is good for one who is signed in nowhere', async () => {
  const { who, browser, secret } = await withApp()
  await removeTotp(browser, secret)
  const link = await undoLink(who)
  const scanner = new HttpBrowser(app.issuer)

  for (const method of ['HEAD', 'GET', 'GET']) assert.equal((await scanner.step(link, { method })).status, 200)
  assert.equal(scanner.cookies.length, 0, 'nobody is signed in by it')
  const page = await scanner.open(link)
  assert.match(page.text, /The app was removed/)
  assert.equal((await undoByLink(link)).name, 'undone')

  assert.equal((await browser.open('/account')).name, 'identify', 'everybody is signed out')
  const { browser: owner, page: proof } = await recover(who)
  assert.equal(proof.name, 'totp', 'the app is asked for again')
  const chosen = await owner.submit(proof, { code: await nextCode(secret) })
  assert.ok((await owner.submit(chosen, { password: NEW_PASSWORD })).url.searchParams.get('code'))
})

test('MFA-44 whoever added a passkey loses it, their session, tokens and the sign-in they were at', async () => {
  const who = somebody()
  const thief = await signUp(app, who)
  const passkey = await addPasskey(thief)
  const { refresh_token } = await tokensFor(app, thief, auroraWeb)
  const link = await undoLink(who)
  const halfway = new HttpBrowser(app.issuer)
  const atConfirm = await answerWith(halfway, await authorize(halfway, authorizationRequest(app.clients.parcellyWeb)), passkey)
  assert.equal(atConfirm.name, 'confirm')

  assert.equal((await undoByLink(link)).name, 'undone')

  assert.equal((await app.refresh(auroraWeb, refresh_token!)).body.error, 'invalid_grant')
  assert.equal((await halfway.submit(atConfirm)).name, 'identify', 'proven before, void now')
  const again = new HttpBrowser(app.issuer)
  assert.equal((await answerWith(again, await authorize(again, authorizationRequest(auroraWeb)), passkey)).status, 422)
  assert.equal((await afterPassword(who)).status, 422, 'nor does the password work that let them in')
  assert.equal((await recover(who)).page.name, 'recover')
})

test('MFA-44 a changed password is unusable after the undo, and so is the one before; the mailbox leads back in', async () => {
  const who = somebody()
  const thief = await signUp(app, who)
  await thief.submit(await thief.open(`${SECURITY}/password`), { password: NEW_PASSWORD })

  assert.equal((await undoByLink(await undoLink(who))).name, 'undone')

  for (const password of [NEW_PASSWORD, who.password]) assert.equal((await afterPassword({ ...who, password })).status, 422)
  const { browser, page } = await recover(who)
  assert.ok((await browser.submit(page, { password: 'third-time-lucky-5' })).url.searchParams.get('code'))
})

test('MFA-44 a recovery that is under way when something is undone ends nowhere: what was proven before is void', async () => {
  const who = somebody()
  const owner = await signUp(app, who)
  await addPasskey(owner)
  const link = await undoLink(who)
  const thief = await recover(who)
  assert.equal(thief.page.name, 'passkey')
  const plain = somebody()
  const plainOwner = await signUp(app, plain)
  await plainOwner.submit(await plainOwner.open(`${SECURITY}/password`), { password: NEW_PASSWORD })
  const plainLink = await undoLink(plain)
  const atPassword = await recover(plain)
  assert.equal(atPassword.page.name, 'recover')

  await undoByLink(link)
  await undoByLink(plainLink)

  assert.equal((await thief.browser.open(thief.page.url)).name, 'identify')
  assert.equal((await atPassword.browser.submit(atPassword.page, { password: 'the-thief-chooses-1' })).name, 'identify')
  assert.equal((await afterPassword({ ...plain, password: 'the-thief-chooses-1' })).status, 422)
})

test('MFA-44, SEC-46 a link works once, for 72 hours, from its own page', async () => {
  const who = somebody()
  const thief = await signUp(app, who)
  await addPasskey(thief)
  const link = await undoLink(who)
  const pages = await Promise.all(
    Array.from({ length: 10 }, async () => {
      const browser = new HttpBrowser(app.issuer)
      return { browser, page: await browser.open(link) }
    }),
  )
  const { browser, page } = pages[0]!
  const token = inputValue(page, 'token')!
  assert.equal((await browser.post('/account/undo', { token })).status, 403, 'no proof that it is our page')
  assert.equal((await browser.post('/account/undo', { token: `${token}x`, csrf: inputValue(page, 'csrf')! })).status, 403)

  const answers = await Promise.all(pages.map((each) => each.browser.submit(each.page)))

  assert.deepEqual(answers.map(({ status }) => status).sort(), [200, ...Array.from({ length: 9 }, () => 410)])
  assert.equal((await browser.open(link)).status, 410)
  const undone = (await app.mailsTo(who.email)).filter(({ subject }) => /were undone/.test(subject))
  assert.equal(undone.length, 1)

  const other = somebody()
  await addPasskey(await signUp(app, other))
  const late = await undoLink(other)
  await app.advance(72 * 3_600 + 1)
  assert.equal((await browser.open(late)).status, 410)
})

test('MFA-44 for 72 hours after an undo nothing can be changed; a passkey that was there before lifts that', async () => {
  const who = somebody()
  const owner = await signUp(app, who)
  const passkey = await addPasskey(owner)
  const first = await undoLink(who)
  const codes = await owner.open(`${SECURITY}/recovery-codes`)
  const proven = await answerWith(owner, codes, passkey)
  await owner.submit(proven)
  const link = await undoLink(who)
  assert.notEqual(first, link)
  await undoByLink(link)

  const back = new HttpBrowser(app.issuer)
  await answerWith(back, await authorize(back, authorizationRequest(auroraWeb)), passkey)
  const codesAgain = await back.open(`${SECURITY}/recovery-codes`)
  assert.equal(codesAgain.name, 'account.confirm', 'the passkey was used after the undo')

  const plain = somebody()
  const thief = await signUp(app, plain)
  await thief.submit(await thief.open(`${SECURITY}/password`), { password: NEW_PASSWORD })
  await undoByLink(await undoLink(plain))
  const { browser, page } = await recover(plain)
  await browser.submit(page, { password: 'third-time-lucky-5' })
  for (const path of ['/totp', '/recovery-codes', '/password']) {
    const held = await browser.open(`${SECURITY}${path}`)
    assert.deepEqual([held.status, held.name], [403, 'account.security.held'], path)
    assert.ok(!held.text.includes('data-action="use-passkey"'), 'there is none')
  }
  const csrf = inputValue(await browser.open(SECURITY), 'csrf')!
  assert.equal((await browser.post(`${SECURITY}/recovery-codes`, { csrf })).name, 'account.security.held')
  await app.advance(72 * 3_600 + 1)
  const later = await signIn(app, { ...plain, password: 'third-time-lucky-5' })
  assert.equal((await later.open(`${SECURITY}/recovery-codes`)).name, 'account.confirm')
})

test('MFA-44 the signed-in owner sees what was changed and undoes it after a fresh proof; nobody else’s change exists', async () => {
  const who = somebody()
  const owner = await signUp(app, who)
  await owner.submit(await owner.open(`${SECURITY}/recovery-codes`))
  const list = await owner.open(SECURITY)
  assert.match(list.text, /data-change="recovery_codes_made"/)
  assert.match(list.text, /data-action="undo-change"/)
  const stranger = await signUp(app, somebody())
  const question = await stranger.open(`${SECURITY}/undo?change=1`)
  assert.equal((await stranger.submit(question)).status, 404)

  const undone = await owner.submit(await owner.open(`${SECURITY}/undo?change=1`))

  assert.equal(undone.url.searchParams.get('status'), 'undone')
  assert.match(undone.text, /Make recovery codes/)
  assert.ok((await signIn(app, who)).cookies.length > 0, 'the password was not changed, so it stays')
  await app.advance(301)
  assert.equal((await owner.open(`${SECURITY}/undo?change=1`)).name, 'account.security.held')
})
