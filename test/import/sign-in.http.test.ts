import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { generateSync } from 'otplib'
import { createAccounts } from '../../src/accounts/index.ts'
import { type FormatName, runImport } from '../../src/import/index.ts'
import { processClock } from '../../src/ports/clock.ts'
import { systemRandom } from '../../src/ports/random.ts'
import { createVault, loadDataKeys } from '../../src/vault/index.ts'
import { SoftPasskey } from '../authenticators/soft-passkey.ts'
import { TEST_DATA_KEYS } from '../harness/app.ts'
import { HttpBrowser, type Shown } from '../harness/http-browser.ts'
import { codeFor } from '../harness/shopper.ts'
import { personsAt } from '../journeys/second-factor.ts'
import {
  authorizationRequest,
  authorize,
  confirmed,
  payloadOf,
  redemption,
  signInFrom,
  signUpFrom,
  startProtocol,
} from '../oidc/protocol.ts'
import { fixture, HASH_CONFIG } from './test-import.ts'

const app = await startProtocol({ after })
const { auroraWeb } = app.clients
const { optionsOn, answerWith } = personsAt(app)
const { db } = app.app.store
const dataKeys = await loadDataKeys({ env: TEST_DATA_KEYS }, { generate: false })
const vault = await createVault({ db, dataKeys, clock: processClock, random: systemRandom })
const accounts = createAccounts({ vault, clock: processClock, random: systemRandom })
const folder = await mkdtemp(join(tmpdir(), 'atrium-import-'))
after(() => rm(folder, { recursive: true, force: true }))

/** What `atrium import` does beside the running server. */
function imported(file: string, format: FormatName) {
  const deps = { db, vault, clock: processClock, random: systemRandom, group: app.app.groups.current(), rpId: 'localhost' }
  return runImport(deps, { file, format, source: 'customer', dryRun: false, mapping: {}, hashConfig: HASH_CONFIG })
}

async function importedRow(row: Record<string, unknown>): Promise<void> {
  const file = join(folder, `${String(row.id)}.ndjson`)
  await writeFile(file, JSON.stringify(row))
  assert.equal((await imported(file, 'atrium')).imported, 1)
}

/** The stored secret of an account's password. */
async function passwordOf(email: string): Promise<string> {
  const found = await accounts.findTyped(db, { value: email })
  assert.ok(found)
  const row = await db
    .selectFrom('authenticators')
    .select('secret_sealed')
    .where('account_id', '=', found.id)
    .where('kind', '=', 'password')
    .executeTakeFirstOrThrow()
  return vault.open(db, found.id, 'authenticators.secret_sealed', row.secret_sealed!)
}

const begin = async (browser = new HttpBrowser(app.issuer), request = authorizationRequest(auroraWeb)) => ({
  browser,
  request,
  page: await authorize(browser, request),
})
/** Through what a first visit asks of whoever comes from another system: what is missing there, and whether the shop may know it. */
async function arrived(browser: HttpBrowser, page: Shown): Promise<Shown> {
  if (page.name === 'complete_profile') return arrived(browser, await browser.submit(page, { name: 'Ada Lovelace' }))
  return confirmed(browser, page)
}
const isSignedIn = (page: Shown): boolean => page.url.searchParams.has('code')
const BCRYPT = '$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW' // of "U*U"

await imported(fixture('auth0-export.ndjson'), 'auth0')
await imported(fixture('keycloak-realm.json'), 'keycloak')
await imported(fixture('firebase-export.json'), 'firebase')
await imported(fixture('atrium.ndjson'), 'atrium')

for (const [system, name] of [
  ['auth0', 'ada'],
  ['keycloak', 'dora'],
  ['firebase', 'ada'],
  ['own', 'cleo'],
] as const)
  test(`MFA-30 a customer of ${system} signs in with the old password, and its hash is argon2id from then on`, async () => {
    const who = { email: `${name}.${system}@example.com`, name, password: `${name}-of-the-old-shop` }
    const { browser, request, page } = await begin()
    assert.equal((await signInFrom(browser, page, { ...who, password: 'not the old one' })).status, 422)
    assert.match(await passwordOf(who.email), /^\{/)

    const landed = await arrived(browser, await signInFrom(browser, await authorize(browser, request), who))

    const { body } = await app.token(auroraWeb, redemption(request, landed.url.searchParams.get('code')!))
    const { acr, amr } = payloadOf(body.id_token!)
    assert.deepEqual({ acr, amr }, { acr: 'password', amr: ['pwd'] })
    assert.match(await passwordOf(who.email), /^\$argon2id\$v=19\$m=19456,t=2,p=1\$/)
    const again = await begin()
    assert.ok(isSignedIn(await arrived(again.browser, await signInFrom(again.browser, again.page, who))))
  })

test('an address that the old system never proved is proven after the password, and before anything else', async () => {
  const who = { email: 'ben.firebase@example.com', name: 'Ben', password: 'ben-of-the-old-shop' }
  const { browser, page } = await begin()

  const asked = await signInFrom(browser, page, who)

  assert.equal(asked.name, 'verify_email')
  assert.equal((await browser.open('/account')).name, 'identify', 'the password alone opens nothing')
  assert.equal((await browser.submit(asked, { code: '00000000' })).status, 422)
  const landed = await arrived(browser, await browser.submit(asked, { code: await codeFor(app, who.email) }))
  assert.ok(isSignedIn(landed))
  const again = await begin()
  assert.ok(isSignedIn(await signInFrom(again.browser, again.page, who)), 'once')
})

test('SEC-62 whoever has the mailbox of an imported, unproven address does not get into the account, but may sign up with it', async () => {
  const email = 'ben.own@example.com'
  const { browser, page } = await begin()
  const password = await browser.submit(page, { identifier: email })
  await browser.submit(password, { action: 'forgot-password' })
  const [mail] = await app.mailsTo(email)
  assert.doesNotMatch(`${mail?.subject} ${mail?.text}`, /\d{6,8}/, 'no code for a new password')

  const owner = await begin()
  const signedUp = await signUpFrom(app, owner.browser, owner.page, { email, name: 'The owner', password: 'correct-horse-battery-9' })

  assert.ok(isSignedIn(signedUp))
  const old = await begin()
  const refused = await signInFrom(old.browser, old.page, { email, name: '', password: 'ben-of-the-old-shop' })
  assert.equal(refused.status, 422, 'the old password opens the new account as little')
})

test('MFA-13 an imported authenticator app is asked for, and its codes count once', async () => {
  const who = { email: 'ada.keycloak@example.com', name: 'Ada', password: 'ada-of-the-old-shop' }
  // as Keycloak shows it to apps: base32 of the text it stores
  const secret = 'NVCG2UZYPF3EQYSIIIYFCWTPIZZU63TK'
  const { browser, page } = await begin()
  const asked = await signInFrom(browser, page, who)
  assert.equal(asked.name, 'totp')

  const { now } = (await (await fetch(`${app.issuer}/dev/clock`)).json()) as { now: string }
  const code = generateSync({ secret, epoch: Math.floor(Date.parse(now) / 1000) })
  assert.ok(isSignedIn(await arrived(browser, await browser.submit(asked, { code }))))

  const second = await begin()
  assert.equal((await second.browser.submit(await signInFrom(second.browser, second.page, who), { code })).status, 422)
})

test('MFA-3, MFA-7 a passkey made for the group’s RP ID elsewhere signs in by the handle it was made with; its first use tells whether it may be backed up', async () => {
  const passkey = new SoftPasskey(app.issuer)
  const userHandle = Buffer.from('3d1a1a5e').toString('base64url')
  const publicKey = passkey.madeElsewhere(userHandle)
  await importedRow({
    id: 'gustav',
    email: 'gustav@example.com',
    email_verified: true,
    passkeys: [{ credential_id: passkey.id, public_key: publicKey, user_handle: userHandle, rp_id: 'localhost' }],
  })
  const other = await begin()
  const stranger = passkey.get(optionsOn(other.page), { userHandle: Buffer.from('another').toString('base64url') })
  assert.equal((await other.browser.submit(other.page, { passkey: JSON.stringify(stranger) })).status, 422)

  const { browser, request, page } = await begin()
  const landed = await arrived(browser, await answerWith(browser, page, passkey))

  const { body } = await app.token(auroraWeb, redemption(request, landed.url.searchParams.get('code')!))
  const { acr, amr } = payloadOf(body.id_token!)
  assert.deepEqual({ acr, amr }, { acr: 'phr', amr: ['mfa', 'swk', 'user'] })
  const later = await begin()
  const changed = passkey.get(optionsOn(later.page), { backupEligible: false })
  const fields = { passkey: JSON.stringify(changed) }
  assert.equal((await later.browser.submit(later.page, fields)).status, 422, 'what the first use said stands')
})

test('a customer who has only a member number signs in with it and the old password', async () => {
  const { browser, page } = await begin()

  const landed = await signInFrom(browser, page, { email: 'pl-1005', name: '', password: 'emil-of-the-old-shop' })

  assert.ok(isSignedIn(await arrived(browser, landed)))
})

test('a blocked customer stays blocked, and an imported one who had no password gets one by the mailbox', async () => {
  const blocked = await begin()
  const refused = await signInFrom(blocked.browser, blocked.page, {
    email: 'emil.auth0@example.com',
    name: '',
    password: 'emil-of-the-old-shop',
  })
  assert.equal(refused.status, 422)

  const { browser, page } = await begin()
  const code = await browser.submit(await browser.submit(page, { identifier: 'cleo.auth0@example.com' }), { action: 'forgot-password' })
  const recover = await browser.submit(code, { code: await codeFor(app, 'cleo.auth0@example.com') })
  const landed = await arrived(browser, await browser.submit(recover, { password: 'correct-horse-battery-9' }))
  assert.ok(isSignedIn(landed))
})

test('of two sign-ins at once with an imported password both are let in, and the hash is argon2id', async () => {
  await importedRow({ id: 'hedy', email: 'hedy@example.com', email_verified: true, password: BCRYPT })
  const started = await Promise.all([begin(), begin()])

  const landed = await Promise.all(
    started.map(({ browser, page }) => signInFrom(browser, page, { email: 'hedy@example.com', name: '', password: 'U*U' })),
  )

  assert.deepEqual(
    landed.map(({ status, name }) => [status, name]),
    [
      [200, 'complete_profile'],
      [200, 'complete_profile'],
    ],
  )
  assert.match(await passwordOf('hedy@example.com'), /^\$argon2id\$/)
})
