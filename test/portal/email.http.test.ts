import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { HttpBrowser, inputValue, type Shown } from '../harness/http-browser.ts'
import { codeFor } from '../harness/shopper.ts'
import { type Person, personsAt, SECURITY } from '../journeys/second-factor.ts'
import {
  authorizationRequest,
  authorize,
  codeFrom,
  signIn,
  signInFrom,
  signUp,
  signUpFrom,
  startProtocol,
  tokensFor,
} from '../oidc/protocol.ts'

const app = await startProtocol({ after })
const { auroraWeb, borealisWeb } = app.clients
const { somebody, addPasskey, withApp, nextCode } = personsAt(app)
const EMAIL = `${SECURITY}/email`
const NEW_PASSWORD = 'a-better-battery-horse-7'

let addresses = 0
const newAddress = (): string => `ada.new.${++addresses}@example.org`

/** As far as the page that asks for the code. */
async function askFor(browser: HttpBrowser, address: string): Promise<Shown> {
  const page = await browser.submit(await browser.open(EMAIL), { address })
  assert.match(page.text, /one-time-code/)
  return page
}

async function moveTo(browser: HttpBrowser, address: string): Promise<void> {
  const page = await askFor(browser, address)
  const done = await browser.submit(page, { code: await codeFor(app, address) })
  assert.equal(done.url.searchParams.get('status'), 'email_changed')
}

const linkTo = async (address: string, about: RegExp): Promise<string | undefined> =>
  (await app.mailsTo(address))
    .filter(({ subject }) => about.test(subject))
    .flatMap(({ links }) => links)
    .find((link) => link.includes('/account/undo'))

async function undoFrom(address: string): Promise<void> {
  const link = await linkTo(address, /email address .* was changed/)
  assert.ok(link, `a link in the mail to ${address}`)
  const anybody = new HttpBrowser(app.issuer)
  assert.equal((await anybody.submit(await anybody.open(link))).name, 'undone')
}

async function afterPassword(who: Person): Promise<Shown> {
  const browser = new HttpBrowser(app.issuer)
  return signInFrom(browser, await authorize(browser, authorizationRequest(auroraWeb)), who)
}

/** "Forgot your password?" and what the mailbox is told. */
async function forgot(address: string): Promise<{ browser: HttpBrowser; page: Shown; subject: string }> {
  const browser = new HttpBrowser(app.issuer)
  const page = await browser.submit(await authorize(browser, authorizationRequest(auroraWeb)), { identifier: address })
  const sent = await browser.submit(page, {}, { name: 'action', value: 'forgot-password' })
  assert.equal(sent.name, 'verify_email')
  return { browser, page: sent, subject: (await app.mailsTo(address))[0]!.subject }
}

test('SEC-63, MFA-44 a code from the new address changes it: both are told, other sessions end, brands read the new one, the old one finds nobody', async () => {
  const who = somebody()
  const browser = await signUp(app, who)
  const other = await signIn(app, who)
  const address = newAddress()

  await moveTo(browser, address)

  assert.match((await app.mailsTo(address))[0]!.subject, /email address .* was changed/)
  assert.ok(!(await linkTo(address, /./)), 'the new address cannot undo it')
  assert.ok(await linkTo(who.email, /email address .* was changed/), 'the old one can')
  assert.equal((await other.open('/account')).name, 'identify')
  const { access_token } = await tokensFor(app, browser, auroraWeb, { scope: 'openid email' })
  const { body } = await app.userinfo(access_token)
  assert.deepEqual([body.email, body.email_verified], [address, true])
  assert.equal((await afterPassword(who)).status, 422)
  await signIn(app, { ...who, email: address })
})

test('SEC-63, MFA-27, MFA-38 an old session, or one whose proof is weaker than the account’s best, changes no address', async () => {
  const { browser } = await withApp()
  assert.equal((await browser.open(EMAIL)).name, 'totp', 'the app was set up with the password alone')
  await app.advance(301)
  assert.equal((await browser.open(EMAIL)).name, 'identify')
  const csrf = inputValue(await browser.open('/account/profile'), 'csrf')!
  assert.equal((await browser.post(EMAIL, { csrf, address: newAddress() })).status, 401)
  assert.equal((await browser.post(EMAIL, { address: newAddress() })).status, 403, 'SEC-29')
})

test('SEC-63 an address that is somebody else’s: the page is the same, its owner is told, nothing is attached', async () => {
  const [ada, grace] = [somebody(), somebody()]
  await signUp(app, grace)
  const browser = await signUp(app, ada)
  const free = await askFor(browser, newAddress())
  await browser.submit(free, {}, { name: 'action', value: 'back' })

  const taken = await askFor(browser, grace.email)

  const said = (page: Shown, address: string) => page.text.replaceAll(address, '').replace(/nonce[^>]*|value="[^"]*"/g, '')
  assert.equal(said(taken, grace.email).length, said(await browser.open(EMAIL), grace.email).length)
  assert.equal(taken.status, free.status)
  const [mail] = await app.mailsTo(grace.email)
  assert.match(mail!.subject, /another account/)
  assert.doesNotMatch(mail!.text, /\d{6,}/)
  assert.equal((await browser.submit(taken, { code: '12345678' })).status, 422)
  assert.ok((await signIn(app, grace)) && (await signIn(app, ada)))
})

test('SEC-63 of two accounts that race for one address one gets it, and the other is as it was', async () => {
  const people = [somebody(), somebody()]
  const address = newAddress()
  const pages: { browser: HttpBrowser; page: Shown; code: string }[] = []
  for (const who of people) {
    const browser = await signUp(app, who)
    pages.push({ browser, page: await askFor(browser, address), code: await codeFor(app, address) })
  }

  const answers = await Promise.all(pages.map(({ browser, page, code }) => browser.submit(page, { code })))

  assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 422])
  const loser = people[answers.findIndex(({ status }) => status === 422)]!
  await signIn(app, loser)
  assert.equal((await app.mailsTo(loser.email)).filter(({ subject }) => /was changed/.test(subject)).length, 0)
})

test('MFA-46, SEC-59 the code counts once, in its own session; five wrong ones end it', async () => {
  const who = somebody()
  const browser = await signUp(app, who)
  const twin = browser.copy()
  const elsewhere = await signIn(app, who)
  const address = newAddress()
  const page = await askFor(browser, address)
  const code = await codeFor(app, address)
  const csrf = inputValue(await elsewhere.open(EMAIL), 'csrf')!
  assert.doesNotMatch((await elsewhere.post(EMAIL, { csrf, code })).text, /was changed/)
  const [first, second] = await Promise.all([browser.submit(page, { code }), twin.submit(page, { code })])
  assert.deepEqual(
    [first, second].map(({ url }) => url.searchParams.get('status')).filter((status) => status === 'email_changed').length,
    1,
  )
  const changed = await app.app.store.db
    .selectFrom('account_changes')
    .select('kind')
    .where('kind', '=', 'email_changed')
    .orderBy('at', 'desc')
    .execute()
  assert.ok(changed.length > 0)
  assert.equal((await app.mailsTo(address)).filter(({ subject }) => /was changed/.test(subject)).length, 1)

  const guessed = await askFor(browser, newAddress())
  for (let tries = 0; tries < 5; tries++) assert.equal((await browser.submit(guessed, { code: '00000000' })).status, 422)
  const right = await codeFor(app, `ada.new.${addresses}@example.org`)
  assert.equal((await browser.submit(guessed, { code: right })).status, 422)
})

test('MFA-44 from the old address it is undone although the new one is in force; the thief has nothing left, and the owner everything', async () => {
  const who = somebody()
  const thief = await signUp(app, who)
  const address = newAddress()
  await moveTo(thief, address)
  await thief.submit(await thief.open(`${SECURITY}/recovery-codes`))
  await addPasskey(thief)

  await undoFrom(who.email)

  assert.equal((await thief.open('/account')).name, 'identify')
  assert.match((await forgot(address)).subject, /no account/)
  const { browser, page } = await forgot(who.email)
  const chosen = await browser.submit(page, { code: await codeFor(app, who.email) })
  assert.equal(chosen.name, 'recover', 'no passkey is asked for')
  const back = await browser.submit(chosen, { password: NEW_PASSWORD })
  assert.ok(back.url.searchParams.get('code'))
  const { access_token } = await tokensFor(app, browser, auroraWeb, { scope: 'openid email' })
  assert.equal((await app.userinfo(access_token)).body.email, who.email)
  await codeFrom(browser, authorizationRequest(auroraWeb))
})

test('MFA-44 a later change is told to the old address too, and undone from it', async () => {
  const who = somebody()
  const thief = await signUp(app, who)
  await moveTo(thief, newAddress())
  await addPasskey(thief)

  assert.ok(await linkTo(who.email, /passkey was added/))
  assert.equal((await thief.open(EMAIL)).name, 'passkey', 'and the next one takes what the account can prove best by now')
  await undoFrom(who.email)
  assert.match((await forgot(who.email)).subject, /new password/)
})

test('MFA-32, MFA-18 for 72 hours the new mailbox alone chooses no password and signs nobody in; with another factor it does', async () => {
  const who = somebody()
  const thief = await signUp(app, who)
  const address = newAddress()
  await moveTo(thief, address)

  const { browser, page, subject } = await forgot(address)
  assert.match(subject, /has to wait/)
  assert.doesNotMatch((await app.mailsTo(address))[0]!.text, /(?<!\d)\d{6,8}(?!\d)/)
  assert.equal((await browser.submit(page, { code: '00000000' })).status, 422)
  await app.advance(72 * 3_600 + 1)
  const later = await forgot(address)
  assert.equal((await later.browser.submit(later.page, { code: await codeFor(app, address) })).name, 'recover')

  const two = await withApp()
  await two.browser.submit(await two.browser.open(EMAIL), { code: await nextCode(two.secret) })
  const other = newAddress()
  await moveTo(two.browser, other)
  const third = await forgot(other)
  assert.equal((await third.browser.submit(third.page, { code: await codeFor(app, other) })).name, 'totp')
})

test('SEC-63 while the change can be undone nobody else gets the old address, and after that anybody', async () => {
  const who = somebody()
  const owner = await signUp(app, who)
  await moveTo(owner, newAddress())
  const stranger = new HttpBrowser(app.issuer)
  const start = await authorize(stranger, authorizationRequest(auroraWeb))
  const page = await stranger.submit(await stranger.submit(start, {}, { name: 'action', value: 'sign-up' }), { email: who.email })
  assert.equal(page.name, 'verify_email')
  assert.match((await app.mailsTo(who.email))[0]!.subject, /already have an account/)
  const mover = await signUp(app, somebody())
  await askFor(mover, who.email)
  assert.match((await app.mailsTo(who.email))[0]!.subject, /another account/)

  await app.advance(72 * 3_600 + 1)

  const fresh = new HttpBrowser(app.issuer)
  const landed = await signUpFrom(app, fresh, await authorize(fresh, authorizationRequest(borealisWeb)), who)
  assert.ok(landed.url.searchParams.get('code') ?? landed.name === 'confirm', landed.name)
})

test('SEC-63 an address can be changed back at once, and the first owner’s link still works', async () => {
  const who = somebody()
  const browser = await signUp(app, who)
  const address = newAddress()
  await moveTo(browser, address)
  const link = await linkTo(who.email, /email address .* was changed/)
  await moveTo(browser, who.email)
  await signIn(app, who)
  const anybody = new HttpBrowser(app.issuer)

  assert.equal((await anybody.submit(await anybody.open(link!))).name, 'undone')

  assert.match((await forgot(who.email)).subject, /code to choose a new password/)
  assert.match((await forgot(address)).subject, /no account/)
})

test('MFA-44 whoever changes the address first deletes nothing and takes nothing along that the old address is not told of', async () => {
  const ada = somebody()
  const browser = await signUp(app, ada)
  const address = newAddress()
  await moveTo(browser, address)

  await browser.submit(await browser.open('/account/privacy/export'))
  await app.app.idle()
  await browser.submit(await browser.open('/account/privacy/delete'))

  for (const to of [ada.email, address]) {
    const subjects = (await app.mailsTo(to)).map(({ subject }) => subject)
    assert.ok(
      subjects.some((subject) => /will be deleted/.test(subject)),
      `${to}: ${subjects}`,
    )
    assert.ok(
      subjects.some((subject) => /data|download|file/i.test(subject)),
      `${to}: ${subjects}`,
    )
  }
})
