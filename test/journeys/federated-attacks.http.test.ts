import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { after, test } from 'node:test'
import { exportJWK, importJWK, type JWTPayload } from 'jose'
import { demoGroup } from '../harness/app.ts'
import { HttpBrowser, inputValue, type Shown } from '../harness/http-browser.ts'
import { type Person, startIdentityProvider } from '../harness/identity-provider.ts'
import { codeFor } from '../harness/shopper.ts'
import { confirmed, signInFrom, signUp } from '../oidc/protocol.ts'
import { alertOn, applyGroup, codeOf, hasButton, onward, startFederated, withProviders } from './federated.ts'

const hostile = await startIdentityProvider({ after }, 'hostile')
const { app, elsewhere, begin, pressed, back, arrive } = await startFederated({ after }, { also: () => hostile.entry() })
hostile.register(app.issuer)

let people = 0
const person = (): Person => ({ sub: `sub-${++people}`, email: `there.${people}@example.com`, email_verified: true, name: 'Grace Hopper' })

/** Somebody the provider signs in here. */
async function linked(): Promise<Person> {
  const who = person()
  const { browser, page } = await arrive(who)
  const details = await browser.submit(await browser.submit(page, { email: String(who.email) }), {
    code: await codeFor(app, String(who.email)),
  })
  assert.ok(codeOf(await browser.submit(details, { name: 'Grace Hopper' })))
  return who
}

const b64 = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')
const without = (claims: JWTPayload, name: string): JWTPayload =>
  Object.fromEntries(Object.entries(claims).filter(([claim]) => claim !== name))
const stranger = elsewhere.stranger()

const FORGED: Readonly<Record<string, (claims: JWTPayload) => JWTPayload | Promise<string>>> = {
  'another issuer': (claims) => ({ ...claims, iss: 'https://accounts.google.com' }),
  'another audience': (claims) => ({ ...claims, aud: 'somebody-else' }),
  'two audiences and no authorized party': (claims) => ({ ...claims, aud: [String(claims.aud), 'somebody-else'] }),
  'another authorized party': (claims) => ({ ...claims, azp: 'somebody-else' }),
  'no nonce': (claims) => without(claims, 'nonce'),
  'another nonce': (claims) => ({ ...claims, nonce: 'another' }),
  'an end long ago': (claims) => ({ ...claims, exp: Number(claims.iat) - 3_600 }),
  'no end': (claims) => without(claims, 'exp'),
  'no subject': (claims) => without(claims, 'sub'),
  'an empty subject': (claims) => ({ ...claims, sub: '' }),
  'a subject that is no text': (claims) => ({ ...claims, sub: 7 as never }),
  'alg none': async (claims) => `${b64({ alg: 'none' })}.${b64(claims)}.`,
  'an HMAC with the client secret': async (claims) => {
    const input = `${b64({ alg: 'HS256' })}.${b64(claims)}`
    return `${input}.${createHmac('sha256', 'the-secret-of-atrium-elsewhere').update(input).digest('base64url')}`
  },
  'a stranger’s key under its own name': (claims) => elsewhere.signed(claims, {}, stranger),
  'a stranger’s key under the provider’s name': (claims) => elsewhere.signed(claims, { kid: elsewhere.publicKey().kid }, stranger),
  'a stranger’s key in the header': async (claims) =>
    elsewhere.signed(
      claims,
      { kid: undefined, jwk: await exportJWK((await importJWK({ ...stranger, d: undefined } as never, 'ES256')) as never) },
      stranger,
    ),
  'no token at all': async () => '',
}

for (const [what, forge] of Object.entries(FORGED))
  test(`SEC-66 an answer with ${what} signs nobody in, and the page says so in its own words`, async () => {
    const who = person()
    elsewhere.tricks.idToken = forge as never
    const { page } = await arrive(who).finally(() => delete elsewhere.tricks.idToken)

    assert.equal(page.name, 'identify')
    assert.match(alertOn(page), /Signing in with Elsewhere did not work/)
    assert.doesNotMatch(alertOn(page), /nonce|JWT|claim/)
  })

test('SEC-66 a rotated key is fetched, at most once a minute', async () => {
  const who = await linked()
  elsewhere.rotate()
  const soon = await arrive(who)
  assert.match(alertOn(soon.page), /did not work/)

  await app.advance(61)

  const { browser, page } = await arrive(who)
  assert.ok(codeOf(await confirmed(browser, page)))
})

test('SEC-67 an answer for one provider counts at no other’s address, and names its own issuer', async () => {
  const who = await linked()
  const browser = new HttpBrowser(app.issuer)
  elsewhere.become(who)
  const { url } = await elsewhere.answer(await pressed(browser, await begin(browser)))

  const crossed = new URL(url)
  crossed.pathname = crossed.pathname.replace('/elsewhere', '/hostile')
  assert.equal((await browser.open(crossed)).status, 410)
  assert.equal((await browser.open(url.href.replace('/elsewhere', '/nobody'))).status, 410)
  url.searchParams.set('iss', hostile.issuer)
  const mixed = await back(browser, url)

  assert.match(alertOn(mixed), /did not work/)
})

test('SEC-67 a hostile provider gets a code of its own alone: state and verifier of another’s request are of no use with it', async () => {
  const who = await linked()
  const browser = new HttpBrowser(app.issuer)
  hostile.become({ ...who, iss: elsewhere.issuer })
  const first = await pressed(browser, await begin(browser))
  const second = new HttpBrowser(app.issuer)
  const bad = await hostile.answer(await pressed(second, await begin(second), 'hostile'))
  const state = new URL(first).searchParams.get('state')!

  const swapped = new URL(bad.url)
  swapped.pathname = swapped.pathname.replace('/hostile', '/elsewhere')
  swapped.searchParams.set('state', state)
  swapped.searchParams.set('iss', elsewhere.issuer)
  const page = await back(browser, swapped)

  assert.equal(page.name, 'identify')
  assert.match(alertOn(page), /did not work/)
  const honest = await back(second, bad.url)
  assert.equal(honest.name, 'sign_up', 'the same subject at another provider is another person')
})

test('SEC-67 an answer belongs to the browser and the journey that asked: a stranger’s link signs nobody in to the stranger’s account', async () => {
  const attacker = await linked()
  const theirs = new HttpBrowser(app.issuer)
  elsewhere.become(attacker)
  const { url } = await elsewhere.answer(await pressed(theirs, await begin(theirs)))

  const victim = new HttpBrowser(app.issuer)
  const own = await begin(victim)
  const elsewhereOn = onward(await victim.open(url))
  const stolen = await victim.open(elsewhereOn)
  assert.ok(stolen.status === 403 || stolen.status === 410, String(stolen.status))
  const planted = await victim.open(`${own.url.pathname}/provider?state=${url.searchParams.get('state')}`)
  assert.equal(planted.name, 'identify')
  assert.equal(alertOn(planted), '')

  assert.ok(codeOf(await confirmed(theirs, await theirs.open(elsewhereOn))), 'and it was not spent by that')
})

test('SEC-71 an answer works once: again, from the history, or twice at the same moment', async () => {
  const who = await linked()
  const browser = new HttpBrowser(app.issuer)
  elsewhere.become(who)
  const page = await begin(browser)
  const { url } = await elsewhere.answer(await pressed(browser, page))
  const on = onward(await browser.open(url))

  const both = await Promise.all([browser.step(on), browser.step(on)])
  const ends = both.map((response) => response.headers.get('location') ?? '')
  assert.equal(ends.filter((to) => to.includes('/authorize/')).length, 1, ends.join(' '))
  assert.equal((await app.app.store.pool.query('select 1 from federated_requests where answer_sealed is not null')).rowCount, 0)

  assert.equal((await browser.open(url)).status, 410)
  const late = await browser.open(on)
  assert.ok(late.status === 410 || codeOf(late), `${late.status}`)
})

test('SEC-71 who comes from a provider is brought along once: what was linked or dropped is not there again', async () => {
  const owner = { email: `here.${++people}@example.com`, name: 'Ada', password: 'correct-horse-battery-9' }
  await signUp(app, owner)
  const { browser, page } = await arrive(person())
  const identify = await browser.submit(page, {}, { name: 'action', value: 'sign-in' })
  const link = await signInFrom(browser, identify, owner)
  const fields = { csrf: inputValue(link, 'csrf')!, step: 'link_provider', action: 'link' }

  const [one, two] = await Promise.all([browser.step(link.url, post(fields)), browser.step(link.url, post(fields))])

  assert.ok(one && two)
  const { rows } = await app.app.store.pool.query<{ n: number }>(
    `select count(*)::int as n from federated_index f join accounts a on a.id = f.account_id group by f.identity_hash having count(*) > 1`,
  )
  assert.deepEqual(rows, [])
  assert.equal((await app.mailsTo(owner.email)).filter(({ subject }) => /connected/.test(subject)).length, 1)
})

const post = (fields: Record<string, string>): RequestInit => ({ method: 'POST', body: new URLSearchParams(fields) })

test('a malformed callback is refused plainly, whatever it carries', async () => {
  const browser = new HttpBrowser(app.issuer)
  const at = '/sign-in/federated/callback/elsewhere'
  const state = 'x'.repeat(43)

  for (const query of [
    '',
    '?code=1',
    `?state=${state}`,
    `?code=1&state=${state}`,
    `?error=<script>&state=${state}`,
    `?state=${'x'.repeat(300)}`,
  ])
    assert.equal((await browser.open(`${at}${query}`)).status, 410, query)
  assert.equal((await browser.open(`${at}?state=${state}&state=${state}`)).status, 400)
  assert.equal((await browser.post(at, { state, code: '1' })).status, 410)
  assert.equal((await browser.post(at, { state, user: '{' })).status, 410)
})

test('SEC-68 a provider that is switched off signs in nobody, on the way neither, and opens and links no account', async () => {
  const who = await linked()
  const yaml = (more: string): string => withProviders(demoGroup(app.ports), elsewhere.entry(more), hostile.entry())
  const browser = new HttpBrowser(app.issuer)
  const page = await begin(browser)
  elsewhere.become(who)
  const { url } = await elsewhere.answer(await pressed(browser, page))
  const brought = await arrive(person())
  const details = await signingUp(brought.browser, brought.page)

  await applyGroup(app, yaml('enabled: false'))
  const late = await back(browser, url)
  const fresh = await begin(new HttpBrowser(app.issuer))
  const forced = await browser.post(page.url, { csrf: inputValue(page, 'csrf')!, step: 'identify', provider: 'elsewhere' })
  const signedUp = await brought.browser.submit(details, { name: 'Grace Hopper' })

  assert.equal(late.name, 'identify')
  assert.ok(!codeOf(late))
  assert.doesNotMatch(fresh.text, /value="elsewhere"/)
  assert.equal(forced.name, 'identify')
  assert.equal(signedUp.status, 422, 'without the provider a password is needed')
  assert.match(signedUp.text, /name="password"/)

  await applyGroup(app, yaml('allows: [link]'))
  assert.doesNotMatch((await begin(new HttpBrowser(app.issuer))).text, /value="elsewhere"/)
  await applyGroup(app, yaml('allows: [sign_in]'))
  assert.match(alertOn((await arrive(person())).page), /do not know this account/)
  await applyGroup(app, yaml('recipients: [borealis]'))
  assert.ok(!/value="elsewhere"/.test((await begin(new HttpBrowser(app.issuer))).text))
  await applyGroup(app, yaml(''))
  const again = await arrive(who)
  assert.ok(codeOf(await confirmed(again.browser, again.page)))
})

async function signingUp(browser: HttpBrowser, page: Shown): Promise<Shown> {
  const email = inputValue(page, 'email')!
  return browser.submit(await browser.submit(page, { email }), { code: await codeFor(app, email) })
}

test('a provider nobody can reach is told before anybody is sent away, and not asked again for ten seconds', async () => {
  const yaml = withProviders(demoGroup(app.ports), elsewhere.entry('scopes: [email]'), hostile.entry())
  await applyGroup(app, yaml) // a changed entry is discovered anew
  elsewhere.tricks.outage = 'down'
  const browser = new HttpBrowser(app.issuer)

  const told = await browser.submit(await begin(browser), {}, { name: 'provider', value: 'elsewhere' })
  delete elsewhere.tricks.outage
  const spared = await browser.submit(told, {}, { name: 'provider', value: 'elsewhere' })
  await app.advance(11)
  const asked = await browser.submit(spared, {}, { name: 'provider', value: 'elsewhere' })

  assert.match(alertOn(told), /does not answer/)
  assert.match(alertOn(spared), /does not answer/)
  assert.equal(asked.name, 'go_on')
  assert.ok(hasButton(told))
})

test('a provider whose metadata would send the browser to a script is as good as down', async () => {
  await applyGroup(app, withProviders(demoGroup(app.ports), elsewhere.entry('scopes: [profile]'), hostile.entry()))
  elsewhere.tricks.metadata = { authorization_endpoint: 'javascript:alert(1)' }
  const browser = new HttpBrowser(app.issuer)

  const told = await browser.submit(await begin(browser), {}, { name: 'provider', value: 'elsewhere' })
  delete elsewhere.tricks.metadata

  assert.equal(told.name, 'identify')
  assert.doesNotMatch(told.text, /javascript:/)
  await applyGroup(app, withProviders(demoGroup(app.ports), elsewhere.entry(), hostile.entry()))
})
