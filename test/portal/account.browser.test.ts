import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { startTestApp } from '../harness/app.ts'
import { launchChromium, openPage, pressPrimary } from '../harness/browser.ts'
import { ADA, claimsAt, pageName, signIn, signUp } from '../harness/shopper.ts'

const app = await startTestApp({ after }, { demoSites: true })
const browser = await launchChromium({ after })
const aurora = `http://localhost:${app.ports.aurora}/`
const account = `${app.issuer}/account`

test('/account asks to sign in by the issuer itself, and a signed-in shopper is let in without a page', async () => {
  const { page } = await openPage(browser)
  await signUp(app, page, app.ports.aurora)
  await page.goto(account)
  assert.equal(await pageName(page), 'account')
  assert.match(await page.locator('h1').innerText(), /Ada/)

  const fresh = await openPage(browser)
  await fresh.page.goto(`${account}/sessions`)
  assert.equal(await pageName(fresh.page), 'identify')
  await signIn(fresh.page)
  assert.equal(await pageName(fresh.page), 'account.sessions')
})

test('the customer changes the profile, and the shop reads the new value', async () => {
  const { page } = await openPage(browser)
  await page.goto(`${account}/profile`)
  await signIn(page)
  assert.equal(await pageName(page), 'account.profile')
  await page.fill('[name=name]', 'Ada King')
  await page.fill('[name=shoe_size]', '38')
  await page.fill('[name="address.street_address"]', '12 St James’s Square')
  await pressPrimary(page)
  assert.equal(await page.locator('[role=status]').count(), 1)
  assert.equal(await page.inputValue('[name=name]'), 'Ada King')

  await page.goto(aurora)
  await page.click('[data-action=sign-in]')
  const claims = await claimsAt(page)
  assert.equal(claims.name, 'Ada King')
  assert.equal(claims.shoe_size, '38')
  assert.deepEqual(claims.address, { street_address: '12 St James’s Square' })
})

test('a profile that was changed in another tab meanwhile is not overwritten', async () => {
  const { page, context } = await openPage(browser)
  await page.goto(`${account}/profile`)
  await signIn(page)
  const twin = await context.newPage()
  await twin.goto(`${account}/profile`)
  await page.fill('[name=fit]', 'slim')
  await pressPrimary(page)

  await twin.fill('[name=fit]', 'wide')
  await pressPrimary(twin)

  assert.equal(await twin.locator('[role=alert]').count(), 1)
  await page.reload()
  assert.equal(await page.inputValue('[name=fit]'), 'slim')
})

test('a malformed date and phone number are refused by name, and what was typed stays', async () => {
  const { page } = await openPage(browser)
  await page.goto(`${account}/profile`)
  await signIn(page)
  await page.fill('[name=phone_number]', 'call me')
  await pressPrimary(page)

  assert.equal(await page.inputValue('[name=phone_number]'), 'call me')
  assert.equal(await page.locator('[name=phone_number]').getAttribute('aria-invalid'), 'true')
})

test('SEC-35 the customer ends one session, then all others: those browsers and their shops are signed out', async () => {
  const laptop = await openPage(browser)
  const phone = await openPage(browser, {
    userAgent: 'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Version/18.0 Mobile/15E148 Safari/604.1',
  })
  await phone.page.goto(aurora)
  await phone.page.click('[data-action=sign-in]')
  await signIn(phone.page)
  await phone.page.waitForSelector('pre[data-claims]')
  await laptop.page.goto(`${account}/sessions`)
  await signIn(laptop.page)
  const row = laptop.page.locator('[data-session]', { hasText: 'iOS' })
  assert.equal(await row.count(), 1)
  assert.match(await row.innerText(), /Aurora/)

  await Promise.all([laptop.page.waitForEvent('load'), row.locator('[data-action=end-session]').click()])
  assert.equal(await pageName(laptop.page), 'account.confirm')
  await pressPrimary(laptop.page)
  assert.equal(await laptop.page.locator('[data-session]', { hasText: 'iOS' }).count(), 0)
  await app.app.idle()
  await phone.page.goto(aurora)
  await phone.page.waitForSelector('[data-action=sign-in]')

  await Promise.all([laptop.page.waitForEvent('load'), laptop.page.click('[data-action=end-others]')])
  await pressPrimary(laptop.page)
  assert.equal(await laptop.page.locator('[data-session]').count(), 1)
})

test('SEC-29 the portal’s forms need a token of this session and our own origin; a foreign session does not exist', async () => {
  const { page, context } = await openPage(browser)
  await page.goto(`${account}/sessions`)
  await signIn(page)
  await page.goto(`${account}/profile`)
  const csrf = await page.locator('input[name=csrf]').inputValue()
  const post = (path: string, form: Record<string, string>, headers: Record<string, string> = {}) =>
    context.request.post(`${app.issuer}${path}`, { form, headers, maxRedirects: 0 })

  assert.equal((await post('/account/sessions/end-others', {})).status(), 403)
  assert.equal((await post('/account/sessions/end-others', { csrf: 'AAAA' })).status(), 403)
  assert.equal((await post('/account/sessions/end-others', { csrf }, { origin: 'http://evil.example' })).status(), 403)
  assert.equal((await post('/account/sessions/end', { csrf, session: 'bm90IG15IHNlc3Np' })).status(), 404)
  assert.equal((await post('/account/sessions/end-others', { csrf })).status(), 303)
})

test(`signing out of the portal ends ${ADA.name}'s session`, async () => {
  const { page } = await openPage(browser)
  await page.goto(account)
  await signIn(page)
  await Promise.all([page.waitForEvent('load'), page.click('[data-action=sign-out]')])
  assert.equal(await pageName(page), 'sign_out')
  await pressPrimary(page)
  assert.equal(await pageName(page), 'home')
  await page.goto(account)
  assert.equal(await pageName(page), 'identify')
})
