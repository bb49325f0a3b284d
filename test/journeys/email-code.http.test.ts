import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { HttpBrowser, inputValue, type Shown } from '../harness/http-browser.ts'
import { codeFor } from '../harness/shopper.ts'
import {
  authorizationRequest,
  authorize,
  confirmed,
  payloadOf,
  type Request,
  redemption,
  signUp,
  startProtocol,
  type TestClient,
} from '../oidc/protocol.ts'
import { redirectOf, webClient, withEntries } from '../oidc/signing.ts'
import { type Person, personsAt, SECURITY } from './second-factor.ts'

const SECRET = 'a-secret-of-the-clients-that-want-more'
const of = (minimum_acr: string) => ({ client_secret: SECRET, minimum_acr })
const app = await startProtocol(
  { after },
  { group: withEntries({ clients: [webClient('least-password', of('password')), webClient('least-mfa', of('mfa'))] }) },
)
const { auroraWeb } = app.clients
const { somebody, nextCode, withApp, addPasskey, answerWith } = personsAt(app)
const client = (client_id: string): TestClient => ({ client_id, secret: SECRET, redirect_uri: redirectOf(client_id) })

/** A browser at the page for the code that was mailed in place of the password. */
async function askForCode(address: string, request: Request = authorizationRequest(auroraWeb)) {
  const browser = new HttpBrowser(app.issuer)
  const page = await browser.submit(await authorize(browser, request), { identifier: address })
  assert.equal(page.name, 'password')
  return { browser, request, page: await browser.submit(page, {}, { name: 'action', value: 'email-code' }) }
}

/** The same with the code typed in. */
async function withCode(who: Person, request?: Request) {
  const asked = await askForCode(who.email, request)
  assert.equal(asked.page.name, 'verify_email')
  return { ...asked, page: await asked.browser.submit(asked.page, { code: await codeFor(app, who.email) }) }
}

const codeIn = (page: Shown): string | null => page.url.searchParams.get('code')
const errorIn = (page: Shown): string | null => page.url.searchParams.get('error')

async function levelOf(request: Request, landed: Shown) {
  const { body } = await app.token(request.client, redemption(request, codeIn(landed)!))
  const { acr, amr } = payloadOf(body.id_token!)
  return { acr, amr }
}

test('MFA-18 a code to the mailbox in place of the password signs in at a level of its own', async () => {
  const who = somebody()
  await signUp(app, who)

  const { browser, request, page } = await withCode(who)

  assert.deepEqual(await levelOf(request, page), { acr: 'email', amr: ['email'] })
  assert.match((await app.mailsTo(who.email))[0]!.subject, /^\d{8} is your code to sign in/)
  const change = await browser.open(`${SECURITY}/password`)
  assert.equal(change.name, 'identify', 'MFA-27 and changes nothing about an account that has more')
})

test('SEC-37 an address that nobody has gets the same page and another mail', async () => {
  const { browser, page } = await askForCode('stranger@example.com')
  const [mail] = await app.mailsTo('stranger@example.com')

  assert.equal(page.name, 'verify_email')
  assert.match(mail!.subject, /no account/)
  assert.doesNotMatch(mail!.text, /\d{6}/)
  assert.equal((await browser.submit(page, { code: '12345678' })).status, 422)
})

test('MFA-40, SEC-43 who has an app or a passkey is asked for it after the code, and no other way leads around it', async () => {
  const { who, secret, codes } = await withApp()
  const { browser, request, page } = await withCode(who)
  assert.equal(page.name, 'totp')
  for (const step of ['confirm', 'password', 'new_password', 'verify_email', 'sign_up'])
    assert.equal((await browser.post(page.url, { csrf: inputValue(page, 'csrf')!, step, action: 'email-code' })).name, 'totp', step)
  const landed = await browser.submit(page, { code: await nextCode(secret) })
  assert.equal((await levelOf(request, landed)).acr, 'email', 'MFA-18 an app beside a mailbox is no second factor')

  const paper = await withCode(who)
  const other = await paper.browser.submit(paper.page, {}, { name: 'action', value: 'other-ways' })
  assert.equal(other.name, 'recovery_code')
  assert.ok(codeIn(await paper.browser.submit(other, { code: codes[0]! })))

  const holder = somebody()
  const passkey = await addPasskey(await signUp(app, holder))
  const third = await withCode(holder)
  assert.equal(third.page.name, 'passkey')
  const proven = await answerWith(third.browser, third.page, passkey)
  assert.equal((await levelOf(third.request, proven)).acr, 'phr')
})

test('MFA-23 where a client wants more than a mailbox the password is asked for after it, and the app’s code too where it wants that', async () => {
  const who = somebody()
  await signUp(app, who)
  const plain = await withCode(who, authorizationRequest(client('least-password')))
  assert.equal(plain.page.name, 'password')
  assert.doesNotMatch(plain.page.text, /data-action="email-code"/)
  assert.equal((await plain.browser.submit(plain.page, { password: 'not the password of anybody' })).status, 422)
  const landed = await confirmed(plain.browser, await plain.browser.submit(plain.page, { password: who.password }))
  assert.deepEqual(await levelOf(plain.request, landed), { acr: 'password', amr: ['email', 'pwd'] })

  const { who: careful, secret } = await withApp()
  const { browser, request, page } = await withCode(careful, authorizationRequest(client('least-mfa')))
  assert.equal(page.name, 'totp')
  const asked = await browser.submit(page, { code: await nextCode(secret) })
  assert.equal(asked.name, 'password')
  const both = await confirmed(browser, await browser.submit(asked, { password: careful.password }))
  assert.equal((await levelOf(request, both)).acr, 'mfa')

  const unmet = await withCode(who, authorizationRequest(client('least-mfa')))
  assert.equal(errorIn(unmet.page), 'unmet_authentication_requirements', 'nothing of theirs reaches it')
})

test('MFA-23 an account without a password, at a client that wants one, is the client’s error', async () => {
  const who = somebody()
  await signUp(app, who)
  const { sub } = payloadOf((await app.token(auroraWeb, await redeemed(who))).body.id_token!)
  const account = await app.app.store.db
    .selectFrom('subjects')
    .select('account_id')
    .where('sub', '=', String(sub))
    .executeTakeFirstOrThrow()
  await app.app.store.db.deleteFrom('authenticators').where('account_id', '=', account.account_id).execute() // as one that came by another provider

  const { page } = await withCode(who, authorizationRequest(client('least-password')))

  assert.equal(errorIn(page), 'unmet_authentication_requirements')
  assert.ok(codeIn((await withCode(who)).page), 'and elsewhere the mailbox is the way in')
})

async function redeemed(who: Person) {
  const { request, page } = await withCode(who)
  return redemption(request, codeIn(page)!)
}

test('MFA-17, MFA-46 a code works once, in its own journey, and three are sent in ten minutes', async () => {
  const who = somebody()
  await signUp(app, who)
  const first = await askForCode(who.email)
  const code = await codeFor(app, who.email)
  const other = await askForCode(who.email)
  if (code !== (await codeFor(app, who.email)))
    assert.equal((await other.browser.submit(other.page, { code })).status, 422, 'another journey')
  const twin = first.browser.copy()

  const landed = await first.browser.submit(first.page, { code })

  assert.ok(codeIn(landed))
  const again = await twin.post(first.page.url, { csrf: inputValue(first.page, 'csrf')!, step: 'verify_email', code })
  assert.equal(codeIn(again), null)
  let page = other.page
  for (const send of ['second', 'third']) {
    page = await other.browser.submit(page, {}, { name: 'action', value: 'resend' })
    assert.equal(page.status, 200, send)
  }
  assert.equal((await other.browser.submit(page, {}, { name: 'action', value: 'resend' })).status, 429)
})

test('MFA-26 a session that has what a client asks for is not asked again on the first visit there', async () => {
  const { who, secret } = await withApp()
  const browser = new HttpBrowser(app.issuer)
  const start = await authorize(browser, authorizationRequest(auroraWeb, { acr_values: 'mfa' }))
  const password = await browser.submit(start, { identifier: who.email })
  const second = await browser.submit(password, { password: who.password })
  assert.ok(codeIn(await browser.submit(second, { code: await nextCode(secret) })))

  const visit = await authorize(browser, authorizationRequest(app.clients.borealisWeb, { acr_values: 'mfa' }))

  assert.equal(visit.name, 'confirm')
  assert.ok(codeIn(await browser.submit(visit, {})))
})
