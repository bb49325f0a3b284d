import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { CODE_MAILS, PASSWORD_FAILURES_FROM } from '../../src/limits/rules.ts'
import { freePorts } from '../harness/app.ts'
import { HttpBrowser, type Shown } from '../harness/http-browser.ts'
import { ADA } from '../harness/shopper.ts'
import { authorizationRequest, authorize, type Protocol, signInFrom, signOut, signUp, startProtocol, startTwin } from '../oidc/protocol.ts'

const app = await startProtocol({ after }, { trustProxy: ['127.0.0.1', '::1'] })
const WRONG = 'not-the-password-of-anyone'

/** A browser elsewhere in the world. */
function browserAt(ip: string, { issuer }: Pick<Protocol, 'issuer'> = app): HttpBrowser {
  const browser = new HttpBrowser(issuer)
  browser.headers['x-forwarded-for'] = ip
  return browser
}

const start = (browser: HttpBrowser): Promise<Shown> => authorize(browser, authorizationRequest(app.clients.auroraWeb))

async function passwordPage(browser: HttpBrowser, email: string): Promise<Shown> {
  return browser.submit(await start(browser), { identifier: email })
}

/** Wrong passwords until one is refused unseen, at most ten. */
async function guess(browser: HttpBrowser, email: string): Promise<Shown[]> {
  const answers = [await passwordPage(browser, email)]
  while (answers.length <= 10 && answers.at(-1)!.status !== 429) answers.push(await browser.submit(answers.at(-1)!, { password: WRONG }))
  return answers.slice(1)
}

const isSignedIn = (page: Shown): boolean => page.url.searchParams.has('code')

/** A page without what is chance. */
const wordsOf = (page: Shown): string =>
  page.text.replaceAll(
    /nonce="[^"]*"|\/sign-in\/[\w-]+|name="csrf" value="[^"]*"|[\w.+-]+@example\.com|<p class="request-id.*?<\/p>|data-request-id="[^"]*"/g,
    '',
  )

async function signUpAs(name: string) {
  const who = { ...ADA, email: `${name}@example.com` }
  return { who, home: await signUp(app, who) }
}

test('SEC-37 ten wrong passwords stop a stranger, with the right one too, and not the owner in the browser that is known', async () => {
  const { who, home } = await signUpAs('ada')
  await signOut(home)
  const attacker = browserAt('198.51.100.66')

  const answers = await guess(attacker, who.email)

  assert.deepEqual(
    answers.map(({ status }) => status),
    [422, 422, 422, 422, 422, 422, 429],
  )
  assert.match(answers.at(-1)!.headers.get('retry-after') ?? '', /^(59|60)$/)
  assert.match(answers.at(-1)!.text, /Too many tries\. You can try again in 1 minute\./)
  assert.equal((await attacker.submit(answers.at(-1)!, { password: who.password })).status, 429)
  const other = browserAt('203.0.113.66')
  assert.equal((await signInFrom(other, await start(other), who)).status, 429)

  assert.ok(isSignedIn(await signInFrom(home, await start(home), who)))
  const forged = browserAt('203.0.113.67')
  forged.put({ host: 'localhost', path: '/', name: 'atrium_device', value: `${'A'.repeat(43)}.${'A'.repeat(43)}` })
  assert.equal((await signInFrom(forged, await start(forged), who)).status, 429)
})

test('SEC-37 the wait passes, and the password works again', async () => {
  const { who } = await signUpAs('waiting')
  const browser = browserAt('198.51.100.67')
  await guess(browser, who.email)

  await app.advance(61)

  assert.ok(isSignedIn(await signInFrom(browser, await start(browser), who)))
  assert.equal((await guess(browserAt('198.51.100.68'), who.email)).length, 7)
})

test('SEC-37 an address without an account is answered word for word as one with an account', async () => {
  const { who } = await signUpAs('known')

  const known = await guess(browserAt('198.51.100.69'), who.email)
  const unknown = await guess(browserAt('198.51.100.70'), 'never-seen@example.com')

  assert.deepEqual(
    known.map(({ status }) => status),
    unknown.map(({ status }) => status),
  )
  for (const [i, page] of known.entries()) assert.equal(wordsOf(page), wordsOf(unknown[i]!))
})

test('SEC-38 an address has one counter however it is written, and a plus tag or a dot is another address', async () => {
  await guess(browserAt('198.51.100.71'), 'grace.hopper@example.com')

  for (const written of [
    'GRACE.Hopper@Example.COM',
    '  grace.hopper@example.com ',
    'ｇrace.hopper@example.com',
    'grace.hopper@ｅxample.com',
  ]) {
    const browser = browserAt('198.51.100.72')
    assert.equal((await browser.submit(await passwordPage(browser, written), { password: WRONG })).status, 429, written)
  }
  for (const other of ['gracehopper@example.com', 'grace.hopper+shop@example.com']) {
    const browser = browserAt('198.51.100.72')
    assert.equal((await browser.submit(await passwordPage(browser, other), { password: WRONG })).status, 422, other)
  }
})

test('SEC-39 guesses that arrive together are no more than one after the other, and other journeys and processes count with them', async (t) => {
  const { who } = await signUpAs('race')
  const browsers = Array.from({ length: 20 }, (_, i) => browserAt(`198.51.101.${i}`))
  const pages = await Promise.all(browsers.map((browser) => passwordPage(browser, who.email)))

  const answers = await Promise.all(browsers.map((browser, i) => browser.submit(pages[i]!, { password: WRONG })))

  assert.equal(answers.filter(({ status }) => status === 422).length, 6)
  const port = (await freePorts(1))[0]!
  const twin = { issuer: `http://localhost:${port}`, port }
  await startTwin(t, app, twin)
  const elsewhere = browserAt('198.51.101.99', twin)
  assert.equal((await elsewhere.submit(await passwordPage(elsewhere, who.email), { password: who.password })).status, 429)
})

test('SEC-41 an address that guesses at many accounts is stopped, whatever it writes into X-Forwarded-For', async () => {
  const browser = browserAt('198.51.102.1')
  let stopped: Shown | undefined
  for (let i = 0; i <= PASSWORD_FAILURES_FROM.address.most && !stopped; i++) {
    browser.headers['x-forwarded-for'] = `203.0.113.${i}, 198.51.102.1`
    const answer = await browser.submit(await passwordPage(browser, `victim-${i}@example.com`), { password: WRONG })
    assert.equal(answer.status, i < PASSWORD_FAILURES_FROM.address.most ? 422 : 429, `guess ${i}`)
    if (answer.status === 429) stopped = answer
  }

  assert.ok(Number(stopped?.headers.get('retry-after')) > 3_000)
  const neighbour = browserAt('198.51.102.2')
  assert.equal((await neighbour.submit(await passwordPage(neighbour, 'victim-0@example.com'), { password: WRONG })).status, 422)
})

test('SEC-64 a mailbox is sent so many codes an hour from however many journeys, and the page does not tell', async () => {
  const pages: Shown[] = []
  for (let i = 0; i < CODE_MAILS.mailbox.most + 2; i++) {
    const browser = browserAt(`198.51.103.${i}`)
    const page = await browser.submit(await start(browser), {}, { name: 'action', value: 'sign-up' })
    pages.push(await browser.submit(page, { email: 'bombed@example.com' }))
  }

  assert.equal((await app.mailsTo('bombed@example.com')).length, CODE_MAILS.mailbox.most)
  assert.deepEqual(new Set(pages.map(({ status, name }) => `${status} ${name}`)), new Set(['200 verify_email']))
  assert.equal(new Set(pages.map(wordsOf)).size, 1)
})

test('SEC-64 an address that asks for codes to many mailboxes is told to wait', async () => {
  const browser = browserAt('198.51.104.1')
  let page = await browser.submit(await start(browser), {}, { name: 'action', value: 'sign-up' })
  let sent = 0
  for (; page.status !== 429; sent++) {
    assert.ok(sent <= CODE_MAILS.address.most, 'is never stopped')
    const fresh = browserAt('198.51.104.1')
    page = await fresh.submit(await start(fresh), {}, { name: 'action', value: 'sign-up' })
    page = await fresh.submit(page, { email: `mailbox-${sent}@example.com` })
  }

  assert.equal(sent, CODE_MAILS.address.most + 1)
  assert.ok(Number(page.headers.get('retry-after')) > 3_000)
  assert.match(page.text, /You can ask for another one in (59|60) minutes\./)
})

test('the device cookie is chance, for this host alone, out of reach of scripts, and set by a sign-in only', async () => {
  const { who } = await signUpAs('cookie')
  const stranger = browserAt('198.51.105.1')
  await guess(stranger, who.email)
  assert.equal(stranger.cookie('atrium_device'), undefined)

  const first = await signUp(app, { ...ADA, email: 'cookie-2@example.com' })
  const line = first.setCookies.findLast((text) => text.startsWith('atrium_device='))
  assert.match(line ?? '', /^atrium_device=[\w-]{43}\.[\w-]{43}; Path=\/; Max-Age=34560000; HttpOnly; SameSite=Lax$/)
})
