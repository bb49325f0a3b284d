import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { HttpBrowser, inputValue, type Shown } from '../harness/http-browser.ts'
import { ADA, codeFor } from '../harness/shopper.ts'
import { authorizationRequest, authorize, payloadOf, redemption, signInFrom, signUp, signUpFrom, startProtocol } from './protocol.ts'

/** Initiating User Registration via OpenID Connect 1.0. */
const app = await startProtocol({ after })
const { auroraWeb } = app.clients
await signUp(app)

let people = 0
const somebody = () => ({ ...ADA, email: `newcomer.${++people}@example.com` })
const create = (extra: Record<string, string> = {}) => authorizationRequest(auroraWeb, { prompt: 'create', ...extra })
const codeIn = (page: Shown): string => page.url.searchParams.get('code') ?? ''

async function subjectOf(request: ReturnType<typeof create>, page: Shown): Promise<unknown> {
  const { body } = await app.token(auroraWeb, redemption(request, codeIn(page)))
  return payloadOf(body.id_token!).sub
}

test('OIDC-22 prompt=create begins with the address that login_hint names, and ends at the client with the new account', async () => {
  const who = somebody()
  const browser = new HttpBrowser(app.issuer)
  const request = create({ login_hint: who.email })

  const page = await authorize(browser, request)
  assert.equal(page.name, 'sign_up')
  assert.equal(inputValue(page, 'email'), who.email)
  const done = await signUpFrom(app, browser, page, who)

  const { body } = await app.token(auroraWeb, redemption(request, codeIn(done)))
  const info = await app.userinfo(body.access_token)
  assert.equal(info.body.sub, payloadOf(body.id_token!).sub)
})

test('OIDC-22 prompt=create asks a browser that is signed in for another account, and leaves the first as it was when nothing comes of it', async () => {
  const browser = await signUp(app, somebody())
  const silent = async (): Promise<unknown> => {
    const request = authorizationRequest(auroraWeb, { prompt: 'none' })
    return subjectOf(request, await authorize(browser, request))
  }
  const before = await silent()
  const page = await authorize(browser, create())
  assert.equal(page.name, 'sign_up')
  assert.equal(await silent(), before)

  const second = somebody()
  const request = create()
  const between = await signUpFrom(app, browser, await authorize(browser, request), second)
  const done = await browser.submit(between) // the first one’s session ends, by a form that goes on by script or by its button

  const subject = await subjectOf(request, done)
  assert.notEqual(subject, before)
  assert.equal(await silent(), subject, 'from here on the browser is signed in with the new one')
})

test('OIDC-22 prompt=create stays neutral about a known address, and who has an account may sign in instead', async () => {
  const browser = new HttpBrowser(app.issuer)
  const request = create({ login_hint: ADA.email })
  const known = await browser.submit(await authorize(browser, request), { email: ADA.email })

  assert.equal(known.name, 'verify_email')
  const [mail] = await app.mailsTo(ADA.email)
  assert.doesNotMatch(`${mail?.subject} ${mail?.text}`, /(?<!\d)\d{6,8}(?!\d)/, 'no code for an address that has an account')
  const signUpPage = await browser.submit(known, {}, { name: 'action', value: 'back' })
  assert.equal(signUpPage.name, 'sign_up')
  const identify = await browser.submit(signUpPage, {}, { name: 'action', value: 'sign-in' })
  const done = await signInFrom(browser, identify)
  assert.ok(codeIn(done), `${done.name} ${done.url}`)
})

test('OIDC-22 prompt=create by a pushed request is the same; with none or an unknown prompt it is refused', async () => {
  const pushed = create()
  const { body } = await app.call<{ request_uri: string }>('/par', pushed.params, { as: auroraWeb })
  const browser = new HttpBrowser(app.issuer)
  const page = await browser.open(`/authorize?${new URLSearchParams({ client_id: auroraWeb.client_id, request_uri: body.request_uri })}`)
  assert.equal(page.name, 'sign_up')
  const who = somebody()
  const code = await browser.submit(page, { email: who.email })
  const details = await browser.submit(code, { code: await codeFor(app, who.email) })
  assert.ok(codeIn(await browser.submit(details, { name: who.name, password: who.password })))

  for (const prompt of ['create none', 'none create', 'create other']) {
    const refused = await authorize(new HttpBrowser(app.issuer), create({ prompt }))
    assert.equal(refused.url.searchParams.get('error'), 'invalid_request', prompt)
  }
})

test('OIDC-22 prompt=create beside login or consent still begins with the sign-up and is answered once', async () => {
  for (const prompt of ['create login', 'create consent', 'consent create']) {
    const browser = new HttpBrowser(app.issuer)
    const request = create({ prompt })
    const page = await authorize(browser, request)
    assert.equal(page.name, 'sign_up', prompt)
    let done = await signUpFrom(app, browser, page, somebody())
    if (done.name === 'confirm') done = await browser.submit(done)
    assert.ok(codeIn(done), `${prompt}: ${done.name} ${done.url}`)
  }
})
