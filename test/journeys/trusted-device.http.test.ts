import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { HttpBrowser, type Shown } from '../harness/http-browser.ts'
import { codeFor } from '../harness/shopper.ts'
import { authorizationRequest, authorize, payloadOf, redemption, signInFrom, signOut, startProtocol } from '../oidc/protocol.ts'
import { type Person, personsAt, SECURITY } from './second-factor.ts'

const app = await startProtocol({ after })
const { auroraWeb } = app.clients
const { nextCode, withApp } = personsAt(app)

const codeIn = (page: Shown): string | null => page.url.searchParams.get('code')

/** From no session to the page after the password. */
async function afterPassword(browser: HttpBrowser, who: Person, extra: Record<string, string> = {}) {
  const request = authorizationRequest(auroraWeb, extra)
  return { request, page: await signInFrom(browser, await authorize(browser, request), who) }
}

/** Somebody with an app, and a browser that they trust and are signed out of. */
async function trusting() {
  const { who, secret, browser: owner } = await withApp()
  const browser = new HttpBrowser(app.issuer)
  const { page } = await afterPassword(browser, who)
  assert.match(page.text, /name="trust_device"/)
  assert.doesNotMatch(page.text, /name="trust_device"[^>]* checked/, 'the box is not ticked')
  assert.ok(codeIn(await browser.submit(page, { code: await nextCode(secret), trust_device: 'yes' })))
  await signOut(browser)
  return { who, secret, browser, owner }
}

const isTicket = ({ name }: { name: string }) => name.startsWith('atrium_trust_')

/** Whether the password alone signs in. */
async function isSpared(browser: HttpBrowser, who: Person): Promise<boolean> {
  const { page } = await afterPassword(browser, who)
  if (codeIn(page)) await signOut(browser)
  else assert.equal(page.name, 'totp')
  return codeIn(page) !== null
}

test('MFA-20, MFA-22 a trusted browser is not asked for the code for 30 days, and the sign-in stays what it was: a password', async () => {
  const { who, browser } = await trusting()
  assert.match((await app.mailsTo(who.email))[0]!.subject, /second step/)

  const { request, page } = await afterPassword(browser, who)

  const { body } = await app.token(auroraWeb, redemption(request, codeIn(page)!))
  const { acr, amr } = payloadOf(body.id_token!)
  assert.deepEqual({ acr, amr }, { acr: 'password', amr: ['pwd'] })
  await signOut(browser)
  assert.ok(await isSpared(browser, who), 'again')
  assert.equal(await isSpared(new HttpBrowser(app.issuer), who), false, 'another browser')
  await app.advance(30 * 86_400)
  assert.equal(await isSpared(browser, who), false, 'after 30 days')
})

test('MFA-20, MFA-41 trust skips no level that a client asks for, no fresh proof, no recovery and no code by mail', async () => {
  const { who, secret, browser } = await trusting()
  const demanded = await afterPassword(browser, who, { acr_values: 'mfa' })
  assert.equal(demanded.page.name, 'totp')
  assert.doesNotMatch(demanded.page.text, /trust_device/, 'nor does that page offer it')
  const { page } = await afterPassword(browser, who)
  assert.ok(codeIn(page))
  assert.equal((await afterPassword(browser, who, { prompt: 'login' })).page.name, 'totp', 'a fresh proof of who is signed in')
  const change = await browser.open(`${SECURITY}/password`)
  assert.equal(change.name, 'totp', 'a sensitive action')
  assert.equal((await browser.submit(change, { code: await nextCode(secret) })).name, 'account.security.password')
  await signOut(browser)

  for (const action of ['email-code', 'forgot-password']) {
    const asked = await browser.submit(await authorize(browser, authorizationRequest(auroraWeb)), { identifier: who.email })
    const typed = await browser.submit(asked, {}, { name: 'action', value: action })
    assert.equal((await browser.submit(typed, { code: await codeFor(app, who.email) })).name, 'totp', action)
  }
})

test('SEC-48 a ticket is good for one account in one browser; copied alone, or to another account, it is void', async () => {
  const { who, browser } = await trusting()
  const { who: other, browser: theirs } = await trusting()
  const thief = browser.copy(isTicket)
  assert.equal(await isSpared(thief, who), false, 'without the browser’s own cookie')
  const stranger = theirs.copy(({ name }) => !name.startsWith('atrium_trust_'))
  for (const cookie of browser.cookies.filter(isTicket)) {
    const [own] = theirs.cookies.filter(isTicket)
    stranger.put({ ...cookie, name: own!.name })
  }
  assert.equal(await isSpared(stranger, other), false, 'somebody else’s')
  const forged = browser.copy()
  const [ticket] = forged.cookies.filter(isTicket)
  forged.put({ ...ticket!, value: `${ticket!.value.split('.')[0]}.${'A'.repeat(43)}` })
  assert.equal(await isSpared(forged, who), false, 'with a secret that was made up')
})

test('SEC-48 a copy of the whole browser shows itself: whoever comes second is asked, nobody is trusted any more, and the owner is told', async () => {
  const { who, browser } = await trusting()
  const thief = browser.copy()
  assert.ok(await isSpared(thief, who))
  assert.ok(await isSpared(thief, who))
  await app.advance(61)

  assert.equal(await isSpared(browser, who), false)

  assert.match((await app.mailsTo(who.email))[0]!.subject, /look at the devices/)
  assert.equal(await isSpared(thief, who), false)
})

test('MFA-20 two tabs of one browser at the same moment are no copy', async () => {
  const { who, browser } = await trusting()
  const [one, two] = [browser.copy(), browser.copy()]
  const pages: Shown[] = []
  for (const tab of [one, two]) {
    const start = await authorize(tab, authorizationRequest(auroraWeb))
    pages.push(await tab.submit(start, { identifier: who.email }))
  }

  const landed = await Promise.all([one, two].map((tab, i) => tab.submit(pages[i]!, { password: who.password })))

  assert.ok(landed.every((page) => codeIn(page)))
})

test('MFA-20, SEC-48 trust ends with a change of password or authenticator, when all other devices are signed out, and by its owner’s hand', async () => {
  const ends: Record<string, (owner: HttpBrowser, secret: string) => Promise<unknown>> = {
    'a new password': async (owner, secret) => {
      const page = await fresh(owner, `${SECURITY}/password`, secret)
      return owner.submit(page, { password: 'a-better-battery-horse-7' })
    },
    'new recovery codes': async (owner, secret) => owner.submit(await fresh(owner, `${SECURITY}/recovery-codes`, secret), {}),
    'all other devices signed out': async (owner) => owner.submit(await owner.open('/account/sessions/end-others'), {}),
    'one device forgotten': async (owner) => {
      const listed = await owner.open('/account/sessions')
      const [, id] = /data-trusted="([^"]+)"/.exec(listed.text)!
      const done = await owner.submit(await owner.open(`/account/sessions/forget-device?device=${id}`), {})
      assert.doesNotMatch(done.text, /data-trusted/)
    },
  }
  const fresh = async (owner: HttpBrowser, path: string, secret: string): Promise<Shown> => {
    const page = await owner.open(path)
    return page.name === 'totp' ? owner.submit(page, { code: await nextCode(secret) }) : page
  }
  for (const [what, end] of Object.entries(ends)) {
    const { who, secret, browser, owner } = await trusting()
    await end(owner, secret)
    const now = { ...who, password: what === 'a new password' ? 'a-better-battery-horse-7' : who.password }
    assert.equal(await isSpared(browser, now), false, what)
  }
})

test('SEC-35 somebody else’s trusted device does not exist', async () => {
  const { owner } = await trusting()
  const { owner: stranger } = await trusting()
  const [, id] = /data-trusted="([^"]+)"/.exec((await owner.open('/account/sessions')).text)!

  assert.equal((await stranger.open(`/account/sessions/forget-device?device=${id}`)).status, 404)
  const mine = await stranger.open('/account/sessions/end-others')
  const csrf = /name="csrf" value="([^"]+)"/.exec(mine.text)![1]!
  assert.equal((await stranger.post('/account/sessions/forget-device', { csrf, device: id! })).status, 404)
  assert.match((await owner.open('/account/sessions')).text, new RegExp(id!))
})
