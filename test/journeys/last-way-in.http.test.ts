import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import type { SoftPasskey } from '../authenticators/soft-passkey.ts'
import type { HttpBrowser, Shown } from '../harness/http-browser.ts'
import { authorizationRequest, authorize, signUp, startProtocol } from '../oidc/protocol.ts'
import { redirectOf, webClient, withEntries } from '../oidc/signing.ts'
import { personsAt, SECURITY } from './second-factor.ts'

const SECRET = 'a-secret-of-a-client-that-wants-more'
const app = await startProtocol(
  { after },
  { group: withEntries({ clients: [webClient('careful-shop', { client_secret: SECRET, minimum_acr: 'mfa' })] }) },
)
const { somebody, nextCode, withApp, addPasskey, answerWith } = personsAt(app)
const careful = { client_id: 'careful-shop', secret: SECRET, redirect_uri: redirectOf('careful-shop') }

/** Opens a page of the account, with the passkey that is asked for on the way. */
async function openWith(browser: HttpBrowser, path: string, passkey: SoftPasskey): Promise<Shown> {
  const page = await browser.open(path)
  return page.name === 'passkey' ? answerWith(browser, page, passkey) : page
}

const statusOf = (page: Shown): string | null => page.url.searchParams.get('status')
const passkeysOn = (page: Shown): string[] => [...page.text.matchAll(/data-passkey-id="([^"]+)"/g)].map(([, id]) => id!)

/** An account that gave its password up for passkeys. */
async function withoutPassword(passkeys: number) {
  const who = somebody()
  const browser = await signUp(app, who)
  const first = await addPasskey(browser)
  for (let more = 1; more < passkeys; more++) {
    await openWith(browser, `${SECURITY}?prove=1`, first)
    await addPasskey(browser)
  }
  const asked = await openWith(browser, `${SECURITY}/password/remove`, first)
  assert.equal(asked.name, 'account.confirm')
  assert.equal(statusOf(await browser.submit(asked, {})), 'password_removed')
  return { who, browser, passkey: first, ids: passkeysOn(await browser.open(SECURITY)) }
}

test('MFA-44 a password is taken away where a passkey is left, its owner is told, and it opens nothing any more', async () => {
  const { who, browser, passkey } = await withoutPassword(1)

  assert.match((await app.mailsTo(who.email))[0]!.subject, /password .* was removed/)
  assert.match((await browser.open(SECURITY)).text, /You have no password/)
  const request = await authorize(
    browser.copy(() => false),
    authorizationRequest(app.clients.auroraWeb),
  )
  assert.equal(request.name, 'identify')
  const added = await browser.submit(await openWith(browser, `${SECURITY}/password`, passkey), { password: 'a-better-battery-horse-7' })
  assert.equal(statusOf(added), 'password_added', 'and may be set again, after a proof with the passkey')
  assert.match((await app.mailsTo(who.email))[0]!.subject, /password was set/)
})

test('SEC-57, MFA-34 the only way in is not removed: a passkey without a password, a password without a passkey', async () => {
  const { browser, passkey, ids } = await withoutPassword(1)
  const page = await openWith(browser, `${SECURITY}/passkeys/edit?passkey=${ids[0]}`, passkey)
  const refused = await browser.submit(page, {}, { name: 'action', value: 'remove' })
  assert.equal(refused.status, 422)
  assert.match(refused.text, /only way to sign in/)
  assert.deepEqual(passkeysOn(await browser.open(SECURITY)), ids)

  const other = await signUp(app, somebody())
  const asked = await other.submit(await other.open(`${SECURITY}/password/remove`), {})
  assert.equal(asked.status, 422)
  assert.match(asked.text, /only way to sign in/)
  assert.doesNotMatch((await other.open(SECURITY)).text, /data-action="remove-password"/)
})

test('SEC-57 of two removals at the same moment one leaves the other’s way in', async () => {
  for (let round = 0; round < 3; round++) {
    const { browser, passkey, ids } = await withoutPassword(2)
    const pages = []
    for (const id of ids) pages.push(await openWith(browser, `${SECURITY}/passkeys/edit?passkey=${id}`, passkey))

    const answers = await Promise.all(pages.map((page) => browser.submit(page, {}, { name: 'action', value: 'remove' })))

    assert.deepEqual(answers.map(({ status, url }) => (status === 422 ? 'refused' : url.searchParams.get('status'))).sort(), [
      'passkey_removed',
      'refused',
    ])
    assert.equal(passkeysOn(await browser.open(SECURITY)).length, 1)
  }
})

test('MFA-34 the last proof that a shop of the customer’s asks for is not removed, with the reason; beside a stronger one it is', async () => {
  const { browser, secret } = await withApp()
  const confirm = await authorize(browser, authorizationRequest(careful, { acr_values: 'mfa' }))
  const proven = confirm.name === 'totp' ? await browser.submit(confirm, { code: await nextCode(secret) }) : confirm
  if (proven.name === 'confirm') await browser.submit(proven, {})
  const ask = async () => {
    const page = await browser.open(`${SECURITY}/totp/remove`)
    return page.name === 'totp' ? browser.submit(page, { code: await nextCode(secret) }) : page
  }

  const refused = await browser.submit(await ask(), {})

  assert.equal(refused.status, 422)
  assert.match(refused.text, /careful-shop[^<]* asks for this proof/i)
  assert.match((await browser.open(SECURITY)).text, /data-action="remove-totp"/)
  const proof = await browser.open(`${SECURITY}?prove=1`)
  if (proof.name === 'totp') await browser.submit(proof, { code: await nextCode(secret) })
  const passkey = await addPasskey(browser)
  const again = await openWith(browser, `${SECURITY}/totp/remove`, passkey)
  assert.equal(statusOf(await browser.submit(again, {})), 'totp_removed')
})
