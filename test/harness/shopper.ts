import assert from 'node:assert/strict'
import type { Page } from 'playwright-core'
import type { TestApp } from './app.ts'
import { pressPrimary } from './browser.ts'

/** What a shopper does, as the pages' public names allow it. */

export const ADA = { email: 'ada.lovelace@example.com', name: 'Ada Lovelace', password: 'correct-horse-battery-9' }

export const pageName = (page: Page): Promise<string | null> => page.locator('body').getAttribute('data-page')

/** The code from the newest mail to an address. */
export async function codeFor(app: TestApp, address: string): Promise<string> {
  const [mail] = await app.mailsTo(address)
  const codes = `${mail?.subject} ${mail?.text}`.match(/(?<!\d)\d{6,8}(?!\d)/g) ?? []
  assert.ok(codes[0], `a code in the newest mail to ${address}`)
  assert.equal(new Set(codes).size, 1, 'the code is the only run of 6 to 8 digits')
  return codes[0]
}

/** From a shop's page to signed in, with a new account. */
export async function signUp(app: TestApp, page: Page, shop: number, who = ADA): Promise<void> {
  await page.goto(`http://localhost:${shop}/`)
  await page.click('[data-action=sign-in]')
  assert.equal(await pageName(page), 'identify')
  await Promise.all([page.waitForEvent('load'), page.click('[data-action=sign-up]')])
  assert.equal(await pageName(page), 'sign_up')
  await page.fill('[autocomplete=email]', who.email)
  await pressPrimary(page)
  assert.equal(await pageName(page), 'verify_email')
  await page.fill('[autocomplete=one-time-code]', await codeFor(app, who.email))
  await pressPrimary(page)
  await page.fill('[autocomplete=new-password]', who.password)
  await page.fill('[autocomplete=name]', who.name)
  await pressPrimary(page)
  await page.waitForSelector('pre[data-claims]')
}

/** From the identify page to wherever the password leads. */
export async function signIn(page: Page, who = ADA): Promise<void> {
  await page.fill('[autocomplete^=username]', who.email)
  await pressPrimary(page)
  await page.fill('[autocomplete=current-password]', who.password)
  await pressPrimary(page)
}

export async function claimsAt(page: Page): Promise<Record<string, unknown>> {
  return JSON.parse((await page.locator('pre[data-claims]').textContent()) ?? '{}') as Record<string, unknown>
}
