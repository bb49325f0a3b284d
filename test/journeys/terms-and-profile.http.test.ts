import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { parseGroupFile } from '../../src/group/index.ts'
import { demoGroup } from '../harness/app.ts'
import { HttpBrowser, type Shown } from '../harness/http-browser.ts'
import { ADA } from '../harness/shopper.ts'
import {
  authorizationRequest,
  authorize,
  confirmed,
  signInFrom,
  signOut,
  signUp,
  signUpFrom,
  startProtocol,
  type TestClient,
  tokensFor,
} from '../oidc/protocol.ts'
import { redirectOf, webClient, withEntries } from '../oidc/signing.ts'

const SECRET = 'a-secret-of-the-curious-clients'
const terms = (version: string) => ({
  version,
  title: { en: 'Terms of Lawful', de: 'AGB von Lawful' },
  uri: { en: 'https://lawful.example/terms', de: 'https://lawful.example/agb' },
})
const needs = (required: readonly string[], reasons = {}) => [
  { purpose: 'service', attributes: ['name', 'email', 'birthdate', 'phone_number', 'member_number', 'points'], required, reasons },
]
const REASONS = { phone_number: { en: 'So that the courier can call you.', de: 'Damit der Kurier anrufen kann.' } }

/** The demo group with a brand that has terms, and one that asks for more as time goes by. */
const groupWith = (version: string | undefined, required: readonly string[]) =>
  withEntries({
    recipients: [
      { key: 'lawful', kind: 'brand', name: 'Lawful', ...(version ? { terms: terms(version) } : {}) },
      { key: 'curious', kind: 'brand', name: 'Curious' },
    ],
    clients: [
      webClient('lawful-web', { recipient: 'lawful', client_secret: SECRET, needs: needs(['email']) }),
      webClient('curious-web', {
        recipient: 'curious',
        client_secret: SECRET,
        scope: 'openid profile email phone loyalty',
        needs: needs(required, REASONS),
      }),
    ],
  })

const app = await startProtocol({ after }, { group: groupWith('1', ['name', 'email']) })
const client = (client_id: string): TestClient => ({ client_id, secret: SECRET, redirect_uri: redirectOf(client_id) })
const [lawful, curious] = [client('lawful-web'), client('curious-web')]
const { auroraWeb } = app.clients

let people = 0
const somebody = () => ({ ...ADA, email: `somebody.${++people}@example.com` })

/** The operator applies another file. */
async function apply(version: string | undefined, required: readonly string[]): Promise<void> {
  const read = parseGroupFile(groupWith(version, required)(demoGroup(app.ports)), 'group.yaml')
  assert.ok(read.ok)
  await app.app.groups.apply(app.app.store.db, read.file)
  await app.app.groups.refresh()
}

const ask = (browser: HttpBrowser, of: TestClient, extra: Record<string, string> = {}): Promise<Shown> =>
  authorize(browser, authorizationRequest(of, extra))
const errorOf = (page: Shown): string | null => page.url.searchParams.get('error')
const accepted = () =>
  app.app.store.db
    .selectFrom('accepted_terms')
    .select(['recipient', 'version', 'locale', 'accepted_at'])
    .orderBy('accepted_at')
    .orderBy('version')
    .execute()

test('a sign-up at a brand with terms links to them, and records which version was accepted, when, in which language', async () => {
  const browser = new HttpBrowser(app.issuer)
  browser.headers['accept-language'] = 'de'
  const before = await accepted()
  const page = await ask(browser, lawful)

  const done = await signUpFrom(app, browser, page, somebody())

  assert.ok(done.url.searchParams.get('code'), `${done.name} ${done.status}`)
  const [record, ...more] = (await accepted()).slice(before.length)
  assert.deepEqual([record?.recipient, record?.version, record?.locale, more], ['lawful', '1', 'de', []])
  assert.ok(Math.abs(record!.accepted_at.getTime() - Date.now()) < 60_000)
  assert.ok((await ask(browser, lawful, { prompt: 'none' })).url.searchParams.get('code'), 'asked once')
})

test('the sign-up page shows the terms of its brand only', async () => {
  const shown = async (of: TestClient) => {
    const browser = new HttpBrowser(app.issuer)
    let page = await browser.submit(await ask(browser, of), {}, { name: 'action', value: 'sign-up' })
    const { email } = somebody()
    page = await browser.submit(page, { email })
    const [mail] = await app.mailsTo(email)
    return browser.submit(page, { code: /(?<!\d)\d{6,8}(?!\d)/.exec(mail!.text)![0] })
  }
  const [withTerms, without] = [await shown(lawful), await shown(auroraWeb)]

  assert.match(withTerms.text, /By creating an account you accept: <a href="https:\/\/lawful\.example\/terms"[^>]*>Terms of Lawful</)
  assert.match(withTerms.text, /name="terms_version" value="1"/)
  assert.doesNotMatch(without.text, /terms_version|By creating an account/)
})

test('who comes with an account accepts once before anything is passed on, or leaves; a silent sign-in says so', async () => {
  const who = somebody()
  const browser = await signUp(app, who)

  assert.equal(errorOf(await ask(browser, lawful, { prompt: 'none' })), 'consent_required')
  const page = await ask(browser, lawful)
  assert.equal(page.name, 'terms')
  assert.match(page.text, /https:\/\/lawful\.example\/terms/)
  assert.equal(errorOf(await browser.submit(page, {}, { name: 'action', value: 'deny' })), 'access_denied')
  const again = await ask(browser, lawful)
  assert.equal(again.name, 'terms', 'leaving accepts nothing')
  const next = await browser.submit(again)
  assert.equal(next.name, 'confirm')
  assert.ok((await confirmed(browser, next)).url.searchParams.get('code'))
  assert.ok((await ask(browser, lawful, { prompt: 'none' })).url.searchParams.get('code'))
})

test('a new version is asked for once at the next sign-in; what a page showed is what is accepted', async (t) => {
  const who = somebody()
  const browser = new HttpBrowser(app.issuer)
  await signUpFrom(app, browser, await ask(browser, lawful), who)
  t.after(() => apply('1', ['name', 'email']))

  await apply('2', ['name', 'email'])
  assert.equal(errorOf(await ask(browser, lawful, { prompt: 'none' })), 'consent_required')
  const old = await ask(browser, lawful)
  assert.equal(old.name, 'terms')
  await apply('3', ['name', 'email'])
  const page = await browser.submit(old)

  assert.equal(page.name, 'terms', 'version 2 was shown, version 3 is what counts')
  assert.ok(!(await accepted()).some(({ version }) => version === '2'))
  assert.ok((await browser.submit(page)).url.searchParams.get('code'), 'nothing else is asked again')
  await signOut(browser)
  const signedIn = await signInFrom(browser, await ask(browser, lawful), who)
  assert.ok(signedIn.url.searchParams.get('code'), 'once')
  assert.notEqual((await ask(browser, auroraWeb)).name, 'terms', 'and no other brand asks')
  assert.equal((await accepted()).filter(({ version }) => version === '3').length, 1)
  await apply(undefined, ['name', 'email'])
  assert.ok(
    (await ask(browser, lawful, { prompt: 'none' })).url.searchParams.get('code'),
    'terms that were taken away are asked for no more',
  )
})

test('two tabs that accept at the same moment leave one record', async () => {
  const browser = await signUp(app, somebody())
  const before = (await accepted()).length
  const pages = await Promise.all([ask(browser, lawful), ask(browser, lawful)])

  const answers = await Promise.all(pages.map((page) => browser.submit(page)))

  assert.deepEqual(
    answers.map(({ name }) => name),
    ['confirm', 'confirm'],
  )
  assert.equal((await accepted()).length, before + 1)
})

test('a brand that needs one more attribute asks for that one, once, and says why; the value is the customer’s', async (t) => {
  const browser = new HttpBrowser(app.issuer)
  const done = await signUpFrom(app, browser, await ask(browser, curious), somebody())
  assert.ok(done.url.searchParams.get('code'), 'everything is there')
  t.after(() => apply('1', ['name', 'email']))
  await apply('1', ['name', 'email', 'phone_number'])

  assert.equal(errorOf(await ask(browser, curious, { prompt: 'none' })), 'consent_required')
  const page = await ask(browser, curious)
  assert.equal(page.name, 'complete_profile')
  assert.match(page.text, /So that the courier can call you\./)
  assert.deepEqual(
    [...page.text.matchAll(/<input(?! type="hidden")[^>]* name="([^"]+)"/g)].map(([, name]) => name),
    ['phone_number'],
  )
  const wrong = await browser.submit(page, { phone_number: '12' })
  assert.deepEqual([wrong.status, wrong.name], [422, 'complete_profile'])
  assert.match(wrong.text, /value="12"/)
  assert.equal((await browser.submit(wrong, { phone_number: '' })).status, 422)
  const back = await browser.submit(wrong, { phone_number: '030 901820' })

  assert.ok(back.url.searchParams.get('code'), `who fills it in has agreed to it (${back.name})`)
  const tokens = await tokensFor(app, browser, curious, { scope: 'openid phone' })
  const { body } = await app.userinfo(tokens.access_token)
  assert.deepEqual([body.phone_number, body.phone_number_verified], ['+4930901820', false])
  const profile = await browser.open('/account/profile')
  await browser.submit(profile, { name: ADA.name, phone_number: '' })
  assert.ok((await ask(browser, curious, { prompt: 'none' })).url.searchParams.get('code'), 'asked once, also when it was taken away since')
})

test('a first visit asks for what is missing and then for agreement; not now passes nothing on', async (t) => {
  t.after(() => apply('1', ['name', 'email']))
  await apply('1', ['name', 'email', 'birthdate', 'points'])
  const browser = await signUp(app, somebody())

  const page = await ask(browser, curious)
  assert.deepEqual(
    [...page.text.matchAll(/<input(?! type="hidden")[^>]* name="([^"]+)"/g)].map(([, name]) => name),
    ['birthdate', 'points'],
  )
  assert.equal(errorOf(await browser.submit(page, {}, { name: 'action', value: 'deny' })), 'access_denied')
  const again = await ask(browser, curious)
  const confirm = await browser.submit(again, { birthdate: '1815-12-10', points: '7' })
  assert.equal(confirm.name, 'confirm')
  assert.equal(errorOf(await browser.submit(confirm, {}, { name: 'action', value: 'deny' })), 'access_denied')
  const last = await ask(browser, curious)

  assert.equal(last.name, 'confirm', 'what is there is not asked for again')
  assert.ok((await browser.submit(last)).url.searchParams.get('code'))
  const { body } = await app.userinfo((await tokensFor(app, browser, curious, { scope: 'openid profile loyalty' })).access_token)
  assert.deepEqual([body.birthdate, body.points], ['1815-12-10', 7])
})

test('the demo group asks for nothing of the kind', async () => {
  const browser = await signUp(app, somebody())

  const page = await ask(browser, app.clients.borealisWeb)

  assert.equal(page.name, 'confirm')
  assert.ok((await browser.submit(page)).url.searchParams.get('code'))
})
