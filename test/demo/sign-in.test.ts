import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { Browser, claimsOn } from './browser.ts'
import { ADA, openWorld, type Site, type World } from './demo-world.ts'

describe('signing in at a demo site', () => {
  let world: World
  before(async () => {
    world = await openWorld()
  })
  after(() => world.close())

  test('a guest is offered to sign in and to sign up, and shown no claims', async () => {
    const page = await new Browser().open(world.url('aurora'))

    assert.equal(page.status, 200)
    assert.equal(page.text.match(/data-action="sign-in"/g)?.length, 1)
    assert.match(page.text, /<a [^>]*data-action="sign-up" href="\/sign-up"/)
    assert.equal(claimsOn(page), undefined)
    assert.doesNotMatch(page.text, /data-action="sign-out"/)
  })

  for (const [site, expected] of Object.entries({
    aurora: ['sub', 'name', 'email', 'phone_number', 'address', 'tier', 'points', 'shoe_size', 'styles'],
    borealis: ['sub', 'name', 'email', 'phone_number', 'address', 'shoe_size', 'styles'],
    parcelly: ['sub', 'name', 'address', 'phone_number'],
  } as const) as [Site, readonly (keyof typeof ADA)[]][]) {
    test(`${site} shows the claims it asked for, and greets by name`, async () => {
      const ada = new Browser()

      const page = await ada.open(new URL('/sign-in', world.url(site)))

      assert.equal(page.url.href, world.url(site))
      const claims = claimsOn(page)
      for (const claim of expected) assert.deepEqual(claims?.[claim], ADA[claim], claim)
      assert.equal('tier' in claims!, site === 'aurora')
      assert.equal('email' in claims!, site !== 'parcelly')
      assert.match(page.text, /<h1>[^<]*Ada[^<]*<\/h1>/)
      assert.match(page.text, /data-action="sign-out"/)
    })
  }

  test('the authorization request uses a code, PKCE S256, state, nonce and the registered redirect URI', async () => {
    const response = await new Browser().step(new URL('/sign-in', world.url('borealis')))

    assert.equal(response.status, 303)
    const asked = new URL(response.headers.get('location')!).searchParams
    assert.equal(asked.get('response_type'), 'code')
    assert.equal(asked.get('client_id'), 'borealis-web')
    assert.equal(asked.get('redirect_uri'), `${world.url('borealis')}callback`)
    assert.equal(asked.get('code_challenge_method'), 'S256')
    assert.equal(asked.get('scope'), 'openid profile email phone address sizes preferences')
    for (const name of ['code_challenge', 'state', 'nonce']) assert.equal(asked.get(name)?.length, 43, name)
    assert.equal(asked.get('prompt'), null)
  })

  test('signing up asks the provider to create an account', async () => {
    const ada = new Browser()
    world.prompts.length = 0

    const page = await ada.open(new URL('/sign-up', world.url('aurora')))

    assert.equal(world.prompts[0], 'create')
    assert.equal(claimsOn(page)?.sub, 'ada')
  })

  test('the session cookie is the site’s own, HttpOnly and SameSite=Lax, and new at every sign-in', async () => {
    const ada = new Browser()
    const sessions = () => ada.setCookies.filter((line) => line.startsWith('aurora_session='))

    await ada.open(new URL('/sign-in', world.url('aurora')))
    const first = ada.cookies.get('aurora_session')!
    await ada.open(new URL('/sign-in', world.url('aurora')))

    assert.equal(sessions().length, 2)
    for (const line of sessions()) assert.match(line, /^aurora_session=[\w-]{43}; Path=\/; HttpOnly; SameSite=Lax$/)
    assert.notEqual(ada.cookies.get('aurora_session'), first)
    ada.cookies.set('aurora_session', first)
    assert.equal(claimsOn(await ada.open(world.url('aurora'))), undefined, 'the old id is worth nothing')
  })

  test('the sister brand needs no second sign-in, and each site keeps a session of its own', async () => {
    const ada = new Browser()
    await ada.open(new URL('/sign-in', world.url('aurora')))
    world.prompts.length = 0

    const page = await ada.open(new URL('/sign-in', world.url('borealis')))

    assert.equal(claimsOn(page)?.sub, 'ada')
    assert.ok(!world.prompts.includes('login'))
    assert.notEqual(ada.cookies.get('aurora_session'), ada.cookies.get('borealis_session'))
  })

  test('two tabs can sign in at once: each answer finds its own request', async () => {
    const ada = new Browser()
    const [one, two] = [await ada.step(new URL('/sign-in', world.url('aurora'))), await ada.step(new URL('/sign-in', world.url('aurora')))]

    const pages = [await ada.open(two.headers.get('location')!), await ada.open(one.headers.get('location')!)]

    assert.deepEqual(
      pages.map((page) => claimsOn(page)?.sub),
      ['ada', 'ada'],
    )
  })

  test('a refreshed access token replaces one that ran out, once for requests that arrive together', async () => {
    const ada = new Browser()
    await ada.open(new URL('/sign-in', world.url('aurora')))
    await world.forgetAccessTokens()
    const before = world.tokenRequests()

    const pages = await Promise.all([1, 2, 3].map(() => ada.open(world.url('aurora'))))

    assert.deepEqual(
      pages.map((page) => claimsOn(page)?.sub),
      ['ada', 'ada', 'ada'],
    )
    assert.equal(world.tokenRequests() - before, 1)
  })

  test('when the provider no longer honours the tokens, the session ends and the guest’s page is shown', async () => {
    const ada = new Browser()
    await ada.open(new URL('/sign-in', world.url('aurora')))
    await world.forgetGrants()

    const page = await ada.open(world.url('aurora'))

    assert.equal(page.status, 200)
    assert.equal(claimsOn(page), undefined)
    assert.match(page.text, /data-action="sign-in"/)
  })

  test('at 127.0.0.1 a browser is led to localhost, where its cookies are', async () => {
    const response = await new Browser().step(world.url('aurora').replace('localhost', '127.0.0.1'))

    assert.equal(response.status, 303)
    assert.equal(`${response.headers.get('location')}/`, world.url('aurora'))
  })
})
