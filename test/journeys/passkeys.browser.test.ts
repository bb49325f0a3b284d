import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { generateSync } from 'otplib'
import type { BrowserContext, Page } from 'playwright-core'
import { startTestApp } from '../harness/app.ts'
import { launchChromium, openPage, pressPrimary } from '../harness/browser.ts'
import { claimsAt, codeFor, pageName, signIn, signUp } from '../harness/shopper.ts'
import { openWithAuthenticator, type VirtualOptions } from '../harness/virtual-authenticator.ts'

const app = await startTestApp({ after }, { demoSites: true })
const browser = await launchChromium({ after })
const aurora = `http://localhost:${app.ports.aurora}/`
const borealis = `http://localhost:${app.ports.borealis}/`
const security = `${app.issuer}/account/security`

const withAuthenticator = (options?: VirtualOptions) => openWithAuthenticator(browser, options)

let people = 0
const somebody = () => ({ email: `passkey.${++people}@example.com`, name: 'Ada Lovelace', password: 'correct-horse-battery-9' })

async function forgetSession(context: BrowserContext): Promise<void> {
  await context.clearCookies()
}

/** The security page, after the proof it may ask for. */
async function openSecurity(page: Page): Promise<void> {
  await page.goto(security)
  assert.equal(await pageName(page), 'account.security')
}

async function addPasskey(page: Page): Promise<void> {
  await openSecurity(page)
  await Promise.all([page.waitForURL(/status=passkey_added/), page.click('[data-action=add-passkey]')])
  assert.equal(await page.locator('[role=status]').count(), 1)
}

test('a shopper with a password adds a passkey, and signs in with it at both brands, without typing anything', async () => {
  const who = somebody()
  const { page, context, credentials, touches } = await withAuthenticator()
  await signUp(app, page, app.ports.aurora, who)
  await addPasskey(page)
  assert.equal(await credentials(), 1)
  assert.match((await app.mailsTo(who.email))[0]!.subject, /passkey was added/)
  await forgetSession(context)

  await touches(false)
  await page.goto(aurora)
  await page.click('[data-action=sign-in]')
  assert.equal(await pageName(page), 'identify')
  await touches(true)
  await page.click('[data-action=use-passkey]')
  await page.waitForSelector('pre[data-claims]')
  assert.equal((await claimsAt(page)).email, who.email)
  await forgetSession(context)
  await page.goto(borealis)
  await page.click('[data-action=sign-in]')
  await page.waitForSelector('[data-page=confirm]') // picked in the address field
  await pressPrimary(page)
  await page.waitForSelector('pre[data-claims]')
  assert.equal((await claimsAt(page)).email, who.email)
})

test('MFA-9 the passkey is offered in the address field: picking it there is the whole sign-in', async () => {
  const who = somebody()
  const { page, context } = await withAuthenticator()
  await signUp(app, page, app.ports.aurora, who)
  await addPasskey(page)
  await forgetSession(context)

  await page.goto(aurora)
  await page.click('[data-action=sign-in]')

  await page.waitForSelector('pre[data-claims]') // the virtual authenticator picks by itself
  assert.equal((await claimsAt(page)).email, who.email)
})

test('MFA-2, MFA-44 what is changed about an account is mailed to its owner; a passkey is renamed and removed', async () => {
  const who = somebody()
  const { page } = await withAuthenticator({ isSynced: true })
  await signUp(app, page, app.ports.aurora, who)
  await addPasskey(page)
  await page.click('[data-action=edit-passkey]')
  await page.click('[data-action=use-passkey]') // MFA-27 from now on a change takes the passkey
  await page.waitForSelector('[data-action=remove-passkey]')
  await page.fill('[name=name]', 'Blue phone')
  await pressPrimary(page)
  assert.match(await page.locator('[data-passkey-id]').innerText(), /Blue phone/)
  await page.click('[data-action=edit-passkey]')
  await page.click('[data-action=remove-passkey]')
  await page.waitForURL(/status=passkey_removed/)

  assert.equal(await page.locator('[data-passkey-id]').count(), 0)
  assert.match((await app.mailsTo(who.email))[0]!.subject, /passkey was removed/)
})

test('MFA-27, MFA-45 what an account has is changed only after a fresh proof as strong as its strongest', async () => {
  const who = somebody()
  const { page, context, touches } = await withAuthenticator()
  await signUp(app, page, app.ports.aurora, who)
  await addPasskey(page)
  await forgetSession(context)
  await touches(false)
  await page.goto(security)
  await signIn(page, who)
  assert.equal(await pageName(page), 'account.security', 'a password opens the page')

  await page.goto(`${security}/totp`)

  assert.equal(await pageName(page), 'passkey', 'and a passkey what changes it')
  await touches(true)
  await page.click('[data-action=use-passkey]')
  await page.waitForURL(/security\/totp$/)
  assert.equal(await pageName(page), 'account.security.totp')
})

test('an authenticator app: set up, asked for after the password, and a code works once', async () => {
  const who = somebody()
  const { page, context } = await openPage(browser)
  await signUp(app, page, app.ports.aurora, who)
  await openSecurity(page)
  await page.click('[data-action=add-totp]')
  const secret = (await page.locator('code.secret').innerText()).replaceAll(' ', '')
  const now = async () => Date.parse(((await (await fetch(`${app.issuer}/dev/clock`)).json()) as { now: string }).now) / 1000
  const code = async () => generateSync({ secret, epoch: Math.floor(await now()) })
  await page.fill('[autocomplete=one-time-code]', '000000')
  await pressPrimary(page)
  assert.equal(await page.locator('[role=alert]').count(), 1)
  await page.fill('[autocomplete=one-time-code]', await code())
  await pressPrimary(page)
  await page.waitForSelector('ol.codes')
  assert.match((await app.mailsTo(who.email))[0]!.subject, /app was set up/)
  const [paper] = await page.locator('ol.codes code').allInnerTexts()
  await forgetSession(context)
  await app.advance(60)

  await page.goto(aurora)
  await page.click('[data-action=sign-in]')
  await signIn(page, who)
  assert.equal(await pageName(page), 'totp')
  const used = await code()
  await page.fill('[autocomplete=one-time-code]', used)
  await pressPrimary(page)
  await page.waitForSelector('pre[data-claims]')
  await forgetSession(context)
  await page.goto(aurora)
  await page.click('[data-action=sign-in]')
  await signIn(page, who)
  await page.fill('[autocomplete=one-time-code]', used)
  await pressPrimary(page)
  assert.equal(await page.locator('[role=alert]').count(), 1, 'SEC-44 the same code again')
  await page.click('[data-action=other-ways]')
  assert.equal(await pageName(page), 'recovery_code')
  await page.fill('[name=code]', paper!)
  await pressPrimary(page)
  await page.waitForSelector('pre[data-claims]')
  assert.match((await app.mailsTo(who.email))[0]!.subject, /recovery code/)
})

test('MFA-31 a forgotten password: a code by mail, the app’s code, a new password; the old one is dead and so is every other session', async () => {
  const who = somebody()
  const other = await openPage(browser)
  await signUp(app, other.page, app.ports.aurora, who)
  const { page } = await openPage(browser)
  await page.goto(aurora)
  await page.click('[data-action=sign-in]')
  await page.fill('[autocomplete^=username]', who.email)
  await pressPrimary(page)
  await Promise.all([page.waitForEvent('load'), page.click('[data-action=forgot-password]')])
  assert.equal(await pageName(page), 'verify_email')
  await page.fill('[autocomplete=one-time-code]', await codeFor(app, who.email))
  await pressPrimary(page)
  assert.equal(await pageName(page), 'recover')
  await page.fill('[autocomplete=new-password]', 'a-better-battery-horse-7')
  await pressPrimary(page)
  await page.waitForSelector('pre[data-claims]')

  await other.page.goto(`${app.issuer}/account`)
  assert.equal(await pageName(other.page), 'identify')
  await signIn(other.page, who)
  assert.equal(await pageName(other.page), 'password')
  await other.page.fill('[autocomplete=current-password]', 'a-better-battery-horse-7')
  await pressPrimary(other.page)
  assert.equal(await pageName(other.page), 'account')
})

test('a password manager finds the page for a new password, and browsers the brands that passkeys are related to', async () => {
  const change = await fetch(`${app.issuer}/.well-known/change-password`, { redirect: 'manual' })
  assert.equal(change.status, 303)
  assert.equal(new URL(change.headers.get('location')!, app.issuer).pathname, '/account/security/password')
  const related = await fetch(`${app.issuer}/.well-known/webauthn`)
  assert.match(related.headers.get('content-type')!, /^application\/json/)
  const { origins } = (await related.json()) as { origins: string[] }
  assert.deepEqual(origins, [app.issuer, aurora.slice(0, -1), borealis.slice(0, -1)])
})

test('recovery is the same for an address nobody has: the page does not tell, the mail does', async () => {
  const { page } = await openPage(browser)
  await page.goto(aurora)
  await page.click('[data-action=sign-in]')
  await page.fill('[autocomplete^=username]', 'stranger@example.com')
  await pressPrimary(page)
  await Promise.all([page.waitForEvent('load'), page.click('[data-action=forgot-password]')])

  assert.equal(await pageName(page), 'verify_email')
  assert.match((await app.mailsTo('stranger@example.com'))[0]!.subject, /no account/)
})
