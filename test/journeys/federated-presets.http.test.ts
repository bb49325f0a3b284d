import assert from 'node:assert/strict'
import { createPublicKey, generateKeyPairSync } from 'node:crypto'
import { after, test } from 'node:test'
import { jwtVerify } from 'jose'
import { demoGroup } from '../harness/app.ts'
import { formsOn, HttpBrowser, inputValue } from '../harness/http-browser.ts'
import { startIdentityProvider } from '../harness/identity-provider.ts'
import { signUp } from '../oidc/protocol.ts'
import { applyGroup, codeOf, onward, startFederated, withProviders } from './federated.ts'

const PEM = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
const apple = await startIdentityProvider({ after }, 'apple', { posts: true })
const APPLE = `    - { key: apple, preset: apple, issuer: "${apple.issuer}", client_id: atrium-elsewhere, apple: { team_id: ABCDE12345, key_id: KEY1234567, private_key: ${JSON.stringify(PEM)} } }\n`
const { app, elsewhere, begin, pressed, arrive } = await startFederated(
  { after },
  { more: 'authoritative_domains: [there.example]', also: () => APPLE },
)
apple.register(app.issuer)

test('Apple: secrets are signed with its key, the answer is a posted form, and the name beside it is a suggestion', async () => {
  let secrets = 0
  apple.tricks.verifySecret = async (secret) => {
    const expected = { issuer: 'ABCDE12345', audience: apple.issuer, subject: 'atrium-elsewhere' }
    const { protectedHeader } = await jwtVerify(secret, createPublicKey(PEM), expected)
    assert.equal(protectedHeader.kid, 'KEY1234567')
    secrets++
  }
  const browser = new HttpBrowser(app.issuer)
  apple.become({ sub: 'a-1', email: 'relay@privaterelay.example', email_verified: true })
  const answered = await apple.answer(await pressed(browser, await begin(browser), 'apple'))
  const [form] = formsOn(answered)
  assert.equal(form?.action, `${app.issuer}/sign-in/federated/callback/apple`)
  const user = JSON.stringify({ name: { firstName: 'Grace', lastName: 'Hopper' }, email: 'not@read.example' })

  // from elsewhere: none of our cookies comes along
  const on = await new HttpBrowser(app.issuer).post(form.action, { ...form.hidden, user })
  assert.doesNotMatch(on.text + on.url.href, /Grace/)
  const page = await browser.open(onward(on))

  assert.equal(page.name, 'sign_up')
  assert.equal(secrets, 1)
  assert.equal(inputValue(page, 'email'), 'relay@privaterelay.example')
})

test('SEC-65 an address in a domain of the provider’s own needs no code; an account that has it is not linked by it', async () => {
  const owner = { email: 'ada@there.example', name: 'Ada', password: 'correct-horse-battery-9' }
  const fresh = await arrive({ sub: 'n-1', email: 'new@there.example', email_verified: true, name: 'New' })
  const details = await fresh.browser.submit(fresh.page, { email: 'new@there.example' })
  assert.equal(inputValue(details, 'name'), 'New')
  assert.ok(codeOf(await fresh.browser.submit(details, { name: 'New' })))
  await signUp(app, owner)

  const known = await arrive({ sub: 'n-2', email: owner.email, email_verified: true })
  const password = await known.browser.submit(known.page, { email: owner.email })
  assert.equal(password.name, 'password')
  const link = await known.browser.submit(password, { password: owner.password })
  assert.equal(link.name, 'link_provider')

  const unverified = await arrive({ sub: 'n-3', email: 'other@there.example', email_verified: false })
  assert.equal((await unverified.browser.submit(unverified.page, { email: 'other@there.example' })).name, 'verify_email')
  const another = await arrive({ sub: 'n-4', email: 'third@there.example', email_verified: true })
  assert.equal(
    (await another.browser.submit(another.page, { email: 'fourth@there.example' })).name,
    'verify_email',
    'only for that address',
  )
})

test('SEC-68 a provider that is switched off vouches no more for the address of a sign-up that waits', async () => {
  const email = 'late@there.example'
  const { browser, page } = await arrive({ sub: 'n-5', email, email_verified: true })
  const details = await browser.submit(page, { email })
  await applyGroup(app, withProviders(demoGroup(app.ports), elsewhere.entry('enabled: false')))

  const refused = await browser.submit(details, { name: 'Eve', password: 'correct-horse-battery-9' })

  assert.equal(refused.name, 'sign_up')
  assert.equal((await browser.submit(refused, { email })).name, 'verify_email')
})
