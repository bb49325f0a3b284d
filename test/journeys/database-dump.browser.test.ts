import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { startTestApp } from '../harness/app.ts'
import { launchChromium, openPage, pressPrimary } from '../harness/browser.ts'
import { claimsAt, codeFor, pageName, signUp } from '../harness/shopper.ts'

const app = await startTestApp({ after }, { demoSites: true })
const browser = await launchChromium({ after })

/** Every row of every table as PostgreSQL prints it, and every word of it that could be hex or base64 decoded. */
async function dump(): Promise<string> {
  const { pool } = app.app.store
  const tables = await pool.query<{ name: string }>(
    "select quote_ident(table_name) as name from information_schema.tables where table_schema = 'public' and table_type = 'BASE TABLE'",
  )
  const lines: string[] = []
  for (const { name } of tables.rows) {
    const { rows } = await pool.query<{ line: string }>(`select t::text as line from ${name} t`)
    lines.push(...rows.map((row) => row.line))
  }
  const raw = lines.join('\n')
  const words = raw.split(/[^A-Za-z0-9+/_-]+/).filter((word) => word.length >= 8)
  return [raw, ...words.flatMap((word) => [Buffer.from(word, 'hex'), Buffer.from(word, 'base64')]).map((b) => b.toString('latin1'))].join(
    '\n',
  )
}

test('OIDC-3 a dump of the database after a shopper’s day holds no address, name, password, code, token, cookie or secret in readable form', async () => {
  const { page, context } = await openPage(browser)
  const seen: string[] = []
  page.on('request', (request) => {
    const url = new URL(request.url())
    for (const name of ['code', 'state', 'request_uri']) seen.push(url.searchParams.get(name) ?? '')
    seen.push(/^\/(sign-in|authorize)\/(.+)$/.exec(url.pathname)?.[2] ?? '')
  })
  const shopper = { email: 'ludmila.kalugina@posteo.example', name: 'Ludmila Kalugina', password: 'samovar-telegraph-42' }
  await signUp(app, page, app.ports.aurora, shopper)
  seen.push(String((await claimsAt(page)).name))
  await page.goto(`http://localhost:${app.ports.borealis}/`)
  await page.click('[data-action=sign-in]')
  await pressPrimary(page)
  await page.goto(`${app.issuer}/account/profile`)
  await page.fill('[name="address.street_address"]', 'Kastanienallee 71')
  await page.fill('[name=phone_number]', '+4930123456')
  await pressPrimary(page)
  const cookies = await context.cookies(app.issuer)
  seen.push(...cookies.map((cookie) => cookie.value))
  // Left in the middle: a running journey is a row too.
  const other = await openPage(browser)
  await other.page.goto(`http://localhost:${app.ports.aurora}/`)
  await other.page.click('[data-action=sign-in]')
  await Promise.all([other.page.waitForEvent('load'), other.page.click('[data-action=sign-up]')])
  await other.page.fill('[autocomplete=email]', 'nikolai.halfway@posteo.example')
  await pressPrimary(other.page)
  const code = await codeFor(app, 'nikolai.halfway@posteo.example')
  assert.equal(await pageName(other.page), 'verify_email')

  const text = (await dump()).replaceAll('http://127.0.0.1/callback', '').toLowerCase() // but for a client's registered redirect URI

  const known = [
    code,
    'nikolai.halfway',
    'posteo.example',
    'ludmila',
    'kalugina',
    shopper.password,
    'kastanienallee',
    '4930123456',
    '127.0.0.1',
    '::1',
    'Mozilla',
  ]
  const secrets = ['aurora-demo-secret', 'borealis-demo-secret', 'stylist-demo-secret', '"d":', 'PRIVATE KEY', '$argon2id$']
  assert.ok(text.length > 50_000, 'the dump is not empty')
  for (const value of [...known, ...secrets, ...seen.filter((value) => value.length >= 8)]) {
    assert.ok(!text.includes(value.toLowerCase()), `the dump holds ${value}`)
  }
})
