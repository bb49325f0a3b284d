import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, test } from 'node:test'
import type { Page } from 'playwright-core'
import { launchChromium } from '../harness/browser.ts'
import type { HttpBrowser } from '../harness/http-browser.ts'
import { authorizationRequest } from '../oidc/protocol.ts'
import { type Ran, readPlanConfiguration, runCommands } from './browser-commands.ts'
import { startPlan } from './plan.ts'

/** The browser commands of suite/oidcc.json, carried out as the official suite would, without script. */
const plan = await startPlan({ after }, { suite: await startSuite() })
const chromium = await launchChromium({ after })
const configuration = readPlanConfiguration(plan.issuer)
const SIGN_IN = ['Who signs in', 'Password']

const authorization = (extra: Record<string, string | undefined> = {}): string =>
  `${plan.issuer}/authorize?${new URLSearchParams(authorizationRequest(plan.first, extra).params)}`
const signOut = (params: Record<string, string>): string => `${plan.issuer}/sign-out?${new URLSearchParams(params)}`

/** Where the suite takes answers: any page of it is the one that its commands wait for. */
async function startSuite(): Promise<string> {
  const server = createServer((_req, res) => res.setHeader('content-type', 'text/html').end('<p id="submission_complete">captured</p>'))
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve))
  after(async () => {
    server.closeAllConnections()
    server.close()
  })
  return `http://localhost:${(server.address() as AddressInfo).port}`
}

/** A browser of the suite, which runs no script; with the cookies of another one if there is one. */
async function openPage({ cookies }: Pick<HttpBrowser, 'cookies'> = { cookies: [] }): Promise<Page> {
  const context = await chromium.newContext({ javaScriptEnabled: false, locale: 'en-US' })
  context.setDefaultTimeout(10_000)
  await context.addCookies(cookies.map(({ name, value, path }) => ({ name, value, path, domain: 'localhost' })))
  return context.newPage()
}

const run = (page: Page, address: string, module?: string): Promise<Ran> =>
  runCommands(page, address, (module === undefined ? undefined : configuration.override[module]?.browser) ?? configuration.browser)

test('the commands sign in with the password, then silently, and by a form that is posted without script', async () => {
  const page = await openPage()

  assert.deepEqual((await run(page, authorization())).tasks, [...SIGN_IN, 'Verify complete'])
  assert.ok(page.url().startsWith(`${plan.first.redirect_uri}?code=`))
  assert.deepEqual((await run(page, authorization())).tasks, ['Verify complete'])
  assert.deepEqual((await run(page, authorization({ response_mode: 'form_post' }))).tasks, [
    'Post the answer, where no script does',
    'Verify complete',
  ])
  assert.equal(page.url(), plan.first.redirect_uri)
  assert.deepEqual((await run(page, authorization({ prompt: 'consent' }))).tasks, [...SIGN_IN, 'Confirm', 'Verify complete'])
})

test('the commands sign in by a form that is posted without script', async () => {
  const page = await openPage()

  const { tasks } = await run(page, authorization({ response_mode: 'form_post' }))

  assert.deepEqual(tasks, [...SIGN_IN, 'Post the answer, where no script does', 'Verify complete'])
})

test('the commands sign out and come back to the suite', async () => {
  const browser = await plan.freshlySignedIn()
  const { id_token } = await plan.redeem(await plan.ask(browser))

  const { tasks } = await run(
    await openPage(browser),
    signOut({ id_token_hint: id_token!, post_logout_redirect_uri: plan.postLogout, state: 's' }),
  )

  assert.deepEqual(tasks, ['Sign out', 'Verify complete'])
})

/** Where the modules with commands of their own lead the browser, after a sign-in. */
const MODULES: Readonly<Record<string, (hint: string) => string>> = {
  'oidcc-prompt-login': () => authorization({ prompt: 'login' }),
  'oidcc-max-age-1': () => authorization({ max_age: '0' }),
  'oidcc-ensure-registered-redirect-uri': () => authorization({ redirect_uri: `${plan.first.redirect_uri}/unregistered` }),
  'oidcc-rp-initiated-logout-bad-post-logout-redirect-uri': (hint) =>
    signOut({ id_token_hint: hint, post_logout_redirect_uri: `${plan.postLogout}/bad` }),
  'oidcc-rp-initiated-logout-query-added-to-post-logout-redirect-uri': (hint) =>
    signOut({ id_token_hint: hint, post_logout_redirect_uri: `${plan.postLogout}?foo=bar` }),
  'oidcc-rp-initiated-logout-modified-id-token-hint': (hint) =>
    signOut({ id_token_hint: `${hint.slice(0, hint.lastIndexOf('.'))}.`, post_logout_redirect_uri: plan.postLogout }),
  'oidcc-rp-initiated-logout-bad-id-token-hint': (hint) =>
    signOut({ id_token_hint: `${hint.slice(0, -8)}AAAAAAAA`, post_logout_redirect_uri: plan.postLogout }),
  'oidcc-rp-initiated-logout-no-id-token-hint': () => signOut({ post_logout_redirect_uri: plan.postLogout, state: 's' }),
  'oidcc-rp-initiated-logout-no-params': () => signOut({}),
  'oidcc-rp-initiated-logout-no-post-logout-redirect-uri': (hint) => signOut({ id_token_hint: hint, state: 's' }),
  'oidcc-rp-initiated-logout-only-state': () => signOut({ state: 's' }),
}

test('every module with commands of its own is tried here', () => {
  assert.deepEqual(Object.keys(configuration.override).sort(), Object.keys(MODULES).sort())
})

for (const [module, address] of Object.entries(MODULES)) {
  test(`the commands of ${module} lead to the page whose picture it wants`, async () => {
    const browser = await plan.freshlySignedIn()
    const { id_token } = await plan.redeem(await plan.ask(browser))

    const { screenshots } = await run(await openPage(browser), address(id_token!), module)

    assert.equal(screenshots, 1)
  })
}
