import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { startStatementProxy } from '../../bench/statement-proxy.ts'
import { freePorts } from '../harness/app.ts'
import { HttpBrowser, type Shown } from '../harness/http-browser.ts'
import { ADA } from '../harness/shopper.ts'
import { authorizationRequest, authorize, signUp, startProtocol, startTwin } from '../oidc/protocol.ts'

/** Two addresses of the same length, one with an account. */
const [KNOWN, UNKNOWN] = ['grace@example.com', 'nobod@example.com'] as const
const base = await startProtocol({ after })
await signUp(base, { ...ADA, email: KNOWN })

/** Atrium as it is after a start: nothing of the account is in its memory. */
async function freshApp(t: { after(hook: () => Promise<void>): void }) {
  const proxy = await startStatementProxy({ after: (hook: () => Promise<void>) => t.after(hook) } as never, base.databaseUrl) // the one part of a bench's context it uses
  const port = (await freePorts(1))[0]!
  const issuer = `http://localhost:${port}`
  return { issuer, proxy, idle: (await startTwin(t, { databaseUrl: proxy.url }, { issuer, port })).idle }
}

/** What a process does by itself once a second, whoever asks what. */
const BACKGROUND =
  /\bsettings\b|\boutbox\b.*due_at|signing_keys|vault_keys|registered_clients|pg_is_in_recovery|\bclients\b.*order by|^\s*(begin|commit|select 1)\s*$|dev_mailbox|delete from "outbox"/is

const wordsOf = (page: Shown, address: string): string =>
  page.text
    .replaceAll(address, 'ADDRESS')
    .replaceAll(
      /nonce="[^"]*"|localhost:\d+|\/sign-in\/[\w-]+|name="csrf" value="[^"]*"|<p class="request-id.*?<\/p>|data-request-id="[^"]*"/g,
      '',
    )

const headersOf = ({ headers }: Shown): string[] =>
  [...headers.keys()].filter((name) => !['date', 'x-request-id', 'connection', 'keep-alive'].includes(name)).sort()

type App = Awaited<ReturnType<typeof freshApp>>

/** One step of a journey for an address: the page, and what the database was asked for it. */
async function observe(
  { issuer, proxy, idle }: App,
  address: string,
  step: (browser: HttpBrowser, start: Shown) => Promise<() => Promise<Shown>>,
) {
  const browser = new HttpBrowser(issuer)
  const ask = await step(browser, await authorize(browser, authorizationRequest(base.clients.auroraWeb)))
  await idle()
  proxy.take()
  const page = await ask()
  await idle()
  const statements = proxy
    .take()
    .filter((text) => !BACKGROUND.test(text))
    .map((text) => text.replaceAll(/\s+/g, ' '))
  return {
    status: page.status,
    name: page.name,
    words: wordsOf(page, address),
    headers: headersOf(page),
    bytes: page.text.length,
    statements,
  }
}

const STEPS: Record<string, (address: string) => Parameters<typeof observe>[2]> = {
  'the address': (identifier) => async (browser, start) => () => browser.submit(start, { identifier }),
  'a wrong password': (identifier) => async (browser, start) => {
    const asked = await browser.submit(start, { identifier })
    // The first try of a process fetches the account's key too; what that takes is hidden by the least time a try takes (passwords.ts).
    const page = await browser.submit(asked, { password: 'not the password of anybody either' })
    return () => browser.submit(page, { password: 'not the password of anybody' })
  },
  'a sign-up': (email) => async (browser, start) => {
    const page = await browser.submit(start, {}, { name: 'action', value: 'sign-up' })
    return () => browser.submit(page, { email })
  },
  'a code in place of the password': (identifier) => async (browser, start) => {
    const page = await browser.submit(start, { identifier })
    return () => browser.submit(page, {}, { name: 'action', value: 'email-code' })
  },
  'a wrong code': (email) => async (browser, start) => {
    const page = await browser.submit(await browser.submit(start, {}, { name: 'action', value: 'sign-up' }), { email })
    return () => browser.submit(page, { code: '00000000' })
  },
}

for (const [what, step] of Object.entries(STEPS)) {
  test(`SEC-37, MFA-30 ${what}: a known and an unknown address get the same answer for the same statements`, async (t) => {
    const [one, two] = [await freshApp(t), await freshApp(t)]

    const known = await observe(one, KNOWN, step(KNOWN))
    const unknown = await observe(two, UNKNOWN, step(UNKNOWN))

    assert.ok(known.statements.length > 0)
    assert.deepEqual(unknown.statements, known.statements)
    assert.equal(unknown.words, known.words)
    assert.deepEqual({ ...unknown, words: '' }, { ...known, words: '' })
  })
}

test('MFA-21 a code is sent only to who chose to sign up: typing an address, or a wrong password for it, sends nothing', async () => {
  const addresses = [KNOWN, UNKNOWN, 'third@example.com']
  const before = await Promise.all(addresses.map((address) => base.mailsTo(address)))
  for (const address of addresses) {
    const browser = new HttpBrowser(base.issuer)
    const request = authorizationRequest(base.clients.auroraWeb, { login_hint: address })
    const page = await browser.submit(await authorize(browser, request), { identifier: address })
    await browser.submit(page, { password: 'not the password of anybody' })
    const other = await browser.submit(
      await browser.submit(page, {}, { name: 'action', value: 'back' }),
      {},
      { name: 'action', value: 'sign-up' },
    )
    assert.equal(other.name, 'sign_up')
  }

  const afterwards = await Promise.all(addresses.map((address) => base.mailsTo(address)))
  assert.deepEqual(
    afterwards.map((mails) => mails.length),
    before.map((mails) => mails.length),
  )
})
