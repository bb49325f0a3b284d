import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { after, test } from 'node:test'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { LOCALES } from '../../src/web/i18n.ts'
import { launchChromium } from '../harness/browser.ts'
import { PAGES, serveGallery } from './gallery.ts'

const names = Object.keys(PAGES)

const browser: Browser = await launchChromium({ after })
const gallery = await serveGallery()
after(() => gallery.close())
const axe = await readFile(new URL('../../node_modules/axe-core/axe.min.js', import.meta.url), 'utf8')

const EVERYTHING = { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] }
/** In another scheme the markup is the same; what differs is what can be seen. */
const CONTRAST = { runOnly: { type: 'rule', values: ['color-contrast'] } }

for (const [at, locale] of LOCALES.entries()) {
  test(`every page passes WCAG 2.2 AA as far as a machine can tell, in light, dark and forced colours: ${locale}`, async (t) => {
    const page = await open(t, { viewport: { width: 360, height: 780 }, reducedMotion: 'reduce' })
    for (const name of names) {
      await page.emulateMedia({ colorScheme: 'light', forcedColors: 'none' })
      await page.goto(`${gallery.origin}/${at % 2 === 0 ? 'aurora' : 'borealis'}/${locale}/${name}`)
      // A policy with nonces keeps script elements out, so axe's source is evaluated.
      await page.evaluate(axe)
      assert.deepEqual(await violations(page, EVERYTHING), [], `${locale} ${name} light`)
      await page.emulateMedia({ colorScheme: 'dark' })
      assert.deepEqual(await violations(page, CONTRAST), [], `${locale} ${name} dark`)
      await page.emulateMedia({ colorScheme: 'light', forcedColors: 'active' })
      assert.deepEqual(await violations(page, CONTRAST), [], `${locale} ${name} forced colours`)
    }
  })
}

test('no page scrolls sideways at 320 px, with text of twice the size, or on a desktop', async (t) => {
  const page = await open(t, { viewport: { width: 320, height: 640 } })
  // The languages with the longest words and texts.
  for (const locale of ['de', 'ru']) {
    for (const name of names) {
      await page.setViewportSize({ width: 320, height: 640 })
      await page.goto(`${gallery.origin}/borealis/${locale}/${name}`)
      assert.ok((await overflow(page)) <= 0, `${locale} ${name} at 320 px`)
      await page.evaluate("document.documentElement.style.fontSize = '200%'")
      assert.ok((await overflow(page)) <= 0, `${locale} ${name} at 320 px with large text: ${await widest(page)}`)
      await page.setViewportSize({ width: 1280, height: 800 })
      assert.ok((await overflow(page)) <= 0, `${locale} ${name} at 1280 px`)
    }
  }
})

test('what can be pressed is at least 24 by 24 px, buttons and fields 44', async (t) => {
  const page = await open(t, { viewport: { width: 360, height: 780 } })
  for (const name of names) {
    await page.goto(`${gallery.origin}/aurora/de/${name}`)
    const small = await page.evaluate<readonly string[]>(`
      [...document.querySelectorAll('main button, main input:not([type=hidden],.for-managers), .button, .languages a, .sections a')]
        .filter((element) => element.checkVisibility() && element.getBoundingClientRect().height < (element.matches('[type=checkbox],[type=radio]') ? 24 : 44))
        .map((element) => element.outerHTML)`)
    assert.deepEqual(small, [], name)
  }
})

test('by keyboard: the first stop is the skip link, focus can be seen, and the problem has it after an error', async (t) => {
  const page = await open(t, { viewport: { width: 360, height: 780 } })
  const focused = () => page.evaluate<string>('document.activeElement.id || document.activeElement.className')

  await page.goto(`${gallery.origin}/aurora/en/sessions`)
  await page.keyboard.press('Tab')
  assert.equal(await focused(), 'skip')
  assert.ok(await page.locator('.skip').evaluate((link) => link.getBoundingClientRect().top >= 0))

  await page.goto(`${gallery.origin}/aurora/en/password_error`)
  assert.equal(await focused(), 'f-password')
  await page.goto(`${gallery.origin}/aurora/en/details_error`)
  assert.equal(await focused(), 'message bad')
})

test('with script: the password can be shown, a form is sent once, times are local, and the policy refuses nothing', async (t) => {
  const page = await open(t, { viewport: { width: 360, height: 780 }, timezoneId: 'Asia/Tokyo' })
  const complaints: string[] = []
  page.on('console', (message) => complaints.push(message.text()))
  page.on('pageerror', (error) => complaints.push(error.message))

  await page.goto(`${gallery.origin}/aurora/en/password`)
  const field = page.locator('input[name=password]')
  await field.fill('correct horse')
  await page.locator('[data-reveal]').click()
  assert.equal(await field.getAttribute('type'), 'text')
  assert.equal(await page.locator('[data-reveal]').getAttribute('aria-pressed'), 'true')

  const posts: string[] = []
  await keepPosts(page, posts)
  await page.evaluate("const press = document.querySelector('[data-primary]'); press.click(); press.click()")
  await page.waitForTimeout(300)
  assert.deepEqual(posts, ['csrf=c5Rf&step=step&username=ada.lovelace%40example.com&password=correct+horse&can_keep_passkey='])
  assert.equal(await field.getAttribute('type'), 'password')

  await page.goto(`${gallery.origin}/aurora/en/sessions`)
  assert.match((await page.locator('time').first().textContent())!, /March 1, 2026 at 6:30\sPM/)
  assert.deepEqual(complaints, [])
})

test('without script: a code can be sent by the Enter key, and another way chosen', async (t) => {
  const page = await open(t, { javaScriptEnabled: false })
  const posts: string[] = []
  await keepPosts(page, posts)

  await page.goto(`${gallery.origin}/borealis/en/verify_email`)
  await page.locator('input[name=code]').fill('4815 1623')
  await page.keyboard.press('Enter')
  await page.locator('[data-action=resend]').click()

  assert.deepEqual(posts, ['csrf=c5Rf&step=step&code=4815+1623', 'csrf=c5Rf&step=step&code=4815+1623&action=resend'])
})

async function open(t: { after(fn: () => Promise<void>): void }, settings: BrowserContextOptions): Promise<Page> {
  const context = await browser.newContext(settings)
  t.after(() => context.close())
  return context.newPage()
}

/** Takes what forms send; with 204 the browser stays where it is. */
async function keepPosts(page: Page, posts: string[]): Promise<void> {
  await page.route('**/journey/**', async (route) => {
    posts.push(route.request().postData() ?? '')
    await route.fulfill({ status: 204 })
  })
}

/** Runs axe, which is in the page already. */
const violations = (page: Page, run: object): Promise<readonly string[]> =>
  page.evaluate<readonly string[]>(`
    axe.run(${JSON.stringify({ ...run, resultTypes: ['violations'] })})
      .then(({ violations }) => violations.flatMap(({ id, nodes }) => nodes.map((node) => id + ': ' + node.html)))`)

const overflow = (page: Page): Promise<number> =>
  page.evaluate<number>('document.documentElement.scrollWidth - document.documentElement.clientWidth')

/** The first element that sticks out, to name it. */
const widest = (page: Page): Promise<string> =>
  page.evaluate<string>(`
    [...document.querySelectorAll('main *, footer *, header *')]
      .find((element) => element.getBoundingClientRect().right > innerWidth + 1 && !element.closest('svg'))?.outerHTML.slice(0, 200) ?? ''`)
