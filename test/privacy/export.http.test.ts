import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { unzipSync } from 'fflate'
import { PERSONAL_TABLES } from '../../src/privacy/index.ts'
import { formsOn, type HttpBrowser, inputValue } from '../harness/http-browser.ts'
import { personsAt } from '../journeys/second-factor.ts'
import { signIn, signUp, startProtocol, tokensFor } from '../oidc/protocol.ts'

const DAY_S = 86_400
const app = await startProtocol({ after }, { trustProxy: ['127.0.0.1', '::1'] })
const { auroraWeb, borealisWeb } = app.clients
const people = personsAt(app)
const PAGE = '/account/privacy'
type Table = { table: string; rows: Record<string, unknown>[]; withheld: Record<string, string> }

async function ask(browser: HttpBrowser, secret?: string): Promise<void> {
  let asked = await browser.open(`${PAGE}/export`)
  if (secret) asked = await browser.submit(asked, { code: await people.nextCode(secret) }) // as strong as the account's strongest
  assert.equal(asked.name, 'account.confirm')
  const told = await browser.submit(asked)
  assert.equal(told.url.searchParams.get('status'), 'asked')
  await app.app.idle()
}

/** The archive as it leaves: its files by name, and what its JSON says. */
async function download(browser: HttpBrowser): Promise<{ files: Record<string, string>; tables: Table[]; response: Response }> {
  const response = await browser.step(`${PAGE}/download`)
  assert.equal(response.status, 200)
  const zipped = unzipSync(new Uint8Array(await response.arrayBuffer()))
  const files = Object.fromEntries(Object.entries(zipped).map(([name, bytes]) => [name, Buffer.from(bytes).toString('utf8')]))
  return { files, tables: (JSON.parse(files['account.json']!) as { tables: Table[] }).tables, response }
}

const idOf = async (sub: unknown): Promise<string> => {
  const { rows } = await app.app.store.pool.query('select account_id from subjects where sub = $1', [sub])
  return rows[0].account_id
}

test('SEC-113 the archive holds every row the database has about the person, readable, and nothing about another', async () => {
  const { who: ada, browser, secret, codes } = await people.withApp()
  const eve = { ...people.somebody(), name: 'Evelyn Canary' }
  await tokensFor(app, await signUp(app, eve), auroraWeb)
  const profile = await browser.open('/account/profile')
  const { hidden } = formsOn(profile)[0]!
  await browser.post('/account/profile', { ...hidden, name: 'Ada King', 'address.street_address': '12 St James’s Square', shoe_size: '38' })
  Object.assign(browser.headers, {
    'x-forwarded-for': '203.0.113.9',
    'user-agent': 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
  })
  const tokens = await tokensFor(app, browser, borealisWeb, { scope: 'openid profile offline_access', prompt: 'consent' })
  const id = await idOf((await app.userinfo(tokens.access_token)).body.sub)

  await ask(browser, secret)
  const { files, tables, response } = await download(browser)

  assert.match(response.headers.get('content-disposition')!, /attachment; filename="account.zip"/)
  assert.match(response.headers.get('cache-control')!, /no-store/)
  assert.deepEqual(Object.keys(files).sort(), ['account.html', 'account.json'])
  for (const { table, rowsOf } of PERSONAL_TABLES) {
    const query = rowsOf(id as never).compile(app.app.store.db)
    const { rows } = await app.app.store.pool.query(`select count(*)::int as n from ${table} where ${query.sql}`, [...query.parameters])
    const inArchive = tables.find((each) => each.table === table)?.rows.length ?? 0
    // what came since: the archive itself is finished, and the mail about it is on its way or gone
    if (table !== 'outbox') assert.equal(inArchive, rows[0].n, table)
  }
  const all = Object.values(files).join('\n')
  for (const value of [ada.email, 'Ada King', '12 St James’s Square', 'Firefox', 'aurora-web']) assert.ok(all.includes(value), value)
  for (const value of [
    eve.email,
    'Evelyn',
    '$argon2',
    secret,
    ...codes,
    ...codes.map((code) => code.replaceAll('-', '')),
    tokens.access_token,
    tokens.refresh_token!,
  ])
    assert.ok(!all.includes(value), `the archive holds ${value}`)
  const password = tables.find(({ table }) => table === 'authenticators')!
  assert.deepEqual(password.withheld, { secret_sealed: 'secret' })
  const [mail] = await app.mailsTo(ada.email)
  assert.match(mail!.subject, /is ready/)
  assert.ok(mail!.links.includes(`${app.issuer}${PAGE}`))
  assert.ok(!mail!.text.includes('Ada King'), 'the mail holds nothing of it')
})

test('SEC-113 the readable half is in the customer’s language, escapes what was typed, and asks nobody for anything', async () => {
  const who = { ...people.somebody(), name: '<script>alert(1)</script>' }
  const browser = await signUp(app, who)
  browser.headers['accept-language'] = 'de'

  await ask(browser)
  const { files } = await download(browser)

  const page = files['account.html']!
  assert.match(page, /<html lang="de">/)
  assert.match(page, /Alles, was .* über Sie aufbewahrt/)
  assert.match(page, /&lt;script&gt;alert/)
  assert.doesNotMatch(page, /<script|src=|href=|url\(/)
})

test('SEC-29 MFA-27 SEC-35 it takes a fresh proof, a token of this session, and is its owner’s alone', async () => {
  const who = people.somebody()
  const browser = await signUp(app, who)
  assert.equal((await browser.open(PAGE)).name, 'account.privacy')
  assert.equal((await browser.post(`${PAGE}/export`, {})).status, 403)
  assert.equal((await browser.open(`${PAGE}/download`)).status, 404, 'there is none yet')
  await ask(browser)
  const other = await signUp(app, people.somebody())
  assert.equal((await other.open(`${PAGE}/download`)).status, 404)

  const csrf = inputValue(await browser.open(`${PAGE}/export`), 'csrf')!
  await app.advance(301)

  assert.equal((await browser.post(`${PAGE}/export`, { csrf })).status, 401)
  assert.equal((await browser.open(`${PAGE}/download`)).name, 'identify', 'the way to the file leads through a proof')
})

test('one at a time, once an hour, even when asked for twice in the same moment; gone after a week', async () => {
  const who = people.somebody()
  const browser = await signUp(app, who)
  const csrf = inputValue(await browser.open(`${PAGE}/export`), 'csrf')!
  const twice = await Promise.all([1, 2, 3].map(() => browser.post(`${PAGE}/export`, { csrf })))
  assert.deepEqual(twice.map(({ url }) => url.searchParams.get('status')).sort(), ['asked', 'too_soon', 'too_soon'])
  await app.app.idle()
  assert.equal((await app.mailsTo(who.email)).filter(({ subject }) => /is ready/.test(subject)).length, 1)
  assert.match((await browser.open(PAGE)).text, /data-action="download-data"/)

  await app.advance(3_601)
  const later = await signIn(app, who)
  await ask(later)
  assert.equal((await later.step(`${PAGE}/download`)).status, 200)

  await app.advance(7 * DAY_S)
  await app.app.housekeeping()
  const last = await signIn(app, who)
  assert.equal((await last.open(`${PAGE}/download`)).status, 404)
  assert.match((await last.open(PAGE)).text, /data-action="export-data"/)
  const { rows } = await app.app.store.pool.query('select 1 from account_exports where archive_sealed is not null and expires_at < now()')
  assert.equal(rows.length, 0)
})
