import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { startTestApp } from '../harness/app.ts'
import { HttpBrowser } from '../harness/http-browser.ts'
import { ADA, codeFor } from '../harness/shopper.ts'
import { authorizationRequest, authorize, clientsOf, signInFrom } from '../oidc/protocol.ts'

const app = await startTestApp({ after })

/** What a mail gateway does with every address in a mail before anybody reads it. */
async function scan(): Promise<number> {
  const links = (await app.mailsTo(ADA.email)).flatMap((mail) => mail.links).filter((link) => new URL(link).origin === app.issuer)
  for (const link of links) {
    const scanner = new HttpBrowser(app.issuer)
    for (const method of ['HEAD', 'GET', 'GET']) await scanner.step(link, { method })
    const shown = await scanner.open(link)
    assert.ok(shown.status < 500)
    assert.equal(scanner.cookie('atrium_session'), undefined, 'nobody was signed in')
    assert.equal((await scanner.open('/account/profile')).name, 'identify')
  }
  return links.length
}

test('SEC-60 a scanner that opens every link of every mail spends no code and signs nobody in', async () => {
  const browser = new HttpBrowser(app.issuer)
  const { auroraWeb } = clientsOf(app)
  const asked = await browser.submit(await authorize(browser, authorizationRequest(auroraWeb)), {}, { name: 'action', value: 'sign-up' })
  const page = await browser.submit(asked, { email: ADA.email })
  await scan()

  const details = await browser.submit(page, { code: await codeFor(app, ADA.email) })
  const done = await browser.submit(details, { name: ADA.name, password: ADA.password })
  await scan()

  assert.ok(done.url.searchParams.has('code'), 'the code was still good')
  const again = new HttpBrowser(app.issuer)
  assert.ok((await signInFrom(again, await authorize(again, authorizationRequest(auroraWeb)))).url.searchParams.has('code'))
})
