import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import type { Page } from 'playwright-core'
import { startTestApp } from '../harness/app.ts'
import { launchChromium, openPage, pressPrimary } from '../harness/browser.ts'
import { ADA, codeFor, pageName, signUp } from '../harness/shopper.ts'

const app = await startTestApp({ after }, { demoSites: true })
const browser = await launchChromium({ after })
const aurora = `http://localhost:${app.ports.aurora}/`

async function typeAddress(page: Page, email: string): Promise<void> {
  await page.goto(aurora)
  await page.click('[data-action=sign-in]')
  await Promise.all([page.waitForEvent('load'), page.click('[data-action=sign-up]')])
  await page.fill('[autocomplete=email]', email)
  await pressPrimary(page)
  assert.equal(await pageName(page), 'verify_email')
}

async function typeCode(page: Page, code: string): Promise<void> {
  await page.fill('[autocomplete=one-time-code]', code)
  await pressPrimary(page)
}

const otherCode = (code: string): string => String((Number(code) + 1) % 100_000_000).padStart(8, '0')

test('MFA-17 a wrong code is refused, five end it, an expired one is refused, and a new one works', async () => {
  const { page } = await openPage(browser)
  await typeAddress(page, 'bob@example.com')
  const first = await codeFor(app, 'bob@example.com')

  for (let i = 0; i < 5; i++) await typeCode(page, otherCode(first))
  assert.match((await page.locator('[role=alert]').first().textContent()) ?? '', /Too many tries/)
  await typeCode(page, first)
  assert.equal(await pageName(page), 'verify_email', 'the right code is void after five wrong ones')

  await Promise.all([page.waitForEvent('load'), page.click('[data-action=resend]')])
  assert.equal(await page.locator('[role=status]').count(), 1)
  const second = await codeFor(app, 'bob@example.com')
  await app.advance(601)
  await typeCode(page, second)
  assert.match((await page.locator('[role=alert]').first().textContent()) ?? '', /expired/)

  await Promise.all([page.waitForEvent('load'), page.click('[data-action=resend]')])
  await typeCode(page, await codeFor(app, 'bob@example.com'))
  assert.equal(await page.locator('[autocomplete=new-password]').count(), 1)
})

test('MFA-46 a code of one journey is a wrong code in another', async () => {
  const one = await openPage(browser)
  const other = await openPage(browser)
  await typeAddress(one.page, 'carol@example.com')
  const code = await codeFor(app, 'carol@example.com')
  await typeAddress(other.page, 'carol@example.com')

  await typeCode(other.page, code)
  assert.equal(await pageName(other.page), 'verify_email')
  assert.equal(await other.page.locator('[role=alert]').count(), 1)
})

test('signing up with a known address shows the same page; only its mail differs', async () => {
  const { page } = await openPage(browser)
  await signUp(app, page, app.ports.aurora)
  const stranger = await openPage(browser)
  const text = async (email: string): Promise<string> => {
    await typeAddress(stranger.page, email)
    return (await stranger.page.locator('main').innerText()).replaceAll(email, 'X')
  }

  assert.equal(await text(ADA.email), await text('dora.nobody@example.com'))

  const [mail] = await app.mailsTo(ADA.email)
  assert.doesNotMatch(`${mail?.subject} ${mail?.text}`, /\d{6,8}/, 'no code for a known address')
})

test('a password made of the shop’s name or among the common ones is refused with the reason, and what was typed stays but the password', async () => {
  const { page } = await openPage(browser)
  await typeAddress(page, 'erin@example.com')
  await typeCode(page, await codeFor(app, 'erin@example.com'))

  for (const password of ['short', 'password123456', 'Aurora-Aurora-1']) {
    await page.fill('[autocomplete=name]', 'Erin')
    await page.fill('[autocomplete=new-password]', password)
    await pressPrimary(page)
    assert.equal(await pageName(page), 'sign_up')
    assert.ok((await page.locator('[role=alert]').count()) > 0, password)
    assert.equal(await page.inputValue('[autocomplete=name]'), 'Erin')
    assert.equal(await page.inputValue('[autocomplete=new-password]'), '')
  }
})

test('of two tabs that finish a sign-up with one address one opens the account, the other is asked to sign in', async () => {
  const tabs = [await openPage(browser), await openPage(browser)]
  for (const { page } of tabs) {
    await typeAddress(page, 'frank@example.com')
    await typeCode(page, await codeFor(app, 'frank@example.com'))
    await page.fill('[autocomplete=name]', 'Frank')
    await page.fill('[autocomplete=new-password]', 'a-long-enough-secret-7')
  }
  await Promise.all(tabs.map(({ page }) => pressPrimary(page)))

  const names = await Promise.all(tabs.map(({ page }) => pageName(page)))
  assert.equal(names.filter((name) => name === 'password').length, 1, `one is at the password page: ${names}`)
})

test('everything works without JavaScript', async () => {
  const { page } = await openPage(browser, { javaScriptEnabled: false })
  await signUp(app, page, app.ports.borealis, { email: 'grace@example.com', name: 'Grace', password: 'no-script-needed-here-1' })
})
