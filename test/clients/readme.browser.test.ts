import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { after, test } from 'node:test'
import { freePorts, startTestApp } from '../harness/app.ts'
import { launchChromium, openPage, pressPrimary } from '../harness/browser.ts'
import { ADA, pageName, signIn } from '../harness/shopper.ts'
import { readmeBlock, startScript, withReadmeClients } from './programs.ts'
import { adaJoins, Shopper } from './shopper.ts'

/** What README.md shows to somebody who integrates a shop, as it stands there: only the ports are other ones. */
const [shopPort, spaPort] = await freePorts(2)
const [shop, spa] = [`http://localhost:${shopPort}`, `http://localhost:${spaPort}`]
const others = { 'http://localhost:4000': shop, 'http://localhost:4001': spa }
const app = await startTestApp({ after }, { group: withReadmeClients(others) })
const addresses = { ...others, 'http://localhost:3000': app.issuer, 'listen(4000,': `listen(${shopPort},` }
await adaJoins(app)

test('openid-client, as README.md shows it: sign in, claims, sign out, and a back-channel logout that ends the session', async (t) => {
  await startScript(t, readmeBlock('// shop.mjs', addresses), { ready: /^Open /m })
  const [ada, phone] = [new Shopper(app), new Shopper(app)]

  const home = await ada.signIn(await ada.open(`${shop}/sign-in`))
  await phone.signIn(await phone.open(`${shop}/sign-in`))
  assert.match(home.text, /"name": "Ada Lovelace"/)
  assert.match(home.text, /"email": "ada.lovelace@example.com"/)

  const asked = await ada.open(`${shop}/sign-out`, { method: 'POST' })
  assert.equal(asked.name, 'sign_out')
  const back = await ada.submit(asked)
  await app.app.idle()

  assert.equal(back.url.href, `${shop}/`)
  assert.match(back.text, /Sign in/)
  assert.equal((await ada.open(`${shop}/sign-in`)).name, 'identify')
  assert.match((await phone.open(shop)).text, /Ada Lovelace/, 'the session of the other browser is another one')

  const elsewhere = await phone.open(`${app.issuer}/sign-out`)
  await phone.submit(elsewhere)
  await app.app.idle()
  assert.doesNotMatch((await phone.open(shop)).text, /Ada Lovelace/, 'told by back-channel logout')
})

test('a checkout without an account, as README.md shows it: a guest, its size, and the same guest again', async (t) => {
  const { said } = await startScript(t, readmeBlock('// guest.mjs', addresses), { ready: /^Guest .*$/m })
  const sub = /Guest ([\w-]{22}) shares 0 things/.exec(said())?.[1]
  assert.ok(sub, said())

  const again = await startScript(t, readmeBlock('// guest.mjs', addresses), { ready: /^Guest .*$/m })

  assert.ok(again.said().includes(sub))
})

test('Auth.js, as README.md shows it: sign in, session, sign out', async (t) => {
  await startScript(t, readmeBlock('// auth.mjs', addresses), { ready: /^Open /m, env: { AUTH_SECRET: 'a'.repeat(64) } })
  const ada = new Shopper(app)
  const sessionOf = async () => JSON.parse((await ada.open(shop)).text) as { user?: unknown } | null
  const press = async (path: string) => {
    const { text } = await ada.open(`${shop}${path}`)
    const csrfToken = /name="csrfToken" value="([^"]+)"/.exec(text)![1]!
    return ada.open(`${shop}${path}${path.endsWith('signin') ? '/atrium' : ''}`, {
      method: 'POST',
      body: new URLSearchParams({ csrfToken, callbackUrl: `${shop}/` }),
    })
  }
  assert.equal(await sessionOf(), null)

  await ada.signIn(await press('/auth/signin'))
  assert.deepEqual((await sessionOf())?.user, { name: ADA.name, email: ADA.email })
  await press('/auth/signout')
  assert.equal(await sessionOf(), null)

  const again = await press('/auth/signin')
  assert.equal(again.url.href, `${shop}/`, 'the group’s session goes on, so there is nothing to ask')
  assert.deepEqual((await sessionOf())?.user, { name: ADA.name, email: ADA.email })
})

test('oidc-client-ts in Chromium, as README.md shows it: sign in, claims, refresh across origins, sign out', async (t) => {
  await serveSpa(t)
  const { page } = await openPage(await launchChromium(t))
  const problems: string[] = []
  page.on('pageerror', (error) => problems.push(error.message))
  const claims = async () => JSON.parse(await page.locator('#who:not(:empty)').innerText()) as Record<string, unknown>
  await page.goto(spa)

  await Promise.all([page.waitForURL(`${app.issuer}/**`), page.click('#in')])
  await signIn(page)
  if ((await pageName(page)) === 'confirm') await pressPrimary(page)
  const { name, email, email_verified } = await claims()
  assert.deepEqual({ name, email, email_verified }, { name: ADA.name, email: ADA.email, email_verified: true })

  const refreshed = await page.evaluate(`(async () => {
    const settings = { authority: '${app.issuer}', client_id: 'my-app', redirect_uri: location.origin + '/', userStore: new oidc.WebStorageStateStore({ store: sessionStorage }) }
    const manager = new oidc.UserManager(settings)
    const before = await manager.getUser()
    const after = await manager.signinSilent()
    const info = await fetch('${app.issuer}/userinfo', { headers: { authorization: 'Bearer ' + after.access_token } })
    return { rotated: before.refresh_token !== after.refresh_token && before.access_token !== after.access_token, status: info.status, same: before.profile.sub === after.profile.sub }
  })()`)
  assert.deepEqual(refreshed, { rotated: true, status: 200, same: true })

  await Promise.all([page.waitForURL(`${app.issuer}/sign-out**`), page.click('#out')])
  await pressPrimary(page)
  await page.waitForURL(`${spa}/`)
  assert.equal(await page.locator('#who').innerText(), '')
  await Promise.all([page.waitForURL(`${app.issuer}/**`), page.click('#in')])
  assert.equal(await pageName(page), 'identify')
  assert.deepEqual(problems, [])
})

/** The page of README.md with the library beside it, as a static server would. */
async function serveSpa(t: { after(hook: () => Promise<void>): void }): Promise<void> {
  const html = readmeBlock('<!doctype html>', addresses)
  const library = await readFile(new URL('../../node_modules/oidc-client-ts/dist/browser/oidc-client-ts.min.js', import.meta.url))
  const server = createServer((req, res) => {
    const isLibrary = req.url === '/oidc-client-ts.min.js'
    res.writeHead(200, { 'content-type': isLibrary ? 'text/javascript' : 'text/html' }).end(isLibrary ? library : html)
  })
  await new Promise<void>((resolve) => server.listen(spaPort, 'localhost', resolve))
  t.after(async () => {
    server.closeAllConnections()
    server.close()
  })
}
