import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { HttpBrowser } from '../harness/http-browser.ts'
import { authorizationRequest, authorize, redemption, signIn, signInFrom, signOut, signUp, startProtocol, tokensFor } from './protocol.ts'

const app = await startProtocol({ after })
await signUp(app)
const { auroraWeb, borealisWeb } = app.clients
const { pool } = app.app.store

/** Holds a row lock on every session while `work` starts requests that will wait for it, then lets them go in the order they came. */
async function whileSessionsAreHeld<T>(work: (waiting: (count: number) => Promise<void>) => Promise<T>): Promise<T> {
  const holder = await pool.connect()
  try {
    await holder.query('begin')
    await holder.query('select 1 from oidc_sessions for update')
    const waiting = async (count: number): Promise<void> => {
      for (let tries = 0; tries < 2_000; tries++) {
        const { rows } = await pool.query<{ n: number }>(
          "select count(*)::int as n from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()",
        )
        if ((rows[0]?.n ?? 0) >= count) return
      }
      throw new Error(`${count} requests should wait for the row by now`)
    }
    const started = await work(waiting)
    return started
  } finally {
    await holder.query('commit')
    holder.release()
  }
}

test('OIDC-20 a request that read a session before a fresh proof does not bring its old cookie back', async () => {
  const browser = await signIn(app)
  const page = await authorize(browser, authorizationRequest(auroraWeb, { prompt: 'login' }))
  const thief = browser.copy((cookie) => cookie.name === 'atrium_session')
  const password = await browser.submit(page, { identifier: 'ada.lovelace@example.com' })
  await app.advance(400) // long enough unseen that any use is written

  const both = await whileSessionsAreHeld(async (waiting) => {
    const proof = browser.submit(password, { password: 'correct-horse-battery-9' })
    await waiting(1)
    const stale = thief.open(`/authorize?${new URLSearchParams(authorizationRequest(auroraWeb).params)}`)
    await waiting(2)
    return [proof, stale] as const
  })
  await Promise.all(both)

  const silent = (of: HttpBrowser) => authorize(of, authorizationRequest(auroraWeb, { prompt: 'none' }))
  assert.ok((await silent(browser)).url.searchParams.has('code'), 'who proved themselves is signed in')
  assert.equal((await silent(thief)).url.searchParams.get('error'), 'login_required', 'the old cookie opens nothing')
})

test('OIDC-24 a sign-out ends the session also when its cookie changes at the same moment', async () => {
  const browser = await signIn(app)
  const page = await authorize(browser, authorizationRequest(auroraWeb, { prompt: 'login' }))
  const password = await browser.submit(page, { identifier: 'ada.lovelace@example.com' })
  const other = browser.copy()
  const question = await other.open('/sign-out')

  const both = await whileSessionsAreHeld(async (waiting) => {
    const proof = browser.submit(password, { password: 'correct-horse-battery-9' })
    await waiting(1)
    const out = other.submit(question)
    await waiting(2)
    return [proof, out] as const
  })
  const [, out] = await Promise.all(both)

  assert.equal(out.name, 'signed_out')
  const silent = await authorize(browser, authorizationRequest(auroraWeb, { prompt: 'none' }))
  assert.equal(silent.url.searchParams.get('error'), 'login_required')
})

test('what a finished journey leads to, it leads to once, also when it is resumed three times at the same moment', async () => {
  const browser = new HttpBrowser(app.issuer)
  const start = await authorize(browser, authorizationRequest(auroraWeb))
  const password = await browser.submit(start, { identifier: 'ada.lovelace@example.com' })
  const [hidden] = [...password.text.matchAll(/name="csrf" value="([^"]*)"/g)]
  const body = new URLSearchParams({ csrf: hidden![1]!, step: 'password', password: 'correct-horse-battery-9' })
  const finished = await browser.step(password.url, { method: 'POST', body })
  const resume = finished.headers.get('location')!

  const answers = await Promise.all([1, 2, 3].map(() => browser.copy().step(resume)))

  const codes = answers.filter((a) => a.headers.get('location')?.includes('code='))
  assert.equal(codes.length, 1)
  for (const lost of answers.filter((a) => !codes.includes(a))) {
    assert.ok(lost.status < 500)
    assert.ok(!lost.headers.getSetCookie().some((line) => line.startsWith('atrium_session=s')), 'no session for who lost')
  }
})

test('SEC-33 ending all other sessions ends all of them, more than any list shows, and their tokens', async () => {
  const forgotten = await signIn(app)
  const tokens = await tokensFor(app, forgotten, auroraWeb)
  const { rows } = await pool.query<{ account_id: string }>(
    'select account_id from accounts, identifiers where account_id = accounts.id limit 1',
  )
  await pool.query(
    `insert into oidc_sessions (routing, bucket, uid_hash, id_hash, account_id, created_at, seen_at, expires_at)
     select 1, (select max(bucket) from oidc_sessions), decode(lpad(to_hex(n), 32, '0'), 'hex'), decode(lpad(to_hex(n), 32, 'a'), 'hex'), $1,
       now() + interval '1 day', now() + interval '1 day', now() + interval '9 days' from generate_series(1, 150) n`,
    [rows[0]!.account_id],
  )
  const laptop = await signIn(app)
  await laptop.open('/account/sessions')
  const ended = await laptop.submit(await laptop.open('/account/sessions/end-others'))

  assert.equal(ended.name, 'account.sessions')
  const { rows: left } = await pool.query<{ n: number }>(
    'select count(*)::int as n from oidc_sessions where account_id = $1 and ended_at is null',
    [rows[0]!.account_id],
  )
  assert.equal(left[0]!.n, 1)
  assert.equal((await app.userinfo(tokens.access_token)).status, 401)
  assert.equal((await app.refresh(auroraWeb, tokens.refresh_token!)).status, 400)
})

test('tokens of one customer at two recipients have nothing in common that tells', async () => {
  const browser = await signIn(app)
  const heads = async (client: typeof auroraWeb | typeof borealisWeb) => {
    const { access_token, refresh_token } = await tokensFor(app, browser, client)
    return [access_token, refresh_token!].map((token) => Buffer.from(token.slice(1), 'base64url').subarray(0, 4).toString('hex'))
  }
  const seen = [...(await heads(auroraWeb)), ...(await heads(borealisWeb)), ...(await heads(auroraWeb))]

  assert.equal(new Set(seen).size, seen.length)
})

test('a locked account’s tokens are dead everywhere, introspection included', async () => {
  const browser = await signUp(app, { email: 'locked@example.com', name: 'Lo', password: 'locked-but-long-enough-3' })
  const tokens = await tokensFor(app, browser, auroraWeb)
  await pool.query("update accounts set status = 'locked' where id = (select account_id from oidc_grants order by created_at desc limit 1)")

  assert.equal((await app.userinfo(tokens.access_token)).status, 401)
  assert.equal((await app.refresh(auroraWeb, tokens.refresh_token!)).status, 400)
  assert.deepEqual((await app.introspect(auroraWeb, tokens.refresh_token!)).body, { active: false })
  const again = await authorize(browser, authorizationRequest(auroraWeb, { prompt: 'none' }))
  assert.equal(again.url.searchParams.get('error'), 'login_required')
})

test('SEC-99 anonymous requests with made-up cookies write no session', async () => {
  const count = async () => (await pool.query<{ n: number }>('select count(*)::int as n from oidc_sessions')).rows[0]!.n
  const before = await count()
  for (let i = 0; i < 5; i++) {
    const stranger = new HttpBrowser(app.issuer)
    stranger.put({ host: 'localhost', path: '/', name: 'atrium_session', value: `x${i}` })
    await authorize(stranger, authorizationRequest(auroraWeb, { prompt: 'none' }))
  }

  assert.equal(await count(), before)
})

test('SEC-34 silent sign-ins do not prolong a session', async () => {
  const browser = await signIn(app)
  const silent = () => authorize(browser, authorizationRequest(auroraWeb, { prompt: 'none' }))
  await app.advance(8 * 86_400)
  assert.ok((await silent()).url.searchParams.has('code'))
  await app.advance(7 * 86_400)

  assert.equal((await silent()).url.searchParams.get('error'), 'login_required')
})

test('MFA-46 what was proven for one address does not count for another', async () => {
  const [one, two] = [new HttpBrowser(app.issuer), new HttpBrowser(app.issuer)]
  const mallory = { email: 'mallory@example.com', name: 'Mallory', password: 'two-sign-ups-at-once-7' }
  const verified = async (browser: HttpBrowser) => {
    const request = authorizationRequest(auroraWeb)
    const start = await authorize(browser, request)
    const page = await browser.submit(await browser.submit(start, {}, { name: 'action', value: 'sign-up' }), { email: mallory.email })
    const [mail] = await app.mailsTo(mallory.email)
    return { request, page: await browser.submit(page, { code: /\d{8}/.exec(mail!.text)![0] }) }
  }
  const first = await verified(one)
  const second = await verified(two)
  await one.submit(first.page, { name: mallory.name, password: mallory.password })
  const taken = await two.submit(second.page, { name: mallory.name, password: mallory.password })
  assert.equal(taken.name, 'password')
  const start = await two.submit(taken, {}, { name: 'action', value: 'back' })
  const end = await signInFrom(two, start)

  const { body } = await app.token(auroraWeb, redemption(second.request, end.url.searchParams.get('code')!))
  const claims = JSON.parse(Buffer.from(body.id_token!.split('.')[1]!, 'base64url').toString()) as { amr: string[] }
  assert.deepEqual(claims.amr, ['pwd'])
  await signOut(two)
})
