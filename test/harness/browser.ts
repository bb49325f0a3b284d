import { existsSync } from 'node:fs'
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core'

/** The system's Chromium, without the background traffic of its own. */
export async function launchChromium(t: { after(hook: () => Promise<void>): void }): Promise<Browser> {
  const executablePath = [process.env.CHROMIUM_PATH, '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(
    (path) => path !== undefined && existsSync(path),
  )
  if (!executablePath) throw new Error('no Chromium: install it or set CHROMIUM_PATH')
  const browser = await chromium.launch({
    executablePath,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  })
  t.after(() => browser.close())
  return browser
}

/** One person at one browser. */
export async function openPage(
  browser: Browser,
  options: Parameters<Browser['newContext']>[0] = {},
): Promise<{ page: Page; context: BrowserContext }> {
  const context = await browser.newContext({ locale: 'en-GB', ...options })
  context.setDefaultTimeout(10_000)
  return { page: await context.newPage(), context }
}

/** Presses the page's one primary button and waits for where it leads. */
export async function pressPrimary(page: Page): Promise<void> {
  await Promise.all([page.waitForEvent('load'), page.click('button[type=submit][data-primary]')])
}
