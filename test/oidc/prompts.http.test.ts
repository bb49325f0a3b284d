import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { HttpBrowser, inputValue, type Shown } from '../harness/http-browser.ts'
import { ADA } from '../harness/shopper.ts'
import {
  authorizationRequest,
  authorize,
  codeFrom,
  confirmed,
  payloadOf,
  redemption,
  signIn,
  signInFrom,
  signUp,
  signUpFrom,
  startProtocol,
  tokensFor,
} from './protocol.ts'

const app = await startProtocol({ after })
const BOB = { email: 'bob@example.com', name: 'Bob Noyce', password: 'another-horse-staple-7' }
await signUp(app)
await signUp(app, BOB)
const { auroraWeb, auroraApp, parcellyWeb } = app.clients

const errorOf = (page: Shown): string | null => page.url.searchParams.get('error')
const hasCode = (page: Shown): boolean => page.url.searchParams.has('code')
const ask = (
  browser: HttpBrowser,
  extra: Record<string, string | undefined> = {},
  client: Parameters<typeof authorizationRequest>[0] = auroraWeb,
) => authorize(browser, authorizationRequest(client, extra))

test('SEC-6, OIDC-22 prompt=none shows no page: signed out is login_required, without a session or a cookie left behind', async () => {
  const stranger = new HttpBrowser(app.issuer)

  const page = await ask(stranger, { prompt: 'none' })

  assert.equal(errorOf(page), 'login_required')
  assert.equal(page.url.searchParams.get('iss'), app.issuer)
  assert.deepEqual(stranger.setCookies, [])
})

test('SEC-6, OIDC-22 prompt=none: not confirmed for this recipient is consent_required, confirmed is a code', async () => {
  const browser = await signIn(app)

  assert.equal(errorOf(await ask(browser, { prompt: 'none' }, parcellyWeb)), 'consent_required')
  assert.equal(hasCode(await confirmed(browser, await ask(browser, {}, parcellyWeb))), true)
  assert.equal(hasCode(await ask(browser, { prompt: 'none' }, parcellyWeb)), true)
  assert.equal(errorOf(await ask(browser, { prompt: 'none' }, auroraApp)), 'interaction_required', 'an app anybody could have started')
  assert.equal(errorOf(await ask(browser, { prompt: 'none login' })), 'invalid_request')
})

test('OIDC-22 prompt=login asks for the password although there is a session, and auth_time tells when', async () => {
  const browser = await signIn(app)
  const before = payloadOf((await tokensFor(app, browser, auroraWeb)).id_token!)
  await app.advance(5)
  const request = authorizationRequest(auroraWeb, { prompt: 'login' })

  const page = await signInFrom(browser, await authorize(browser, request))
  const { body } = await app.token(auroraWeb, redemption(request, page.url.searchParams.get('code')!))

  const now = payloadOf(body.id_token!)
  assert.ok((now.auth_time as number) >= (before.auth_time as number) + 5)
  assert.equal(now.sub, before.sub)
})

test('SEC-7 a fresh proof that was asked for cannot be talked away later: by the address, the resume link, the back button or another tab', async () => {
  for (const asked of [{ prompt: 'login' }, { max_age: '0' }]) {
    const browser = await signIn(app)
    const page = await ask(browser, asked)
    assert.equal(page.name, 'identify')
    const uid = page.url.pathname.split('/')[2]

    for (const path of [`/authorize/${uid}`, `/authorize/${uid}?prompt=none`, `${page.url.pathname}?prompt=consent&max_age=9999`]) {
      const shown = await browser.open(path)
      assert.equal(hasCode(shown), false, path)
    }
    const other = await ask(browser)
    assert.equal(hasCode(other), true, 'another tab signs in with the session')
    assert.equal(hasCode(await browser.open(`/authorize/${uid}`)), false)
  }
})

test('OIDC-22 max_age: a session younger than that is enough, an older one asks again', async () => {
  const browser = await signIn(app)

  assert.equal(hasCode(await ask(browser, { max_age: '60' })), true)
  await app.advance(61)
  assert.equal((await ask(browser, { max_age: '60' })).name, 'identify')
  assert.equal(errorOf(await ask(browser, { max_age: '60', prompt: 'none' })), 'login_required')
  assert.equal(hasCode(await ask(browser, { max_age: '3600' })), true)
  for (const max_age of ['-1', 'x', '1.5', '99999999999999999999'])
    assert.equal(errorOf(await ask(browser, { max_age })), 'invalid_request', max_age)
})

test('OIDC-22 prompt=consent asks again what was confirmed; a no goes back as access_denied', async () => {
  const browser = await signIn(app)

  const page = await ask(browser, { prompt: 'consent' })
  assert.equal(page.name, 'confirm')
  const no = await browser.submit(page, {}, { name: 'action', value: 'deny' })
  assert.equal(errorOf(no), 'access_denied')
  assert.equal(no.url.searchParams.get('iss'), app.issuer)

  assert.equal(hasCode(await browser.submit(await ask(browser, { prompt: 'consent' }))), true)
  assert.equal(errorOf(await ask(browser, { prompt: 'nonsense' })), 'invalid_request')
})

test('OIDC-22 prompt=login consent asks for both, one after the other', async () => {
  const browser = await signIn(app)

  const page = await signInFrom(browser, await ask(browser, { prompt: 'login consent' }))

  assert.equal(page.name, 'confirm')
  assert.equal(hasCode(await browser.submit(page)), true)
})

test('OIDC-22 prompt=select_account asks who it is; prompt=create begins with the sign-up', async () => {
  const browser = await signIn(app)

  assert.equal((await ask(browser, { prompt: 'select_account' })).name, 'identify')
  assert.equal((await ask(browser, { prompt: 'create' })).name, 'sign_up')
  assert.equal((await ask(new HttpBrowser(app.issuer), { prompt: 'create' })).name, 'sign_up')
  assert.equal(hasCode(await signInFrom(browser, await ask(browser, { prompt: 'select_account' }))), true)
})

test('OIDC-22 two accounts in one browser: signing in as the second ends the first one’s session and goes on', async () => {
  const browser = await signIn(app)
  const adas = await tokensFor(app, browser, auroraWeb)
  const request = authorizationRequest(auroraWeb, { prompt: 'login' })

  const between = await signInFrom(browser, await authorize(browser, request), BOB)
  assert.equal(between.text.includes('/sign-out/confirm'), true, 'a form that goes on by script, or by its button')
  const done = await browser.submit(between)
  const { body } = await app.token(auroraWeb, redemption(request, done.url.searchParams.get('code')!))

  assert.notEqual(payloadOf(body.id_token!).sub, payloadOf(adas.id_token!).sub)
  assert.equal((await app.userinfo(adas.access_token)).status, 401)
  assert.equal((await app.userinfo(body.access_token)).status, 200)
})

test('OIDC-22 prompt=create in a browser that is signed in opens a second account and signs in with it', async () => {
  const EVE = { email: 'eve@example.com', name: 'Eve Newly', password: 'quite-a-long-phrase-3' }
  const browser = await signIn(app)
  const request = authorizationRequest(auroraWeb, { prompt: 'create' })

  const between = await signUpFrom(app, browser, await authorize(browser, request), EVE)
  const done = await browser.submit(between)
  const { body } = await app.token(auroraWeb, redemption(request, done.url.searchParams.get('code')!))

  assert.equal((await app.userinfo(body.access_token)).status, 200)
})

test('OIDC-22 an id_token_hint of another account asks to sign in, silently it is login_required; of another client or forged it is refused', async () => {
  const [ada, bob] = [await signIn(app), await signIn(app, BOB)]
  const hint = (await tokensFor(app, ada, auroraWeb)).id_token!

  assert.equal(hasCode(await ask(ada, { id_token_hint: hint, prompt: 'none' })), true)
  assert.equal(errorOf(await ask(bob, { id_token_hint: hint, prompt: 'none' })), 'login_required')
  assert.equal((await ask(bob, { id_token_hint: hint })).name, 'identify')

  const [header, payload, signature] = hint.split('.') as [string, string, string]
  const changed = Buffer.from(JSON.stringify({ ...payloadOf(hint), sub: 'x' })).toString('base64url')
  const none = Buffer.from('{"alg":"none"}').toString('base64url')
  for (const bad of [`${header}.${changed}.${signature}`, `${none}.${payload}.`, 'nonsense']) {
    assert.equal(errorOf(await ask(ada, { id_token_hint: bad, prompt: 'none' })), 'invalid_request')
  }
  assert.equal(errorOf(await ask(ada, { id_token_hint: hint, prompt: 'none' }, parcellyWeb)), 'invalid_request')
})

test('an account asked for by claims.id_token.sub is the only one that may come back', async () => {
  const [ada, bob] = [await signIn(app), await signIn(app, BOB)]
  const { sub } = payloadOf((await tokensFor(app, ada, auroraWeb)).id_token!)
  const claims = JSON.stringify({ id_token: { sub: { value: sub } } })

  assert.equal(hasCode(await ask(ada, { claims, prompt: 'none' })), true)
  assert.equal(errorOf(await ask(bob, { claims, prompt: 'none' })), 'login_required')
})

test('login_hint stands in the field, as text; ui_locales picks the language', async () => {
  const hinted = await ask(new HttpBrowser(app.issuer), { login_hint: ADA.email })
  const odd = await ask(new HttpBrowser(app.issuer), { login_hint: '"><b>x</b>' })
  const german = await ask(new HttpBrowser(app.issuer), { ui_locales: 'fr-FR de-AT en' })

  assert.equal(inputValue(hinted, 'identifier'), ADA.email)
  assert.equal(odd.text.includes('<b>x'), false)
  assert.equal(inputValue(odd, 'identifier'), '"><b>x</b>')
  assert.match(german.text, /<html lang="de">/)
})

test('SEC-50 a level that was reached is told in acr and amr; an essential one that cannot be is unmet_authentication_requirements, once and for all', async () => {
  const browser = await signIn(app)
  const essential = (...values: string[]) => ({ claims: JSON.stringify({ id_token: { acr: { essential: true, values } } }) })
  const request = authorizationRequest(auroraWeb, essential('password'))
  const { body } = await app.token(auroraWeb, redemption(request, await codeFrom(browser, request)))

  const { acr, amr } = payloadOf(body.id_token!)
  assert.deepEqual({ acr, amr }, { acr: 'password', amr: ['pwd'] })
  assert.equal(hasCode(await ask(browser, essential('email'))), true, 'a higher level than asked for')
  assert.equal(hasCode(await ask(browser, essential('phr', 'password'))), true, 'one of several')
  assert.equal(errorOf(await ask(browser, essential('phr'))), 'unmet_authentication_requirements', 'nothing of hers reaches it')
  assert.equal(errorOf(await ask(browser, { ...essential('phr'), prompt: 'none' })), 'login_required')
  const stranger = new HttpBrowser(app.issuer)
  assert.equal(errorOf(await signInFrom(stranger, await ask(stranger, essential('phr')))), 'unmet_authentication_requirements')
})

test('SEC-50 acr_values: the lowest level named is enough, one that cannot be reached is an error, words of others mean nothing', async () => {
  const browser = await signIn(app)
  for (const acr_values of ['password', 'email', 'phr mfa password', 'email password', 'urn:example:gold', '1 2'])
    assert.equal(hasCode(await ask(browser, { acr_values })), true, acr_values)
  for (const acr_values of ['phr', 'mfa', 'phr mfa', 'phr urn:example:gold']) {
    assert.equal(errorOf(await ask(browser, { acr_values })), 'unmet_authentication_requirements', acr_values)
    assert.equal(errorOf(await ask(browser, { acr_values, prompt: 'none' })), 'login_required', acr_values)
  }
  const both = { acr_values: 'email', claims: JSON.stringify({ id_token: { acr: { essential: true, values: ['phr'] } } }) }
  assert.equal(errorOf(await ask(browser, both)), 'unmet_authentication_requirements', 'the strictest wins')
})

test('OIDC-21, SEC-27 a journey’s link opens nothing in another browser, whatever cookies that one makes up', async () => {
  const victim = new HttpBrowser(app.issuer)
  const page = await ask(victim)
  const uid = page.url.pathname.split('/')[2]!
  const name = 'atrium_interaction'
  const forgeries = {
    'no cookie': [],
    'the uid unsigned': [{ name, value: uid }],
    'the uid with a made-up signature': [
      { name, value: uid },
      { name: `${name}.sig`, value: 'AAAAAAAAAAAAAAAAAAAAAAAAAAA' },
    ],
    'the uid with the signature of another journey': [
      { name, value: uid },
      { name: `${name}.sig`, value: (await otherJourney()).cookie(`${name}.sig`)! },
    ],
  }
  for (const [what, cookies] of Object.entries(forgeries)) {
    const thief = new HttpBrowser(app.issuer)
    for (const cookie of cookies) thief.put({ host: 'localhost', path: '/', ...cookie })
    for (const path of [page.url.pathname, `/authorize/${uid}`]) {
      const shown = await thief.open(path)
      assert.ok(shown.status >= 400 && shown.status < 500, `${what} at ${path}: ${shown.status}`)
      assert.equal(shown.name, 'error')
      assert.equal(thief.cookie('atrium_session'), undefined)
    }
    const posted = await thief.post(page.url, { csrf: inputValue(page, 'csrf')!, step: 'identify', identifier: ADA.email })
    assert.ok(posted.status >= 400 && posted.status < 500, `${what} by POST: ${posted.status}`)
  }
  assert.equal(hasCode(await signInFrom(victim, await victim.open(page.url))), true, 'and the victim’s own browser goes on')
})

test('SEC-30 a journey that an attacker completed signs nobody in who opens its links', async () => {
  const attacker = new HttpBrowser(app.issuer)
  const page = await ask(attacker)
  const password = await attacker.submit(page, { identifier: BOB.email })
  const answered = await attacker.step(password.url, {
    method: 'POST',
    body: new URLSearchParams({ csrf: inputValue(password, 'csrf')!, step: 'password', password: BOB.password }),
  })
  const resume = answered.headers.get('location')!
  assert.match(resume, /\/authorize\//)

  const victim = new HttpBrowser(app.issuer)
  const shown = await victim.open(resume)

  assert.deepEqual([shown.name, shown.url.origin, victim.cookie('atrium_session')], ['error', app.issuer, undefined])
})

test('SEC-13 two journeys in two tabs of one browser keep apart: each code has its own client, nonce and scope', async () => {
  const browser = new HttpBrowser(app.issuer)
  const [first, second] = [
    authorizationRequest(auroraWeb, { scope: 'openid email' }),
    authorizationRequest(parcellyWeb, { scope: 'openid profile' }),
  ]
  const [tab1, tab2] = [await authorize(browser, first), await authorize(browser, second)]
  assert.notEqual(tab1.url.pathname, tab2.url.pathname)

  const done1 = await signInFrom(browser, await browser.open(tab1.url))
  const done2 = await confirmed(browser, await signInFrom(browser, await browser.open(tab2.url)))
  const [got1, got2] = [
    await app.token(auroraWeb, redemption(first, done1.url.searchParams.get('code')!)),
    await app.token(parcellyWeb, redemption(second, done2.url.searchParams.get('code')!)),
  ]

  assert.deepEqual([got1.body.scope, got2.body.scope], ['openid email', 'openid profile'])
  assert.deepEqual([payloadOf(got1.body.id_token!).nonce, payloadOf(got2.body.id_token!).nonce], [first.params.nonce, second.params.nonce])
})

test('the back button after the end of a journey leads nowhere and repeats nothing', async () => {
  const browser = new HttpBrowser(app.issuer)
  const page = await ask(browser)
  await signInFrom(browser, page)

  const again = await browser.open(page.url)

  assert.equal(hasCode(again), false)
  assert.ok(again.status >= 400 && again.status < 500)
})

async function otherJourney(): Promise<HttpBrowser> {
  const browser = new HttpBrowser(app.issuer)
  await ask(browser)
  return browser
}
