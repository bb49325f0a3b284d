import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { SoftPasskey } from '../authenticators/soft-passkey.ts'
import { HttpBrowser, inputValue, type Shown } from '../harness/http-browser.ts'
import { codeFor } from '../harness/shopper.ts'
import { authorizationRequest, authorize, confirmed, payloadOf, redemption, signUp, startProtocol } from '../oidc/protocol.ts'
import { type Person, personsAt, SECURITY } from './second-factor.ts'

const app = await startProtocol({ after })
const { auroraWeb, borealisWeb } = app.clients
const { somebody, optionsOn, answerWith } = personsAt(app)
const { db } = app.app.store

/** Up to the page that opens the account. */
async function upToDetails(who: Person, browser = new HttpBrowser(app.issuer)) {
  const request = authorizationRequest(auroraWeb)
  const start = await authorize(browser, request)
  const typed = await browser.submit(await browser.submit(start, {}, { name: 'action', value: 'sign-up' }), { email: who.email })
  const page = await browser.submit(typed, { code: await codeFor(app, who.email) })
  assert.equal(page.name, 'sign_up')
  return { browser, request, page }
}

/** What the page's script sends: the form with the browser's answer in it. */
const withPasskey = (page: Shown, passkey: SoftPasskey, fields: Record<string, string> = {}) => ({
  csrf: inputValue(page, 'csrf')!,
  step: 'sign_up',
  passkey_asked_at: inputValue(page, 'passkey_asked_at')!,
  passkey: JSON.stringify(passkey.create(optionsOn(page))),
  password: '',
  ...fields,
})

const accounts = async (): Promise<number> =>
  (
    await db
      .selectFrom('accounts')
      .select((eb) => eb.fn.countAll<number>().as('count'))
      .executeTakeFirstOrThrow()
  ).count

/** An account that began with a passkey. */
async function opened() {
  const who = somebody()
  const { browser, request, page } = await upToDetails(who)
  const passkey = new SoftPasskey(app.issuer)
  const landed = await browser.post(page.url, withPasskey(page, passkey, { name: who.name }))
  assert.ok(landed.url.searchParams.get('code'), `signed up (${landed.name} ${landed.status})`)
  return { who, browser, request, passkey, landed }
}

test('MFA-1, MFA-22 an account begins with a passkey, at the level of one, and has no password at all', async () => {
  const { who, request, passkey, landed } = await opened()
  const { body } = await app.token(auroraWeb, redemption(request, landed.url.searchParams.get('code')!))
  const { acr, amr, sub } = payloadOf(body.id_token!)
  assert.deepEqual({ acr, amr }, { acr: 'phr', amr: ['email', 'mfa', 'swk', 'user'] })
  const { account_id } = await db.selectFrom('subjects').select('account_id').where('sub', '=', String(sub)).executeTakeFirstOrThrow()
  const kinds = await db.selectFrom('authenticators').select('kind').where('account_id', '=', account_id).execute()
  assert.deepEqual(kinds, [{ kind: 'passkey' }])
  assert.match((await app.mailsTo(who.email))[0]!.subject, /Welcome/)

  const elsewhere = new HttpBrowser(app.issuer)
  const at = authorizationRequest(borealisWeb)
  const arrived = await confirmed(elsewhere, await answerWith(elsewhere, await authorize(elsewhere, at), passkey))
  assert.ok(arrived.url.searchParams.get('code'), 'and it opens the sister brand')
})

test('SEC-37 the password page does not tell that an account has no password', async () => {
  const { who } = await opened()
  const owner = somebody()
  await signUp(app, owner)
  const shown = await Promise.all(
    [who.email, owner.email].map(async (address) => {
      const browser = new HttpBrowser(app.issuer)
      const page = await browser.submit(await authorize(browser, authorizationRequest(auroraWeb)), { identifier: address })
      const wrong = await browser.submit(page, { password: 'not the password of anybody' })
      const words = (text: string) =>
        text.replaceAll(address, '').replaceAll(/nonce="[^"]*"|\/sign-in\/[\w-]+|name="csrf" value="[^"]*"/g, '')
      return { status: wrong.status, first: words(page.text), wrong: words(wrong.text) }
    }),
  )

  assert.deepEqual(shown[0], shown[1])
})

test('MFA-31 who forgot a password that there never was is asked for the passkey', async () => {
  const { who, passkey } = await opened()
  const browser = new HttpBrowser(app.issuer)
  let page = await browser.submit(await authorize(browser, authorizationRequest(auroraWeb)), { identifier: who.email })
  page = await browser.submit(page, {}, { name: 'action', value: 'forgot-password' })
  page = await browser.submit(page, { code: await codeFor(app, who.email) })
  assert.equal(page.name, 'passkey')
  const chosen = await answerWith(browser, page, passkey)
  assert.equal(chosen.name, 'recover')
  assert.ok((await browser.submit(chosen, { password: 'a-better-battery-horse-7' })).url.searchParams.get('code'))
  assert.match((await app.mailsTo(who.email))[0]!.subject, /password was set/)
})

test('MFA-6, SEC-53 a creation counts once, in the journey it was asked in and at its moment', async () => {
  const [one, two] = [await upToDetails(somebody()), await upToDetails(somebody())]
  const passkey = new SoftPasskey(app.issuer)
  const fields = withPasskey(one.page, passkey, { name: 'Ada' })
  const { passkey: answer, passkey_asked_at } = fields
  const foreign = { ...withPasskey(two.page, passkey, { name: 'Eve' }), passkey: answer, passkey_asked_at }
  assert.equal((await two.browser.post(two.page.url, foreign)).status, 422, 'another journey')

  const incomplete = await one.browser.post(one.page.url, { ...fields, name: '' })
  assert.equal(incomplete.status, 422)
  assert.equal((await one.browser.post(one.page.url, fields)).status, 422, 'after it was looked at once')
  const late = withPasskey(incomplete, new SoftPasskey(app.issuer), { name: 'Ada' })
  await app.advance(301)
  assert.equal((await one.browser.post(one.page.url, late)).status, 422, 'after five minutes')
})

test('SEC-53 of one answer that arrives twice at the same moment one opens an account', async () => {
  const { browser, page } = await upToDetails(somebody())
  const fields = withPasskey(page, new SoftPasskey(app.issuer), { name: 'Ada' })
  const before = await accounts()

  const landed = await Promise.all([1, 2, 3].map(() => browser.copy().post(page.url, fields)))

  assert.equal((await accounts()) - before, 1)
  assert.ok(landed.some(({ url }) => url.searchParams.get('code')))
  assert.ok(landed.every(({ status }) => status < 500))
})

test('MFA-7 a passkey that is somebody’s opens no account, and nothing of the account is left', async () => {
  const { passkey } = await opened()
  const who = somebody()
  const { browser, page } = await upToDetails(who)
  const before = await accounts()

  const refused = await browser.post(page.url, withPasskey(page, passkey, { name: 'Eve' }))

  assert.equal(refused.name, 'sign_up')
  assert.equal(await accounts(), before)
  const landed = await browser.submit(refused, { name: who.name, password: who.password })
  assert.ok(landed.url.searchParams.get('code'), 'the address is free and the password form works')
})

test('MFA-27 an account without a password adds one after a proof with its passkey alone', async () => {
  const { browser, passkey } = await opened()
  await app.advance(301)
  const asked = await browser.open(`${SECURITY}/password`)
  const page = asked.name === 'identify' ? await answerWith(browser, asked, passkey) : asked
  assert.equal(page.name, 'account.security.password')

  const done = await browser.submit(page, { password: 'a-better-battery-horse-7' })

  assert.equal(done.url.searchParams.get('status'), 'password_added')
})

test('MFA-10 a passkey that nobody has is signalled to the password manager that offered it; one that is refused is not', async () => {
  const { passkey } = await opened()
  const stranger = new SoftPasskey(app.issuer)
  stranger.create({ challenge: 'AAAA', rp: { id: 'localhost' }, user: { id: 'AAAA' } })
  const start = await authorize(new HttpBrowser(app.issuer), authorizationRequest(auroraWeb))
  assert.doesNotMatch(start.text, /data-passkey-signal/)
  const tried = async (answer: (page: Shown) => object) => {
    const browser = new HttpBrowser(app.issuer)
    const page = await authorize(browser, authorizationRequest(auroraWeb))
    const refused = await browser.submit(page, { passkey: JSON.stringify(answer(page)) })
    assert.equal(refused.status, 422)
    return refused.text
  }

  const unknown = await tried((page) => stranger.get(optionsOn(page)))
  const wrong = await tried((page) => passkey.get(optionsOn(page), { origin: 'https://evil.example' }))

  assert.match(unknown, new RegExp(`data-passkey-signal="[^"]*unknownCredential[^"]*localhost[^"]*${stranger.id}`))
  assert.doesNotMatch(wrong, /data-passkey-signal/)
})

test('MFA-4, MFA-11 where passkeys may be used comes from the configuration; no header of a request adds to it', async () => {
  const asked = async (headers: Record<string, string>) =>
    (await fetch(`${app.issuer}/.well-known/webauthn`, { headers, redirect: 'manual' })).json()
  const plain = await asked({})

  for (const headers of [{ 'x-forwarded-host': 'evil.example' }, { forwarded: 'host=evil.example' }, { origin: 'https://evil.example' }])
    assert.deepEqual(await asked(headers), plain)
  const { passkey } = await opened()
  const browser = new HttpBrowser(app.issuer)
  browser.headers['x-forwarded-host'] = 'evil.example'
  const page = await authorize(browser, authorizationRequest(auroraWeb))
  assert.equal(optionsOn<{ rpId: string }>(page).rpId, 'localhost')
  const foreign = JSON.stringify(passkey.get(optionsOn(page), { origin: 'https://evil.example' }))
  assert.equal((await browser.submit(page, { passkey: foreign })).status, 422)
})
