import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import type { Page } from 'playwright-core'
import { startTestApp } from '../harness/app.ts'
import { launchChromium, openPage, pressPrimary } from '../harness/browser.ts'
import { claimsAt, codeFor, pageName, signIn } from '../harness/shopper.ts'
import { openWithAuthenticator } from '../harness/virtual-authenticator.ts'

const app = await startTestApp({ after }, { demoSites: true })
const browser = await launchChromium({ after })
const aurora = `http://localhost:${app.ports.aurora}/`
const borealis = `http://localhost:${app.ports.borealis}/`

let people = 0
const somebody = () => ({ email: `passwordless.${++people}@example.com`, name: 'Ada Lovelace', password: 'correct-horse-battery-9' })
type Person = ReturnType<typeof somebody>

/** From the shop to the last page of a sign-up. */
async function upToDetails(page: Page, who: Person): Promise<void> {
  await page.goto(aurora)
  await page.click('[data-action=sign-in]')
  await Promise.all([page.waitForEvent('load'), page.click('[data-action=sign-up]')])
  await page.fill('[autocomplete=email]', who.email)
  await pressPrimary(page)
  await page.fill('[autocomplete=one-time-code]', await codeFor(app, who.email))
  await pressPrimary(page)
  assert.equal(await pageName(page), 'sign_up')
}

test('MFA-1, MFA-2 a shopper opens an account with a passkey alone, and signs in with it at both brands; a copy of it is told', async () => {
  const who = somebody()
  const { page, context, credentials, turnBack } = await openWithAuthenticator(browser)
  await upToDetails(page, who)
  await page.click('[data-action=use-passkey]')
  await page.waitForSelector('[data-passkey-said=incomplete]:not([hidden])')
  assert.equal(await credentials(), 0, 'nothing is made while the name is missing')
  await page.fill('[autocomplete=name]', who.name)
  await page.click('[data-action=use-passkey]')
  await page.waitForSelector('pre[data-claims]')
  assert.equal((await claimsAt(page)).name, who.name)
  await context.clearCookies()

  await page.goto(borealis)
  await page.click('[data-action=sign-in]')
  await page.waitForSelector('[data-page=confirm]') // picked in the address field
  await pressPrimary(page)
  await page.waitForSelector('pre[data-claims]')
  assert.equal((await claimsAt(page)).email, who.email)
  await context.clearCookies()

  await turnBack(0)
  await page.goto(aurora)
  await page.click('[data-action=sign-in]')
  await page.waitForSelector('pre[data-claims]')
  assert.match((await app.mailsTo(who.email))[0]!.subject, /Please look at a passkey/, 'MFA-2 told, not locked out')
})

test('a browser that can keep no passkey is offered none at the sign-up, and the password opens the account as ever', async () => {
  const who = somebody()
  const { page } = await openPage(browser)
  await upToDetails(page, who)

  assert.equal(await page.locator('[data-action=use-passkey]').isVisible(), false)
  await page.fill('[autocomplete=name]', who.name)
  await page.fill('[autocomplete=new-password]', who.password)
  await pressPrimary(page)
  await page.waitForSelector('pre[data-claims]')
})

test('MFA-9 a shopper with a password takes the offer, and needs no password the next time', async () => {
  const who = somebody()
  const { page, context, credentials, touches } = await openWithAuthenticator(browser)
  await upToDetails(page, who)
  await page.fill('[autocomplete=name]', who.name)
  await page.fill('[autocomplete=new-password]', who.password)
  await pressPrimary(page)
  await page.waitForSelector('pre[data-claims]')
  await context.clearCookies()
  await touches(false)
  await page.goto(aurora)
  await page.click('[data-action=sign-in]')
  await signIn(page, who)
  assert.equal(await pageName(page), 'offer_passkey')
  await touches(true)
  await page.click('[data-action=add-passkey]')
  await page.waitForSelector('pre[data-claims]')
  assert.equal(await credentials(), 1)
  await context.clearCookies()

  await page.goto(aurora)
  await page.click('[data-action=sign-in]')
  await page.waitForSelector('pre[data-claims]')
  assert.equal((await claimsAt(page)).email, who.email)
})
