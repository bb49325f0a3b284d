import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { demoGroup } from '../harness/app.ts'
import { HttpBrowser, inputValue, type Shown } from '../harness/http-browser.ts'
import type { Person } from '../harness/identity-provider.ts'
import { codeFor } from '../harness/shopper.ts'
import { applyGroup, codeOf, onward, startFederated, withProviders } from '../journeys/federated.ts'
import { confirmed, signInFrom, signUp } from '../oidc/protocol.ts'

const { app, elsewhere, begin, through, arrive } = await startFederated({ after })
const SECURITY = '/account/security'

let people = 0
const person = (): Person => ({ sub: `sub-${++people}`, email: `there.${people}@example.com`, email_verified: true, name: 'Grace Hopper' })
const account = () => ({ email: `here.${++people}@example.com`, name: 'Ada Lovelace', password: 'correct-horse-battery-9' })

/** A customer with nothing but the provider, and their browser there. */
async function federatedOnly() {
  const who = person()
  const there = new HttpBrowser(elsewhere.issuer)
  const browser = new HttpBrowser(app.issuer)
  const page = await through(browser, await begin(browser), who, there)
  const email = String(who.email)
  const details = await browser.submit(await browser.submit(page, { email }), { code: await codeFor(app, email) })
  assert.ok(codeOf(await browser.submit(details, { name: 'Grace Hopper' })))
  return { who, there, browser, email }
}

/** Presses a provider's button on the security page: the answer of the provider. */
async function askedThere(browser: HttpBrowser, who: Person): Promise<URL> {
  elsewhere.become(who)
  const page = await browser.open(SECURITY)
  assert.equal(page.name, 'account.security')
  const on = await browser.post(`${SECURITY}/providers`, { csrf: inputValue(page, 'csrf')!, provider: elsewhere.name })
  assert.equal(on.name, 'go_on', `${on.name} ${on.status}`)
  return (await elsewhere.answer(onward(on))).url
}

async function link(browser: HttpBrowser, who: Person): Promise<Shown> {
  return browser.open(onward(await browser.open(await askedThere(browser, who))))
}

async function unlink(browser: HttpBrowser): Promise<Shown> {
  const page = await browser.open(SECURITY)
  const id = /data-link-id="([^"]*)"/.exec(page.text)?.[1]
  assert.ok(id, 'a link on the page')
  return browser.submit(await browser.open(`${SECURITY}/providers/remove?link=${id}`))
}

test('MFA-37 a provider is linked at /account/security after a fresh proof, its owner is told, and it signs in', async () => {
  const owner = account()
  const browser = await signUp(app, owner)
  const who = person()

  const linked = await link(browser, who)

  assert.equal(linked.url.searchParams.get('status'), 'provider_added')
  assert.match(linked.text, new RegExp(String(who.email)))
  assert.match((await app.mailsTo(owner.email))[0]!.subject, /Another account was connected/)
  const { browser: other, page } = await arrive(who)
  assert.ok(codeOf(await confirmed(other, page)))
})

test('MFA-27 an old proof links nothing: neither the button nor the way back from the provider', async () => {
  const owner = account()
  const browser = await signUp(app, owner)
  const url = await askedThere(browser, person())
  const page = await browser.open(SECURITY)
  await app.advance(301)

  const pressed = await browser.post(`${SECURITY}/providers`, { csrf: inputValue(page, 'csrf')!, provider: elsewhere.name })
  const returned = await browser.open(onward(await browser.open(url)))

  assert.equal(pressed.status, 401)
  assert.equal(returned.name, 'identify')
  const done = await signInFrom(browser, returned, owner)
  assert.equal(done.url.searchParams.get('status'), 'provider_refused', 'the provider’s code is over by now')
  assert.doesNotMatch(done.text, /data-link-id/)
})

test('SEC-67 an answer that another session asked for links nothing, and stays good for that one', async () => {
  const attacker = await signUp(app, account())
  const victim = await signUp(app, account())
  const on = onward(await attacker.open(await askedThere(attacker, person())))

  const tricked = await victim.open(on)

  assert.equal(tricked.url.searchParams.get('status'), 'provider_refused')
  assert.doesNotMatch((await victim.open(SECURITY)).text, /data-link-id/)
  assert.equal((await attacker.open(on)).url.searchParams.get('status'), 'provider_added')
})

test('SEC-65 an identity is one account’s: another cannot have it too, whoever is faster', async () => {
  const who = person()
  const [one, two] = [await signUp(app, account()), await signUp(app, account())]
  const first = onward(await one.open(await askedThere(one, who)))
  const second = onward(await two.open(await askedThere(two, who)))

  const both = await Promise.all([one.open(first), two.open(second)])

  assert.deepEqual(both.map(({ url }) => url.searchParams.get('status')).sort(), ['provider_added', 'provider_refused'])
})

test('SEC-57 the only way in cannot be unlinked; after a password it can, and every other device is signed out', async () => {
  const { browser, who } = await federatedOnly()
  assert.match((await unlink(browser)).text, /only way to sign in/)
  const password = 'another-horse-battery-7'
  assert.equal(
    (await browser.submit(await browser.open(`${SECURITY}/password`), { password })).url.searchParams.get('status'),
    'password_added',
  )
  const again = await signInWith(browser, who, password)

  const gone = await unlink(again)

  assert.equal(gone.url.searchParams.get('status'), 'provider_removed')
  assert.equal((await arrive(who)).page.name, 'sign_up', 'nobody is known by it any more')
})

/** After a password is set it is the strongest proof: what follows asks for it. */
async function signInWith(browser: HttpBrowser, who: Person, password: string): Promise<HttpBrowser> {
  const proof = await browser.open(`${SECURITY}?prove=1`)
  if (proof.name === 'identify') await signInFrom(browser, proof, { email: String(who.email), name: '', password })
  return browser
}

test('SEC-57 of two links that are removed at the same moment one stays', async () => {
  const { browser } = await federatedOnly()
  assert.equal((await link(browser, person())).url.searchParams.get('status'), 'provider_added')
  const page = await browser.open(SECURITY)
  const ids = [...page.text.matchAll(/data-link-id="([^"]*)"/g)].map(([, id]) => id!)
  assert.equal(ids.length, 2)
  const forms = await Promise.all(ids.map((id) => browser.open(`${SECURITY}/providers/remove?link=${id}`)))

  const ends = await Promise.all(forms.map((form) => browser.submit(form)))

  assert.equal(ends.filter(({ url }) => url.searchParams.get('status') === 'provider_removed').length, 1)
  assert.match((await browser.open(SECURITY)).text, /data-link-id/)
})

test('SEC-57 a link at a provider that is switched off is no way in: the password beside it stays', async () => {
  const owner = account()
  const browser = await signUp(app, owner)
  await link(browser, person())
  await applyGroup(app, withProviders(demoGroup(app.ports), elsewhere.entry('enabled: false')))

  const page = await browser.open(SECURITY)
  const refused = await browser.submit(await browser.open(`${SECURITY}/password/remove`))
  await applyGroup(app, withProviders(demoGroup(app.ports), elsewhere.entry()))

  assert.match(page.text, /Cannot be used to sign in at the moment/)
  assert.match(refused.text, /only way to sign in/)
})

test('MFA-27 an account with a link alone proves itself anew at the provider, which is asked to do it', async () => {
  const { browser, who, there } = await federatedOnly()
  await app.advance(400)

  const identify = await browser.open(`${SECURITY}/password`)
  assert.equal(identify.name, 'identify')
  const back = await through(browser, identify, who, there)

  assert.equal(back.name, 'account.security.password', `${back.name} ${back.url}`)
  assert.equal(elsewhere.seen.authorization.at(-1)!.get('prompt'), 'login')
})

test('MFA-27 a sign-in that the provider may have taken from an old session of its own is not fresh enough to change anything', async () => {
  const { who, there } = await federatedOnly()
  const browser = new HttpBrowser(app.issuer)
  assert.ok(codeOf(await confirmed(browser, await through(browser, await begin(browser), who, there))))

  const asked = await browser.open(`${SECURITY}/password`)

  assert.equal(asked.name, 'identify')
})

test('who is linked to a provider that is gone, and to nothing else, comes back by the mailbox', async () => {
  const { email } = await federatedOnly()
  await applyGroup(app, demoGroup(app.ports))
  const browser = new HttpBrowser(app.issuer)
  const password = await browser.submit(await begin(browser), { identifier: email })

  const code = await browser.submit(password, {}, { name: 'action', value: 'forgot-password' })
  const renew = await browser.submit(code, { code: await codeFor(app, email) })
  const done = await browser.submit(renew, { password: 'a-new-horse-battery-5' })

  assert.ok(codeOf(await confirmed(browser, done)), done.name)
  await applyGroup(app, withProviders(demoGroup(app.ports), elsewhere.entry()))
})

test('MFA-44 an undone link is gone from the account and from the index', async () => {
  const owner = account()
  const browser = await signUp(app, owner)
  const who = person()
  await link(browser, who)
  const page = await browser.open(SECURITY)
  const [, change] = /name="change" value="(\d+)"/.exec(page.text) ?? []
  assert.ok(change, 'a change that can be undone')

  await browser.submit(await browser.open(`${SECURITY}/undo?change=${change}`))

  assert.doesNotMatch((await browser.open(SECURITY)).text, /data-link-id/)
  assert.equal((await arrive(who)).page.name, 'sign_up')
})

test('SEC-93 a removal that names nothing of ours is answered as one of nobody’s', async () => {
  const browser = await signUp(app, account())
  const csrf = inputValue(await browser.open(SECURITY), 'csrf')!
  assert.equal((await browser.post(`${SECURITY}/providers/remove`, { csrf, link: "x' or 1=1" })).status, 404)
  assert.equal((await browser.post(`${SECURITY}/passkeys/edit`, { csrf, passkey: 'x', action: 'remove' })).status, 404)
})

test('SEC-35 an account elsewhere or a passkey whose name is no name is not there, and nothing breaks', async () => {
  const browser = await signUp(app, account())
  const csrf = inputValue(await browser.open(`${SECURITY}/email`), 'csrf')!

  for (const id of ['', 'none', '../1', '\0', '01a224d5-457e-713f-90b1-bba68079086f']) {
    const unlinked = await browser.post(`${SECURITY}/providers/remove`, { csrf, link: id })
    assert.ok([400, 404].includes(unlinked.status), `unlink ${JSON.stringify(id)}: ${unlinked.status}`)
    for (const rest of [{ action: 'remove' }, { name: 'mine' }] as Record<string, string>[]) {
      const { status } = await browser.post(`${SECURITY}/passkeys/edit`, { csrf, passkey: id, ...rest })
      assert.ok([400, 404].includes(status), `passkey ${JSON.stringify(id)}: ${status}`)
    }
    for (const page of [`providers/remove?link=`, 'passkeys/edit?passkey=', 'undo?change='])
      assert.ok((await browser.open(`${SECURITY}/${page}${encodeURIComponent(id)}`)).status < 500)
    for (const [path, field] of [
      [`${SECURITY}/undo`, 'change'],
      ['/account/merge/undo', 'merge'],
      ['/account/merge/preview', 'with'],
      ['/account/activity/report', 'sign_in'],
      ['/account/sessions/end', 'session'],
      ['/account/sessions/forget-device', 'device'],
    ] as const)
      assert.ok((await browser.post(path, { csrf, [field]: id })).status < 500, `${path} ${JSON.stringify(id)}`)
    for (const path of [
      '/account/undo?token=',
      '/account/activity?before=',
      '/account/activity/report?sign_in=',
      '/account/merge/preview?with=',
    ])
      assert.ok((await browser.open(`${path}${encodeURIComponent(id)}`)).status < 500, path)
  }
})

test('MFA-20 a browser is no longer trusted when another account is connected: there is one more way in than it was trusted under', async () => {
  const owner = account()
  const browser = await signUp(app, owner)
  const { rows } = await app.app.store.pool.query('select account_id from oidc_sessions order by seen_at desc limit 1')
  await app.app.store.pool.query(
    `insert into trusted_devices (account_id, id, secret_hash, device_hash, label_sealed, created_at, rotated_at, expires_at)
     values ($1, gen_random_uuid(), '\\x00', '\\x00', '\\x00', now(), now(), 'infinity')`,
    [rows[0].account_id],
  )

  const linked = await link(browser, person())

  assert.equal(linked.url.searchParams.get('status'), 'provider_added')
  const left = await app.app.store.pool.query('select from trusted_devices where account_id = $1', [rows[0].account_id])
  assert.equal(left.rowCount, 0)
})
