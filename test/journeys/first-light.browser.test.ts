import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { startTestApp } from '../harness/app.ts'
import { launchChromium, openPage, pressPrimary } from '../harness/browser.ts'
import { ADA, claimsAt, pageName, signUp } from '../harness/shopper.ts'

const app = await startTestApp({ after }, { demoSites: true })
const browser = await launchChromium({ after })
const aurora = `http://localhost:${app.ports.aurora}/`
const borealis = `http://localhost:${app.ports.borealis}/`

test('a shopper signs up at aurora, is known at borealis after one click, then after none, and signs out of both', async () => {
  const { page, context } = await openPage(browser)

  await signUp(app, page, app.ports.aurora)
  const atAurora = await claimsAt(page)
  assert.equal(atAurora.name, ADA.name)
  assert.equal(atAurora.email, ADA.email)

  await page.goto(borealis)
  await page.click('[data-action=sign-in]')
  assert.equal(await pageName(page), 'confirm')
  await pressPrimary(page)
  const atBorealis = await claimsAt(page)
  assert.equal(atBorealis.email, ADA.email)
  assert.notEqual(atBorealis.sub, atAurora.sub, 'subjects differ between brands')

  await context.clearCookies({ name: /borealis/ })
  await page.goto(borealis)
  await page.click('[data-action=sign-in]')
  assert.equal((await claimsAt(page)).sub, atBorealis.sub, 'the second time there is no page at all')

  await page.click('[data-action=sign-out]')
  assert.equal(await pageName(page), 'sign_out')
  await pressPrimary(page)
  await page.waitForSelector('[data-action=sign-in]')
  await app.app.idle()
  await page.goto(aurora)
  await page.waitForSelector('[data-action=sign-in]')
})
