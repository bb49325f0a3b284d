import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Page } from 'playwright-core'
import { startTestApp } from '../harness/app.ts'
import { launchChromium, openPage, pressPrimary } from '../harness/browser.ts'
import { ADA, claimsAt, pageName, signIn, signUp } from '../harness/shopper.ts'

const app = await startTestApp({ after }, { demoSites: true })
const browser = await launchChromium({ after })
const aurora = `http://localhost:${app.ports.aurora}/`
const borealis = `http://localhost:${app.ports.borealis}/`

before(async () => {
  const { page, context } = await openPage(browser)
  await signUp(app, page, app.ports.aurora)
  await context.close()
})

async function startSignIn(page: Page, shop = aurora): Promise<void> {
  await page.goto(shop)
  await page.click('[data-action=sign-in]')
}

test('a wrong password and an unknown address get one answer and no session; the right password signs in', async () => {
  const { page, context } = await openPage(browser)
  await startSignIn(page)
  await signIn(page, { ...ADA, password: 'wrong-horse-battery-9' })
  const known = await page.locator('main').innerText()
  await startSignIn(page)
  await signIn(page, { ...ADA, email: 'nobody.at.all@example.com' })
  const unknown = await page.locator('main').innerText()

  assert.equal(unknown.replaceAll('nobody.at.all@example.com', ADA.email), known)
  assert.equal((await context.cookies(app.issuer)).filter((c) => c.name === 'atrium_session').length, 0)

  await startSignIn(page)
  await signIn(page)
  assert.equal((await claimsAt(page)).email, ADA.email)
})

test('OIDC-21 a stolen interaction link does nothing in another browser, a forged cookie included', async () => {
  const victim = await openPage(browser)
  await startSignIn(victim.page)
  const link = victim.page.url()
  const thief = await openPage(browser)

  const answer = await thief.page.goto(link)
  assert.equal(answer?.status(), 403)
  assert.equal(await pageName(thief.page), 'error')
  const uid = new URL(link).pathname.split('/')[2]!
  await thief.context.addCookies([
    { name: 'atrium_interaction', value: uid, domain: 'localhost', path: new URL(link).pathname },
    { name: 'atrium_resume', value: uid, domain: 'localhost', path: `/authorize/${uid}` },
  ])
  assert.equal((await thief.page.goto(link))?.status(), 403)
  await signIn(victim.page)
  await victim.page.waitForSelector('pre[data-claims]')
  assert.ok((await thief.page.goto(`${app.issuer}/authorize/${uid}`))!.status() >= 400)
  assert.equal((await thief.context.cookies(app.issuer)).filter((c) => c.name === 'atrium_session').length, 0)
})

test('a double click on the last button signs in once', async () => {
  const { page } = await openPage(browser)
  await startSignIn(page)
  await page.fill('[autocomplete^=username]', ADA.email)
  await pressPrimary(page)
  await page.fill('[autocomplete=current-password]', ADA.password)
  await page.dblclick('button[type=submit][data-primary]')

  await page.waitForSelector('pre[data-claims]')
  assert.equal((await claimsAt(page)).email, ADA.email)
})

test('the back button after signing in ends on a clear page with the way back', async () => {
  const { page } = await openPage(browser)
  await startSignIn(page)
  const journey = page.url()
  await signIn(page)
  await page.waitForSelector('pre[data-claims]')

  const answer = await page.goto(journey)
  assert.equal(answer?.status(), 410)
  assert.equal(await pageName(page), 'error')
  await page.click('[data-action=back]')
  await page.waitForSelector('pre[data-claims]')
})

test('SEC-13 two tabs of two shops sign in, each for its own shop', async () => {
  const { context, page: first } = await openPage(browser)
  const second = await context.newPage()
  await startSignIn(first)
  await startSignIn(second, borealis)
  await signIn(second)
  await pressPrimary(second)
  await second.waitForSelector('pre[data-claims]')
  await signIn(first)
  await first.waitForLoadState()

  // The first tab began without a session. Finishing it is a sign-in of the same account: it ends signed in, or on a clear page.
  const name = (await first.locator('pre[data-claims]').count()) > 0 ? 'signed in' : await pageName(first)
  assert.ok(name === 'signed in' || name === 'error', String(name))
  assert.equal(new URL(second.url()).port, String(app.ports.borealis))
})

test('a step of a stale form is not answered twice', async () => {
  const { context, page } = await openPage(browser)
  await startSignIn(page)
  const twin = await context.newPage()
  await twin.goto(page.url())
  await page.fill('[autocomplete^=username]', ADA.email)
  await pressPrimary(page)

  await twin.fill('[autocomplete^=username]', 'somebody.else@example.com')
  await pressPrimary(twin)

  assert.equal(await pageName(twin), 'password')
  assert.match(await twin.locator('main').innerText(), new RegExp(ADA.email))
})

test('no: the customer who does not want to share goes back to the shop, signed out there', async () => {
  const { page } = await openPage(browser)
  await startSignIn(page)
  await signIn(page)
  await page.waitForSelector('pre[data-claims]')
  await startSignIn(page, `http://localhost:${app.ports.parcelly}/`)
  assert.equal(await pageName(page), 'confirm')
  await Promise.all([page.waitForEvent('load'), page.click('[data-action=deny]')])

  assert.equal(new URL(page.url()).port, String(app.ports.parcelly))
  assert.equal(await page.locator('pre[data-claims]').count(), 0)
})
