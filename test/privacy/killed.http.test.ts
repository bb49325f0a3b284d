import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { DEMO, ended, served } from '../cli/installation.ts'
import { atrium } from '../cli/run-cli.ts'
import { freePorts } from '../harness/app.ts'
import { createTestDatabase } from '../harness/database.ts'
import { HttpBrowser } from '../harness/http-browser.ts'
import { authorizationRequest, authorize, signUpFrom } from '../oidc/protocol.ts'

const { url, store } = await createTestDatabase({ after })
const dataDir = await mkdtemp(join(tmpdir(), 'atrium-killed-'))
after(() => rm(dataDir, { recursive: true, force: true }))

test('SEC-113 SEC-102 kill -9 in the middle of an erasure: the key is gone already, and the next start finishes the rest', async (t) => {
  const [port, opsPort] = await freePorts(2)
  const issuer = `http://localhost:${port}`
  const env = { DATABASE_URL: url, ATRIUM_DATA_DIR: dataDir, ATRIUM_ISSUER: issuer, ATRIUM_OPS_PORT: String(opsPort), ATRIUM_GROUP: DEMO }
  const { child } = await served(t, env)
  const browser = new HttpBrowser(issuer)
  const client = { client_id: 'aurora-web', secret: 'aurora-demo-secret', redirect_uri: 'http://localhost:3001/callback' }
  const mailsTo = async (to: string) => (await (await fetch(`${issuer}/dev/mailbox.json?to=${encodeURIComponent(to)}`)).json()) as never
  const start = await authorize(browser, authorizationRequest(client))
  const done = await signUpFrom({ mailsTo: waitingFor(mailsTo) } as never, browser, start)
  assert.ok(done.url.searchParams.has('code'), done.text)
  await browser.submit(await browser.open('/account/privacy/delete'))
  const { rows } = await store.pool.query<{ id: string }>('select id from accounts')
  const { id } = rows[0]!
  // PostgreSQL takes its time over one of the tables, and meanwhile the process dies
  await store.pool.query(`create function slow() returns trigger language plpgsql as $$ begin perform pg_sleep(3); return old; end $$`)
  await store.pool.query('create trigger slow before delete on authenticators for each row execute function slow()')
  const moved = fetch(`${issuer}/dev/clock`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ advance_s: 30 * 86_400 + 1 }),
  }).catch(() => undefined)
  while ((await count(`pg_stat_activity where datname = current_database() and wait_event = 'PgSleep'`)) === 0);
  await ended(child, 'SIGKILL')
  await moved
  assert.equal(await count('account_keys'), 0)
  assert.equal(await count(`accounts where status = 'closed'`), 1)
  await store.pool.query('drop trigger slow on authenticators; drop function slow')

  const { child: heir } = await served(t, env)

  for (const table of [
    'accounts',
    'identifiers',
    'authenticators',
    'sign_ins',
    'subjects',
    'subject_index',
    'oidc_grants',
    'known_devices',
  ])
    assert.equal(await count(table), 0, table)
  assert.equal(await count('erased_accounts'), 1)
  assert.equal(await ended(heir, 'SIGTERM'), 0)
  // a table that somebody put back alone: neither the file nor the list of the database tells that it is old
  const put = 'insert into accounts (id, status, profile_sealed, created_at, updated_at) values ($1, $2, $3, now(), now())'
  await store.pool.query(put, [id, 'active', Buffer.alloc(40)])
  assert.match((await atrium(['doctor'], env)).stdout, /^warning +erasures +1 accounts that had been erased were in the database again/m)
  assert.equal(await count('accounts'), 0)
  assert.match((await atrium(['doctor'], env)).stdout, /^ok +erasures +nobody of /m)
})

const count = async (from: string): Promise<number> => (await store.pool.query(`select count(*)::int as n from ${from}`)).rows[0].n

/** Another process delivers: its mailbox has the mail a moment later. */
const waitingFor = (mailsTo: (to: string) => Promise<readonly unknown[]>) => async (to: string) => {
  let mails = await mailsTo(to)
  while (mails.length === 0) mails = await mailsTo(to)
  return mails
}
