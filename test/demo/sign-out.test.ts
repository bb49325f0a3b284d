import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { generateKeyPair, type JWTPayload, SignJWT, UnsecuredJWT } from 'jose'
import { Browser, claimsOn } from './browser.ts'
import { openWorld, type Site, type World } from './demo-world.ts'

const EVENT = 'http://schemas.openid.net/event/backchannel-logout'

describe('signing out', () => {
  let world: World
  before(async () => {
    world = await openWorld()
  })
  after(() => world.close())

  const signedIn = async (...sites: Site[]) => {
    const browser = new Browser()
    for (const site of sites) await browser.open(new URL('/sign-in', world.url(site)))
    return browser
  }
  const isSignedIn = async (browser: Browser, site: Site) => claimsOn(await browser.open(world.url(site))) !== undefined
  const sendToken = (site: Site, token: string) =>
    new Browser().post(new URL('/backchannel-logout', world.url(site)), { logout_token: token })

  test('ends the session here, then at the provider, and from there at every other site', async () => {
    const ada = await signedIn('aurora', 'borealis', 'parcelly')
    const home = await ada.open(world.url('aurora'))

    const asked = await ada.submit(home, '/sign-out')
    assert.ok(asked.url.href.startsWith(`${world.issuer}/session/end?`))
    assert.equal(asked.url.searchParams.get('post_logout_redirect_uri'), world.url('aurora'))
    assert.ok(asked.url.searchParams.get('id_token_hint'))
    const back = await ada.submit(asked, '/session/end/confirm', { logout: 'yes' })

    assert.equal(back.url.origin, new URL(world.url('aurora')).origin)
    assert.match(back.text, /role="status">You are signed out/)
    assert.equal(ada.cookies.has('aurora_session'), false)
    for (const site of ['aurora', 'borealis', 'parcelly'] as const) assert.equal(await isSignedIn(ada, site), false, site)
  })

  test('needs the form of this session: without its CSRF token nothing ends', async () => {
    const [ada, eve] = [await signedIn('aurora'), await signedIn('aurora')]
    const foreign = /name="csrf" value="([^"]+)"/.exec((await eve.open(world.url('aurora'))).text)![1]!

    for (const fields of [{}, { csrf: '' }, { csrf: 'guess' }, { csrf: foreign }]) {
      const page = await ada.post(new URL('/sign-out', world.url('aurora')), fields)
      assert.equal(page.status, 403)
      assert.match(page.text, /out of date/)
    }
    assert.equal(await isSignedIn(ada, 'aurora'), true)
  })

  test('a guest who signs out is simply shown the shop', async () => {
    const page = await new Browser().post(new URL('/sign-out', world.url('aurora')), { csrf: 'x' })

    assert.equal(page.status, 200)
    assert.match(page.text, /data-action="sign-in"/)
  })

  test('a logout token with sid ends that session and no other', async () => {
    const [phone, laptop] = [await signedIn('borealis'), await signedIn('borealis')]
    const sid = world.lastSid('borealis-web')

    const answer = await sendToken('borealis', await world.logoutToken({ aud: 'borealis-web', sub: 'ada', sid }))

    assert.equal(answer.status, 200)
    assert.equal(answer.headers.get('cache-control'), 'no-store')
    assert.equal(await isSignedIn(laptop, 'borealis'), false)
    assert.equal(await isSignedIn(phone, 'borealis'), true)
  })

  test('a logout token with sub alone ends every session of that customer at that site', async () => {
    const [phone, laptop] = [await signedIn('borealis', 'aurora'), await signedIn('borealis')]

    const answer = await sendToken('borealis', await world.logoutToken({ aud: 'borealis-web', sub: 'ada' }))

    assert.equal(answer.status, 200)
    assert.deepEqual([await isSignedIn(phone, 'borealis'), await isSignedIn(laptop, 'borealis')], [false, false])
    assert.equal(await isSignedIn(phone, 'aurora'), true)
  })

  test('a logout token for nobody signed in here is fine', async () => {
    assert.equal((await sendToken('parcelly', await world.logoutToken({ aud: 'parcelly-web', sub: 'grace' }))).status, 200)
  })

  test('a logout token counts once', async () => {
    const token = await world.logoutToken({ aud: 'aurora-web', sub: 'ada' })
    assert.equal((await sendToken('aurora', token)).status, 200)
    const ada = await signedIn('aurora')

    assert.equal((await sendToken('aurora', token)).status, 400)

    assert.equal(await isSignedIn(ada, 'aurora'), true)
  })

  describe('a forged logout token is refused with 400 and ends nothing', () => {
    const good = (): JWTPayload => ({ iss: world.issuer, aud: 'aurora-web', sub: 'ada', jti: crypto.randomUUID(), events: { [EVENT]: {} } })
    const signedBy = async (key: Parameters<SignJWT['sign']>[0], alg: string) =>
      new SignJWT(good()).setProtectedHeader({ alg, kid: 'one', typ: 'logout+jwt' }).setIssuedAt().setExpirationTime('2m').sign(key)
    const forgeries: Record<string, () => Promise<string> | string> = {
      'no token at all': () => '',
      'not a JWT': () => 'a.b.c',
      'alg none': () => new UnsecuredJWT(good()).setIssuedAt().setExpirationTime('2m').encode(),
      'signed by a stranger': async () => signedBy((await generateKeyPair('ES256')).privateKey, 'ES256'),
      'signed with the client secret': () => signedBy(new TextEncoder().encode('aurora-demo-secret'.padEnd(32, '.')), 'HS256'),
      'for another client': () => world.logoutToken({ ...good(), aud: 'borealis-web' }),
      'of another issuer': () => world.logoutToken({ ...good(), iss: 'https://evil.example' }),
      'an issuer with a slash': () => world.logoutToken({ ...good(), iss: `${world.issuer}/` }),
      'with a nonce': () => world.logoutToken({ ...good(), nonce: 'n' }),
      'without events': () => world.logoutToken({ ...good(), events: undefined }),
      'with another event': () => world.logoutToken({ ...good(), events: { 'https://example.com/other': {} } }),
      'with an event that is no object': () => world.logoutToken({ ...good(), events: { [EVENT]: true } }),
      'with events as a list': () => world.logoutToken({ ...good(), events: [EVENT] }),
      'without jti': () => world.logoutToken({ ...good(), jti: undefined as never }),
      'naming nobody': () => world.logoutToken({ ...good(), sub: undefined as never }),
      'with sid that is no text': () => world.logoutToken({ ...good(), sid: { $ne: '' } }),
      'that ran out': () => world.logoutToken({ ...good(), exp: 1_700_000_000 }),
      'of type JWT, as an ID token is': () => world.logoutToken(good(), { typ: 'JWT' }),
    }
    for (const [what, forge] of Object.entries(forgeries)) {
      test(what, async () => {
        const ada = await signedIn('aurora')

        const answer = await sendToken('aurora', await forge())

        assert.equal(answer.status, 400)
        assert.deepEqual(JSON.parse(answer.text), { error: 'invalid_request' })
        assert.equal(await isSignedIn(ada, 'aurora'), true)
      })
    }

    test('an ID token of the provider, sent as a logout token', async () => {
      const ada = await signedIn('aurora')
      const asked = await ada.submit(await ada.open(world.url('aurora')), '/sign-out')
      const grace = await signedIn('aurora')

      const answer = await sendToken('aurora', asked.url.searchParams.get('id_token_hint')!)

      assert.equal(answer.status, 400)
      assert.equal(await isSignedIn(grace, 'aurora'), true)
    })
  })
})
