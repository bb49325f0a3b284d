import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { HttpBrowser } from '../harness/http-browser.ts'
import { ADA } from '../harness/shopper.ts'
import { authorizationRequest, authorize, signIn, signUp, signUpFrom, startProtocol } from '../oidc/protocol.ts'

const folder = mkdtempSync(join(tmpdir(), 'atrium-breached-'))
after(() => rmSync(folder, { recursive: true }))
const file = join(folder, 'stolen.txt')
const sha1 = (text: string): string => hash('sha1', text, 'hex').toUpperCase()
const STOLEN = 'plum-teapot-lantern-4'
writeFileSync(
  file,
  [STOLEN, ADA.password, 'x']
    .map((p) => `${sha1(p)}:1\n`)
    .sort()
    .join(''),
)

const before = await startProtocol({ after }) // no list yet
await signUp(before)
const app = await startProtocol({ after }, { databaseUrl: before.databaseUrl, app: { breachedPasswords: { file } } })
const WORDS = {
  en: /This password is known from data thefts/,
  de: /Dieses Passwort ist aus Datendiebstählen bekannt/,
  it: /Questa password è nota da furti di dati/,
  ru: /Этот пароль известен из украденных баз данных/,
}

test('SEC-40, MFA-29 a stolen password is refused with the reason, in the customer’s language, and another one is taken', async () => {
  for (const [language, words] of Object.entries(WORDS)) {
    const browser = new HttpBrowser(app.issuer)
    browser.headers['accept-language'] = language
    const who = { ...ADA, email: `grace-${language}@example.com`, password: STOLEN }
    const refused = await signUpFrom(app, browser, await authorize(browser, authorizationRequest(app.clients.auroraWeb)), who)
    assert.deepEqual([refused.status, refused.name], [422, 'sign_up'])
    assert.match(refused.text, words)
    assert.ok(!refused.text.includes(STOLEN))
    const taken = await browser.submit(refused, { name: who.name, password: `${STOLEN} and more of it` })
    assert.ok(taken.url.searchParams.has('code') || taken.name === 'confirm', `${taken.name} ${taken.status}`)
  }
})

test('SEC-40 common passwords and own words are refused with the reason; letters alone are enough, and nothing hinders pasting', async () => {
  const browser = new HttpBrowser(app.issuer)
  const who = { ...ADA, email: 'margaret.hamilton@example.com', name: 'Margaret Hamilton' }
  let page = await signUpFrom(app, browser, await authorize(browser, authorizationRequest(app.clients.auroraWeb)), {
    ...who,
    password: 'Password123!',
  })
  assert.match(page.text, /Many people use this password/)
  for (const own of ['Aurora2026!', 'margarethamilton1', 'Margaret.Hamilton!']) {
    page = await browser.submit(page, { name: who.name, password: own })
    assert.equal(page.status, 422)
    assert.match(page.text, /contains your name, your address or the name of the shop/, own)
  }
  const input = /<input[^>]*name="password"[^>]*>/.exec(page.text)![0]
  assert.match(input, /autocomplete="new-password"/)
  assert.doesNotMatch(input, /onpaste|pattern=|maxlength="(\d|[1-5]\d|6[0-3])"/)

  page = await browser.submit(page, { name: who.name, password: 'plumteapotlantern' })
  assert.notEqual(page.status, 422)
})

test('MFA-29 nobody is kept from signing in because their password was stolen since', async () => {
  await signIn(app, ADA)
})
