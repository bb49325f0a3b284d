import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { startTestApp } from '../harness/app.ts'
import { launchChromium, openPage, pressPrimary } from '../harness/browser.ts'
import { ADA, claimsAt, pageName, signIn, signUp } from '../harness/shopper.ts'

const app = await startTestApp({ after }, { demoSites: true })
const browser = await launchChromium({ after })
const GRACE = { email: 'grace.hopper@example.com', name: 'Grace Hopper', password: 'nanoseconds-of-wire-11' }

before(async () => {
  for (const who of [ADA, GRACE]) {
    const { page, context } = await openPage(browser)
    await signUp(app, page, app.ports.aurora, who)
    await context.close()
  }
})

for (const javaScriptEnabled of [true, false]) {
  test(`OIDC-22 two accounts in one browser: who is somebody else here says so and signs in, ${javaScriptEnabled ? 'with' : 'without'} script`, async () => {
    const { page } = await openPage(browser, { javaScriptEnabled })
    await page.goto(`http://localhost:${app.ports.aurora}/`)
    await page.click('[data-action=sign-in]')
    await signIn(page, ADA)
    await page.goto(`http://localhost:${app.ports.borealis}/`)
    await page.click('[data-action=sign-in]')
    assert.equal(await pageName(page), 'confirm')
    await Promise.all([page.waitForEvent('load'), page.click('[data-action=other-account]')])
    await signIn(page, GRACE)
    if ((await pageName(page)) === 'confirm') await pressPrimary(page) // Grace's first visit too, the first time round
    // Ada's session ends first; without script the protocol engine's own page asks for a click.
    if (!javaScriptEnabled) await page.click('button[type=submit]')
    await page.waitForSelector('pre[data-claims]')

    assert.equal((await claimsAt(page)).email, GRACE.email)
    await app.app.idle()
    await page.goto(`http://localhost:${app.ports.aurora}/`)
    await page.waitForSelector('[data-action=sign-in]')
  })
}
