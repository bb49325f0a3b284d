import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import pg from 'pg'
import { HttpBrowser, type Shown } from '../harness/http-browser.ts'
import { authorizationRequest, authorize, clientsOf, codeFrom, protocolOf, redemption, signInFrom, type Tokens } from '../oidc/protocol.ts'
import { killableServer } from './killable-server.ts'

const server = await killableServer({ after })
const { auroraWeb } = clientsOf(server)
const protocol = protocolOf(server)

/** Milliseconds after the last form is sent at which the server dies: from "not read yet" to "answered long ago". */
const KILL_AFTER_MS = [0, 5, 15, 30, 60, 90, 130, 180, 260, 400]

interface Person {
  readonly email: string
  readonly name: string
  readonly password: string
}

async function codeFor(email: string): Promise<string> {
  for (;;) {
    const mails = (await (await fetch(`${server.issuer}/dev/mailbox.json?to=${email}`)).json()) as { text: string }[]
    const code = /\d{8}/.exec(mails[0]?.text ?? '')?.[0]
    if (code) return code
    await wait(20)
  }
}

async function upToLastPage(browser: HttpBrowser, { email }: Person): Promise<Shown> {
  const start = await authorize(browser, authorizationRequest(auroraWeb))
  const address = await browser.submit(start, {}, { name: 'action', value: 'sign-up' })
  const page = await browser.submit(address, { email })
  return browser.submit(page, { code: await codeFor(email) })
}

async function canSignIn(person: Person): Promise<boolean> {
  const browser = new HttpBrowser(server.issuer)
  const page = await signInFrom(browser, await authorize(browser, authorizationRequest(auroraWeb)), person)
  return page.url.searchParams.has('code')
}

test('kill -9 during sign-up leaves a whole account or nothing, and an acknowledged account signs in afterwards', async () => {
  const outcomes: string[] = []
  for (const [round, killAfterMs] of KILL_AFTER_MS.entries()) {
    await server.start()
    const person = { email: `kill.${round}@example.com`, name: `Kill ${round}`, password: 'survives-a-crash-9' }
    const browser = new HttpBrowser(server.issuer)
    const last = await upToLastPage(browser, person)
    const answered = browser.submit(last, { name: person.name, password: person.password }).then(
      (page) => page.url.searchParams.has('code'),
      () => false, // the connection died with the server
    )
    await wait(killAfterMs)
    await server.kill()
    const acknowledged = await answered

    const rows = await countRows()
    assert.deepEqual(new Set(Object.values(rows)).size, 1, `half an account after ${killAfterMs} ms: ${JSON.stringify(rows)}`)
    await server.start()
    const signedIn = await canSignIn(person)
    assert.ok(signedIn || !acknowledged, `an acknowledged account is gone after ${killAfterMs} ms`)
    outcomes.push(`${killAfterMs} ms: ${acknowledged ? 'acknowledged' : signedIn ? 'written, not acknowledged' : 'nothing'}`)
    await server.kill()
  }
  assert.ok(outcomes.some((o) => o.endsWith('nothing')) && outcomes.some((o) => !o.endsWith('nothing')), outcomes.join(', '))
})

test('kill -9 during refresh: never two successors, and an acknowledged token works afterwards', async () => {
  await server.start()
  const person = { email: 'refresh@example.com', name: 'Rea', password: 'survives-a-crash-9' }
  const browser = new HttpBrowser(server.issuer)
  await browser.submit(await upToLastPage(browser, person), { name: person.name, password: person.password })
  let tokens = await freshTokens(browser)
  for (const killAfterMs of [0, 2, 5, 10, 20, 40, 80]) {
    const before = tokens.refresh_token ?? ''
    const answered = protocol.refresh(auroraWeb, before).then(
      ({ body }) => body,
      () => undefined,
    )
    await wait(killAfterMs)
    await server.kill()
    const acknowledged = await answered
    await server.start()

    if (acknowledged?.refresh_token) {
      const next = await protocol.refresh(auroraWeb, acknowledged.refresh_token)
      assert.equal(next.status, 200, `an acknowledged refresh token is dead after ${killAfterMs} ms`)
      tokens = next.body
    } else {
      // Not acknowledged: the old token is either still good, or spent. It is never good twice.
      const again = await Promise.all([protocol.refresh(auroraWeb, before), protocol.refresh(auroraWeb, before)])
      assert.ok(again.filter(({ status }) => status === 200).length <= 1)
      tokens = again.find(({ status }) => status === 200)?.body ?? (await freshTokens(browser))
    }
  }
})

async function freshTokens(browser: HttpBrowser): Promise<Tokens> {
  const request = authorizationRequest(auroraWeb)
  const { status, body } = await protocol.token(auroraWeb, redemption(request, await codeFrom(browser, request)))
  assert.equal(status, 200)
  return body
}

/** What an account is made of, counted: equal numbers mean that none is half there. */
async function countRows(): Promise<Record<string, number>> {
  const client = new pg.Client(server.databaseUrl)
  await client.connect()
  const { rows } = await client.query<Record<string, number>>(`select (select count(*)::int from accounts) as accounts,
    (select count(*)::int from identifiers) as identifiers, (select count(*)::int from account_keys) as account_keys,
    (select count(*)::int from authenticators) as passwords,
    (select count(distinct account_id)::int from sharing_grants) as confirmed`)
  await client.end()
  return rows[0] ?? {}
}
