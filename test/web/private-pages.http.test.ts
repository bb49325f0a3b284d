import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { HttpBrowser } from '../harness/http-browser.ts'
import { ADA, codeFor } from '../harness/shopper.ts'
import { authorizationRequest, authorize, signUp, startProtocol } from '../oidc/protocol.ts'

const app = await startProtocol({ after })
const browser = await signUp(app)

/** What a journey's every request is answered with, the credential POSTs included. */
async function answersOfSignIn(): Promise<{ readonly method: string; readonly url: string; readonly response: Response }[]> {
  const seen: { method: string; url: string; response: Response }[] = []
  const watched = new HttpBrowser(app.issuer, async (url, init) => {
    const response = await fetch(url, init)
    seen.push({ method: init.method ?? 'GET', url: `${url}`, response })
    return response
  })
  let page = await authorize(watched, authorizationRequest(app.clients.auroraWeb))
  page = await watched.submit(page, { identifier: ADA.email })
  page = await watched.submit(page, { password: 'not-her-password-1' })
  page = await watched.submit(page, { password: ADA.password })
  assert.ok(page.url.searchParams.get('code'), page.name)
  return seen
}

test('SEC-10 a POST that carries a credential is followed by 303, so that no browser sends the password on', async () => {
  const posts = (await answersOfSignIn()).filter(({ method }) => method === 'POST')

  assert.ok(posts.length >= 3)
  const redirected = posts.filter(({ response }) => response.headers.has('location'))
  assert.ok(redirected.length > 0)
  for (const { url, response } of redirected) assert.equal(response.status, 303, url)
})

test('SEC-101 nothing of a sign-in and no page of the account is kept by any cache', async () => {
  for (const { method, url, response } of await answersOfSignIn())
    assert.match(response.headers.get('cache-control') ?? '', /no-store/, `${method} ${url}`)
  for (const path of ['/account', '/account/profile', '/account/sessions', '/sign-out', '/nowhere']) {
    const page = await browser.open(path)
    assert.match(page.headers.get('cache-control') ?? '', /no-store/, path)
  }
})

test('SEC-101 a page of the account that is asked for as if it were a style sheet or an image is not found', async () => {
  assert.match((await browser.open('/account')).text, /Ada/)
  for (const path of [
    '/account/x.css',
    '/account/profile/x.js',
    '/account%2fx.css',
    '/account;x.css',
    '/account/profile.png',
    '/account//x.ico',
  ]) {
    const page = await browser.open(path)
    assert.equal(page.status, 404, path)
    assert.doesNotMatch(page.text, /Ada|ada\.lovelace/, path)
    assert.match(page.headers.get('cache-control') ?? '', /no-store/, path)
  }
})

test('SEC-101 no answer lets another origin read with cookies, whatever origin asks', async () => {
  const paths = [
    '/account',
    '/account/profile',
    '/authorize',
    '/token',
    '/userinfo',
    '/jwks',
    '/.well-known/openid-configuration',
    '/sign-out',
  ]
  for (const origin of ['https://evil.example', 'null', app.issuer.replace('localhost', 'localhost.evil.example')])
    for (const path of paths)
      for (const method of ['GET', 'OPTIONS']) {
        const { headers } = await browser.step(path, {
          method,
          headers: { origin, 'access-control-request-method': 'POST', 'access-control-request-headers': 'authorization' },
        })
        assert.equal(headers.get('access-control-allow-credentials'), null, `${method} ${path}`)
        if (path.startsWith('/account')) assert.equal(headers.get('access-control-allow-origin'), null, `${method} ${path}`)
      }
})

test('SEC-83 the code and the password stand in no address of ours', async () => {
  const code = await (async () => {
    const fresh = new HttpBrowser(app.issuer)
    let page = await authorize(fresh, authorizationRequest(app.clients.auroraWeb))
    page = await fresh.submit(page, {}, { name: 'action', value: 'sign-up' })
    await fresh.submit(page, { email: 'grace@example.com' })
    return codeFor(app, 'grace@example.com')
  })()

  for (const { url } of await answersOfSignIn()) {
    assert.doesNotMatch(url, new RegExp(`${ADA.password}|${code}|not-her-password`))
    assert.ok(!decodeURIComponent(url).includes(ADA.email), url)
  }
})
