import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { type DemoSites, startDemoSites } from '../../src/demo/index.ts'
import { Browser, claimsOn, type Page } from './browser.ts'
import { openWorld, type Site, type World } from './demo-world.ts'

const CODE = 'never-shown-code'

function assertClear(page: Page, status: number, title: RegExp) {
  assert.equal(page.status, status)
  assert.match(page.text, title)
  assert.match(page.text, /role="alert"/)
  assert.equal(page.text.match(/<h1>/g)?.length, 1)
  assert.match(page.text, /data-action="sign-in" href="\/sign-in">Try again/)
  assert.doesNotMatch(page.text, /at [\w.]+ \(|node:|\.ts:\d/, 'no stack')
  assert.doesNotMatch(page.text, new RegExp(CODE))
}

describe('a sign-in at a demo site that goes wrong', () => {
  let world: World
  const callback = (query: string) => `${world.url('aurora')}callback${query}`
  const begun = async (browser: Browser) => new URL((await browser.step(new URL('/sign-in', world.url('aurora')))).headers.get('location')!)

  before(async () => {
    world = await openWorld()
  })
  after(() => world.close())

  for (const query of [
    '',
    '?',
    `?code=${CODE}`,
    `?code=${CODE}&state=`,
    `?code=${CODE}&state=wrong`,
    '?error=access_denied&state=wrong',
    '?state=%FF',
    '?state=__proto__',
  ]) {
    test(`an answer without the right state is refused: ${query || 'no parameters'}`, async () => {
      const page = await new Browser().open(callback(query))

      assertClear(page, 400, /no longer open/)
    })
  }

  test('an answer that belongs to another browser is refused, and spent', async () => {
    const [ada, eve] = [new Browser(), new Browser()]
    const state = (await begun(eve)).searchParams.get('state')
    await begun(ada)

    const page = await ada.open(callback(`?code=${CODE}&state=${state}`))

    assertClear(page, 400, /no longer open/)
    assert.equal(ada.cookies.has('aurora_session'), false)
    assertClear(await eve.open(callback(`?code=${CODE}&state=${state}`)), 400, /no longer open/)
  })

  test('an answer counts once: going back does not redeem it again, and the session stays', async () => {
    const ada = new Browser()
    const request = await begun(ada)
    const answer = `?code=${CODE}&state=${request.searchParams.get('state')}&iss=${encodeURIComponent(world.issuer)}`
    await ada.open(new URL('/sign-in', world.url('aurora')))

    assertClear(await ada.open(callback(answer)), 400, /did not work/)
    assertClear(await ada.open(callback(answer)), 400, /no longer open/)

    assert.equal(claimsOn(await ada.open(world.url('aurora')))?.sub, 'ada')
  })

  test('a customer who declines comes back to a page that says so', async () => {
    world.answer = 'decline'
    const page = await new Browser().open(new URL('/sign-in', world.url('aurora')))
    world.answer = 'sign_in'

    assertClear(page, 400, /You did not sign in/)
    assert.match(page.text, /<code>access_denied<\/code>/)
  })

  test('an error of the provider is named by its code only, and escaped', async () => {
    const ada = new Browser()
    const state = (await begun(ada)).searchParams.get('state')
    const iss = encodeURIComponent(world.issuer)

    const page = await ada.open(callback(`?error=%3Cb%3Eserver_error&error_description=${CODE}&state=${state}&iss=${iss}`))

    assertClear(page, 400, /did not work/)
    assert.doesNotMatch(page.text, /<b>/)
  })

  test('an answer of another issuer is refused (RFC 9207)', async () => {
    const ada = new Browser()
    const state = (await begun(ada)).searchParams.get('state')

    const page = await ada.open(callback(`?code=${CODE}&state=${state}&iss=https%3A%2F%2Fevil.example`))

    assertClear(page, 400, /did not work/)
  })

  test('nothing secret reaches the log', () => {
    assert.ok(world.logged.length > 0)
    assert.doesNotMatch(JSON.stringify(world.logged), new RegExp(`${CODE}|ada@|Lovelace`))
  })

  test('unknown paths and methods, bodies that are no form, and large ones are refused without a fault', async () => {
    const ada = new Browser()
    const send = (path: string, init: RequestInit) => ada.open(new URL(path, world.url('aurora')), init)

    assert.equal((await send('/nothing', {})).status, 404)
    assert.equal((await send('/sign-out', {})).status, 404)
    assert.equal((await send('/', { method: 'DELETE' })).status, 404)
    assert.equal((await send('/sign-out', { method: 'POST', body: '{}', headers: { 'content-type': 'application/json' } })).status, 415)
    assert.equal((await send('/sign-out', { method: 'POST', body: new URLSearchParams({ csrf: 'x'.repeat(5_000_000) }) })).status, 413)
  })
})

test('a site starts before its issuer, says that it cannot sign in yet, and can as soon as the issuer is there', async (t) => {
  const lonely = await startDemoSites({
    issuer: 'http://localhost:9',
    log: { info() {}, warn() {} },
    ports: { aurora: 0, borealis: 0, parcelly: 0 },
  })
  t.after(() => lonely.close())
  const aurora = lonely.urls[0]!.url

  assert.equal((await new Browser().open(aurora)).status, 200)
  const page = await new Browser().open(new URL('/sign-in', aurora))
  assertClear(page, 503, /does not answer/)
  assert.equal(page.headers.get('retry-after'), '5')

  const world = await openWorld({
    beforeIssuer: async (early) => assertClear(await new Browser().open(new URL('/sign-in', early)), 503, /does not answer/),
  })
  t.after(() => world.close())
  assert.equal(claimsOn(await new Browser().open(new URL('/sign-in', world.url('aurora'))))?.sub, 'ada')
})

test('a taken port is an error, and closes the sites that were open already', async (t) => {
  const start = (ports: Record<Site, number>) => startDemoSites({ issuer: 'http://localhost:9', log: { info() {}, warn() {} }, ports })
  const portOf = (sites: DemoSites) => Number(new URL(sites.urls[0]!.url).port)
  const [first, second] = [await start({ aurora: 0, borealis: 0, parcelly: 0 }), await start({ aurora: 0, borealis: 0, parcelly: 0 })]
  t.after(() => first.close())
  const free = portOf(second)
  await second.close()

  await assert.rejects(start({ aurora: free, borealis: 0, parcelly: portOf(first) }), { code: 'EADDRINUSE' })

  const again = await start({ aurora: free, borealis: 0, parcelly: 0 })
  assert.equal(portOf(again), free)
  await again.close()
})
