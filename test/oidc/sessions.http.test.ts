import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { HttpBrowser } from '../harness/http-browser.ts'
import {
  authorizationRequest,
  authorize,
  codeFrom,
  confirmed,
  payloadOf,
  redemption,
  signIn,
  signOut,
  signUp,
  startProtocol,
  type Tokens,
  tokensFor,
} from './protocol.ts'

const app = await startProtocol({ after })
await signUp(app)
const { auroraWeb, borealisWeb } = app.clients

/** Whether a token opens userinfo, and the refresh token that came with it another one. */
async function alive({ access_token, refresh_token }: Tokens, client = auroraWeb as typeof auroraWeb | typeof borealisWeb) {
  const [info, introspected] = [await app.userinfo(access_token), await app.introspect(client, access_token)]
  const refresh = await app.introspect(client, refresh_token!)
  return { userinfo: info.status === 200, access: introspected.body.active, refresh: refresh.body.active }
}
const ALIVE = { userinfo: true, access: true, refresh: true }
const DEAD = { userinfo: false, access: false, refresh: false }

const offline = { scope: 'openid offline_access', prompt: 'consent' }

test('OIDC-5 each authorization has a grant of its own: two of one client in one session, both families live and end apart', async () => {
  const browser = await signIn(app)
  const [first, second] = [
    await tokensFor(app, browser, auroraWeb, { scope: 'openid email phone' }),
    await tokensFor(app, browser, auroraWeb),
  ]

  assert.deepEqual([await alive(first), await alive(second)], [ALIVE, ALIVE])
  assert.equal((await app.refresh(auroraWeb, first.refresh_token!)).body.scope, 'openid email phone')
  assert.equal(
    (await app.refresh(auroraWeb, second.refresh_token!)).body.scope,
    'openid',
    'scopes of the first did not leak into the second',
  )

  const third = await tokensFor(app, browser, auroraWeb)
  await app.revoke(auroraWeb, third.refresh_token!)
  assert.deepEqual(await alive(third), DEAD)
  assert.equal((await app.userinfo(first.access_token)).status, 200)
})

test('OIDC-5 signing out in one browser leaves the tokens of another one alone', async () => {
  const [phone, laptop] = [await signIn(app), await signIn(app)]
  const [onPhone, onLaptop] = [await tokensFor(app, phone, auroraWeb), await tokensFor(app, laptop, auroraWeb)]

  await signOut(phone)

  assert.deepEqual([await alive(onPhone), await alive(onLaptop)], [DEAD, ALIVE])
})

test('OIDC-24 a sign-out ends the refresh and access tokens of every client of the session at once, those of earlier authorizations too', async () => {
  const browser = await signIn(app)
  const [early, late] = [await tokensFor(app, browser, auroraWeb), await tokensFor(app, browser, auroraWeb)]
  const sister = await tokensFor(app, browser, borealisWeb)

  const page = await signOut(browser)

  assert.equal(page.name, 'signed_out')
  assert.deepEqual([await alive(early), await alive(late), await alive(sister, borealisWeb)], [DEAD, DEAD, DEAD])
  assert.equal((await app.refresh(auroraWeb, late.refresh_token!)).body.error, 'invalid_grant')
})

test('OIDC-24 offline_access with prompt=consent outlives the sign-out, also beside a plain sign-in of the same client', async () => {
  const browser = await signIn(app)
  const kept = await tokensFor(app, browser, auroraWeb, offline)
  const plain = await tokensFor(app, browser, auroraWeb)
  assert.equal(kept.scope, 'openid offline_access')

  await signOut(browser)

  assert.deepEqual([await alive(kept), await alive(plain)], [ALIVE, DEAD])
  assert.equal((await app.refresh(auroraWeb, kept.refresh_token!)).status, 200)
})

test('offline_access without prompt=consent is not granted, and the tokens end with the session', async () => {
  const browser = await signIn(app)
  const tokens = await tokensFor(app, browser, auroraWeb, { scope: 'openid offline_access' })

  await signOut(browser)

  assert.equal(tokens.scope, 'openid')
  assert.deepEqual(await alive(tokens), DEAD)
})

test('OIDC-23 "stay signed in" ends the asking client’s tokens and nobody else’s', async () => {
  const browser = await signIn(app)
  const [asking, sister] = [await tokensFor(app, browser, auroraWeb), await tokensFor(app, browser, borealisWeb)]
  const page = await browser.open(`/sign-out?${new URLSearchParams({ id_token_hint: asking.id_token! })}`)
  assert.equal(page.name, 'sign_out')

  await browser.post(/<form[^>]*action="([^"]+)"/.exec(page.text)![1]!, { xsrf: /name="xsrf" value="([^"]+)"/.exec(page.text)![1]! })

  assert.deepEqual([await alive(asking), await alive(sister, borealisWeb)], [DEAD, ALIVE])
  assert.equal((await authorize(browser, authorizationRequest(borealisWeb))).url.searchParams.has('code'), true)
})

test('OIDC-23, SEC-31 signing out asks first; a forced one by link or image changes nothing', async () => {
  const browser = await signIn(app)
  const tokens = await tokensFor(app, browser, auroraWeb)

  const page = await browser.open('/sign-out')

  assert.equal(page.name, 'sign_out')
  assert.deepEqual(await alive(tokens), ALIVE)
  assert.equal((await browser.post('/sign-out/confirm', { logout: 'yes', xsrf: 'guessed' })).status, 400)
  assert.deepEqual(await alive(tokens), ALIVE)
})

test('OIDC-23 after a sign-out the browser goes to a registered address with its state, and to no other', async () => {
  const browser = await signIn(app)
  const { id_token } = await tokensFor(app, browser, auroraWeb)
  const home = auroraWeb.redirect_uri.replace('callback', '')
  const ask = (uri: string) =>
    browser.open(`/sign-out?${new URLSearchParams({ id_token_hint: id_token!, post_logout_redirect_uri: uri, state: 's1' })}`)

  const elsewhere = await ask('https://evil.example/')
  const done = await browser.submit(await ask(home))

  assert.deepEqual([elsewhere.status, elsewhere.name, elsewhere.url.origin], [400, 'error', app.issuer])
  assert.equal(done.url.href, `${home}?state=s1`)
})

test('who is not signed in is told so at the sign-out, with and without script', async () => {
  const stranger = new HttpBrowser(app.issuer)

  const asked = await stranger.open('/sign-out')
  const done = await stranger.submit(asked)

  assert.match(asked.headers.get('content-security-policy') ?? '', /script-src [^;]*'sha256-/)
  assert.equal(done.name, 'signed_out')
})

test('OIDC-24 ending another session on the account’s own pages ends its tokens; ending all others, offline ones too', async () => {
  const [here, other] = [await signIn(app), await signIn(app)]
  const [ofOther, ofOtherOffline, ofHere] = [
    await tokensFor(app, other, auroraWeb),
    await tokensFor(app, other, auroraWeb, offline),
    await tokensFor(app, here, auroraWeb),
  ]
  const list = await confirmed(here, await here.open('/account/sessions'))
  assert.equal(list.name, 'account.sessions')

  const asked = await here.open('/account/sessions/end-others')
  const ended = await here.submit(asked)

  assert.equal(ended.status, 200)
  assert.deepEqual([await alive(ofOther), await alive(ofOtherOffline), await alive(ofHere)], [DEAD, DEAD, ALIVE])
  assert.equal((await authorize(other, authorizationRequest(auroraWeb))).name, 'identify')
})

test('OIDC-23 one sign-out sends a logout token to each brand of the session, with the subject and sid that brand knows', async () => {
  const browser = await signIn(app)
  const known = [await tokensFor(app, browser, auroraWeb), await tokensFor(app, browser, borealisWeb)].map(({ id_token }) =>
    payloadOf(id_token!),
  )
  const received = await listenFor(app.ports)

  await signOut(browser)
  await app.app.idle()

  // Those of earlier sign-outs, which nobody took, may be tried again meanwhile.
  const ofThisOne = (token: Record<string, unknown>): boolean => known.some(({ sid }) => sid === token.sid)
  const tokens = received.tokens
    .map(payloadOf)
    .filter(ofThisOne)
    .sort((a, b) => String(a.aud).localeCompare(String(b.aud)))
  await received.close()
  assert.deepEqual(
    tokens.map(({ iss, aud, sub, sid }) => ({ iss, aud, sub, sid })),
    known.map(({ iss, aud, sub, sid }) => ({ iss, aud, sub, sid })),
  )
  assert.notEqual(known[0]!.sub, known[1]!.sub)
  assert.notEqual(known[0]!.sid, known[1]!.sid)
  for (const { events, nonce } of tokens)
    assert.deepEqual([events, nonce], [{ 'http://schemas.openid.net/event/backchannel-logout': {} }, undefined])
})

test('OIDC-20 the session id changes at sign-in, at a fresh proof and at sign-out, and the old ones open nothing', async () => {
  const browser = await signIn(app)
  const ids = [browser.cookie('atrium_session')]
  const again = await authorize(browser, authorizationRequest(auroraWeb, { prompt: 'login' }))
  await browser.submit(await browser.submit(again, { identifier: 'ada.lovelace@example.com' }), { password: 'correct-horse-battery-9' })
  ids.push(browser.cookie('atrium_session'))
  await signOut(browser)

  assert.equal(new Set(ids).size, 2)
  assert.equal(browser.cookie('atrium_session'), undefined)
  for (const id of ids) {
    const thief = new HttpBrowser(app.issuer)
    thief.put({ host: 'localhost', path: '/', name: 'atrium_session', value: id! })
    assert.equal((await authorize(thief, authorizationRequest(auroraWeb))).name, 'identify')
  }
})

test('OIDC-20 the id before a fresh proof is dead as soon as there is a new one', async () => {
  const browser = await signIn(app)
  const thief = browser.copy()
  const again = await authorize(browser, authorizationRequest(auroraWeb, { prompt: 'login' }))
  await browser.submit(await browser.submit(again, { identifier: 'ada.lovelace@example.com' }), { password: 'correct-horse-battery-9' })

  assert.equal((await authorize(thief, authorizationRequest(auroraWeb))).name, 'identify')
  assert.ok((await authorize(browser, authorizationRequest(auroraWeb))).url.searchParams.get('code'))
})

test('a session id that somebody planted in a browser is not taken over by its sign-in', async () => {
  const victim = new HttpBrowser(app.issuer)
  const planted = `s${Buffer.alloc(36, 1).toString('base64url')}`
  victim.put({ host: 'localhost', path: '/', name: 'atrium_session', value: planted })

  const page = await authorize(victim, authorizationRequest(auroraWeb))
  await victim.submit(await victim.submit(page, { identifier: 'ada.lovelace@example.com' }), { password: 'correct-horse-battery-9' })

  assert.notEqual(victim.cookie('atrium_session'), planted)
  const attacker = new HttpBrowser(app.issuer)
  attacker.put({ host: 'localhost', path: '/', name: 'atrium_session', value: planted })
  assert.equal((await authorize(attacker, authorizationRequest(auroraWeb))).name, 'identify')
})

test('an authorization begun before a sign-out in the same browser does not bring the session back', async () => {
  const browser = await signIn(app)
  const request = authorizationRequest(auroraWeb)
  const code = await codeFrom(browser, request)

  await signOut(browser)

  assert.equal((await app.token(auroraWeb, redemption(request, code))).body.error, 'invalid_grant')
})

// These move the clock, so they come last.

test('SEC-34 a session ends after fourteen days without use, and thirty days after it began however much it is used', async () => {
  const [idle, used] = [await signIn(app), await signIn(app)]
  const day = 86_400

  await app.advance(13 * day)
  const { refresh_token } = await tokensFor(app, used, auroraWeb)
  await app.advance(2 * day)
  assert.equal((await authorize(idle, authorizationRequest(auroraWeb))).name, 'identify')
  await app.advance(11 * day)
  assert.ok((await authorize(used, authorizationRequest(auroraWeb))).url.searchParams.get('code'))
  await app.advance(4 * day + 60)

  assert.equal((await authorize(used, authorizationRequest(auroraWeb))).name, 'identify')
  assert.equal((await app.refresh(auroraWeb, refresh_token!)).body.error, 'invalid_grant')
})

test('OIDC-7 an offline refresh token outlives the thirty days of a session', async () => {
  const browser = await signIn(app)
  let { refresh_token } = await tokensFor(app, browser, auroraWeb, offline)

  for (let week = 0; week < 6; week++) {
    await app.advance(7 * 86_400)
    const { status, body } = await app.refresh(auroraWeb, refresh_token!)
    assert.equal(status, 200, `after ${week + 1} weeks: ${body.error_description}`)
    refresh_token = body.refresh_token
  }
})

/** The brands' back-channel endpoints. */
async function listenFor(ports: { aurora: number; borealis: number }) {
  const { createServer } = await import('node:http')
  const tokens: string[] = []
  const servers = [ports.aurora, ports.borealis].map((port) =>
    createServer(async (req, res) => {
      let body = ''
      for await (const chunk of req) body += String(chunk)
      tokens.push(new URLSearchParams(body).get('logout_token') ?? '')
      res.end()
    }).listen(port, 'localhost'),
  )
  await Promise.all(servers.map((server) => new Promise((resolve) => server.once('listening', resolve))))
  return { tokens, close: () => Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve)))) }
}
