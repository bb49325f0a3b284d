import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { processClock } from '../../src/ports/clock.ts'
import type { Mail } from '../../src/ports/mail.ts'
import { systemRandom } from '../../src/ports/random.ts'
import { openStore, type Store } from '../../src/store/db.ts'
import { createVault, loadDataKeys, type Vault } from '../../src/vault/index.ts'
import { startTestApp, TEST_DATA_KEYS, type TestApp } from '../harness/app.ts'
import { formsOn, HttpBrowser } from '../harness/http-browser.ts'
import { administer, databaseUrl, freshName } from '../harness/server.ts'
import { authorizationRequest, authorize, clientsOf, protocolOf, signUpFrom, tokensFor } from '../oidc/protocol.ts'
import { openedDump } from './opened-dump.ts'

const GRACE_S = 30 * 86_400
const PERSON = { email: 'wilhelmina.farthing@leaving.example', name: 'Wilhelmina Farthing', password: 'quince-Marmalade-88-kettle' }
const STAYS = { email: 'rosalind.stays@staying.example', name: 'Rosalind Stays', password: 'apricot-Preserve-77-ladle' }
const TRACES = ['wilhelmina', 'farthing', 'leaving.example', 'gooseberry row', '203.0.113.201', 'canarybrowser']

const folder = await mkdtemp(join(tmpdir(), 'atrium-erasure-'))
after(() => rm(folder, { recursive: true, force: true }))
const list = join(folder, 'deep', 'erased-accounts')

const mails: Mail[] = []
const mailer = { send: async (mail: Mail): Promise<void> => void mails.push(mail) }
const options = { trustProxy: ['127.0.0.1', '::1'], app: { erasureList: list }, ports: { mailer } }
const app = await startTestApp({ after }, options)
const codes = { ...app, mailsTo: async (to: string) => mailsTo(app, to) }

async function mailsTo(of: TestApp, to: string) {
  await of.app.idle()
  return mails.filter((mail) => mail.to === to).toReversed() as never
}

async function vaultOf(store: Store): Promise<Vault> {
  const dataKeys = await loadDataKeys({ env: TEST_DATA_KEYS }, { generate: false })
  return createVault({ db: store.db, dataKeys, clock: processClock, random: systemRandom })
}

/** Somebody with a trail: profile, tokens at two brands, sign-ins, an archive of everything. */
async function lives(who: typeof PERSON): Promise<HttpBrowser> {
  const browser = new HttpBrowser(app.issuer)
  Object.assign(browser.headers, { 'x-forwarded-for': '203.0.113.201', 'user-agent': 'CanaryBrowser/9.9 (Firefox; Linux)' })
  const { auroraWeb, borealisWeb } = clientsOf(app)
  await signUpFrom(codes, browser, await authorize(browser, authorizationRequest(auroraWeb)), who)
  await tokensFor(protocolOf(app), browser, borealisWeb, { scope: 'openid profile offline_access', prompt: 'consent' })
  const { hidden } = formsOn(await browser.open('/account/profile'))[0]!
  await browser.post('/account/profile', { ...hidden, name: who.name, 'address.street_address': 'Gooseberry Row 4' })
  await browser.submit(await browser.open('/account/privacy/export'))
  await app.app.idle()
  return browser
}

const browser = await lives(PERSON)
const keeper = await lives(STAYS)
const { rows: accounts } = await app.app.store.pool.query<{ id: string; email: string }>('select id from accounts order by created_at')
const [leaver, stayer] = accounts.map(({ id }) => id)

/** A copy of the database as it is now, as a backup would have it. */
async function backup(): Promise<{ url: string; store: Store }> {
  const name = freshName()
  const admin = databaseUrl(app.databaseUrl, 'postgres')
  const own = /\/([^/?]+)(?:\?.*)?$/.exec(app.databaseUrl)![1]!
  await administer(admin, `alter database ${own} allow_connections false`)
  await administer(admin, `select pg_terminate_backend(pid) from pg_stat_activity where datname = '${own}'`)
  await administer(admin, `create database ${name} template ${own}`)
  await administer(admin, `alter database ${own} allow_connections true`)
  const url = databaseUrl(app.databaseUrl, name)
  const store = openStore({ url, maxConnections: 2 })
  after(async () => {
    await store.close()
    await administer(admin, `drop database if exists ${name} with (force)`)
  })
  return { url, store }
}

/** What an operator leaves out of backups that are kept. */
const operations = await readFile(new URL('../../docs/operations.md', import.meta.url), 'utf8')
const SHORT_LIVED = [...operations.matchAll(/--exclude-table-data='?([a-z_]+\*?)'?/g)].map(([, name]) => name!)

const missing = (text: string): string[] => TRACES.filter((trace) => text.includes(trace))

const [withKeys, withoutKeys] = [await backup(), await backup()]
// as docs/operations.md says that a backup is made which is kept for long
for (const table of ['account_keys', ...SHORT_LIVED]) await withoutKeys.store.pool.query(`truncate ${table}`)

test('SEC-113 before: with the data keys the dump tells everything, so what is searched for would be found', async () => {
  const text = await openedDump(app.app.store, await vaultOf(app.app.store), [leaver!])

  assert.deepEqual(missing(text), TRACES)
})

test('SEC-113 after the grace a dump reveals nothing of the person, even to who has ATRIUM_DATA_KEYS, and the next customer keeps everything', async () => {
  await browser.submit(await browser.open('/account/privacy/delete'))
  await app.app.idle()
  await app.advance(GRACE_S + 1)
  await app.app.housekeeping()

  const text = await openedDump(app.app.store, await vaultOf(app.app.store), [leaver!])

  // the other one has the same browser, address and street
  assert.deepEqual(
    missing(text).filter((trace) => /wilhelmina|farthing|leaving/.test(trace)),
    [],
  )
  assert.ok(!text.includes(leaver!), 'not even the id')
  assert.equal((await keeper.open('/account')).name, 'identify')
  const kept = await openedDump(app.app.store, await vaultOf(app.app.store), [stayer!])
  for (const trace of ['rosalind', 'gooseberry row']) assert.ok(kept.includes(trace), trace)
  const listed = await readFile(list, 'utf8')
  assert.match(listed, /^[\w-]{43} \d{4}-\d\d-\d\d$/m)
  assert.ok(!listed.includes(leaver!))
})

test('SEC-113 an older backup without its key table and what is short-lived reveals nothing, even with ATRIUM_DATA_KEYS', async () => {
  const vault = await vaultOf(withoutKeys.store)

  const text = await openedDump(withoutKeys.store, vault, [leaver!, stayer!])

  assert.deepEqual(missing(text), [])
})

test('SEC-113 an erasure that was broken off at any step is finished by the next round', async () => {
  const { pool } = app.app.store
  const tables = ['account_keys', 'authenticators', 'accounts']
  for (const table of tables) {
    const who = { ...PERSON, email: `broken.off.${table}@leaving.example` }
    const leaving = await lives(who)
    const { rows } = await pool.query('select id from accounts order by created_at desc limit 1')
    await leaving.submit(await leaving.open('/account/privacy/delete'))
    // PostgreSQL itself breaks it off here, as a killed process would
    await pool.query(`create function stop_here() returns trigger language plpgsql as $$ begin raise exception 'killed'; end $$`)
    await pool.query(`create trigger stop_here before delete on ${table} for each row execute function stop_here()`)
    const moved = await app.advance(GRACE_S + 1).catch((error: unknown) => error)
    assert.ok(moved instanceof Error, table)
    await pool.query(`drop trigger stop_here on ${table}; drop function stop_here`)

    await app.app.housekeeping()

    const text = await openedDump(app.app.store, await vaultOf(app.app.store), [rows[0].id])
    assert.ok(!text.includes(`broken.off.${table}`) && !text.includes(rows[0].id), table)
  }
})

test('SEC-113 the file and the table of erased accounts make each other whole; a line that broke off is none', async () => {
  const { pool } = app.app.store
  const before = (await readFile(list, 'utf8')).split('\n').filter(Boolean)
  await writeFile(list, `${before.slice(0, 2).join('\n')}\n${before[2]!.slice(0, 20)}`)
  await pool.query('delete from erased_accounts where account_mac = $1', [Buffer.from(before[0]!.split(' ')[0]!, 'base64url')])

  await app.app.housekeeping()

  const after = (await readFile(list, 'utf8')).split('\n').filter((line) => /^[\w-]{43} /.test(line))
  assert.deepEqual(after.toSorted(), before.toSorted())
  const { rows } = await pool.query('select count(*)::int as n from erased_accounts')
  assert.equal(rows[0].n, before.length)
})

test('SEC-113 an older backup with its keys is purged by the list before it answers anybody', async (t) => {
  const before = await openedDump(withKeys.store, await vaultOf(withKeys.store), [leaver!])
  assert.deepEqual(missing(before), TRACES, 'the backup has it all')

  const restored = await startTestApp(t, { ...options, databaseUrl: withKeys.url })
  const { rows: left } = await restored.app.store.pool.query('select id from accounts')
  assert.deepEqual(
    left.map(({ id }) => id),
    [stayer],
    'it is gone when the first request can be answered',
  )
  // what is found by a browser and not by an account lives for days at most
  await restored.advance(3 * 86_400)
  await restored.app.housekeeping()

  const text = await openedDump(restored.app.store, await vaultOf(restored.app.store), [leaver!])
  assert.deepEqual(
    missing(text).filter((trace) => /wilhelmina|farthing|leaving/.test(trace)),
    [],
  )
  const { rows: known } = await restored.app.store.pool.query('select 1 from erased_accounts')
  assert.ok(known.length > 0, 'and the database knows it from now on')
})
