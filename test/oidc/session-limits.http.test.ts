import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { freePorts } from '../harness/app.ts'
import { ADA } from '../harness/shopper.ts'
import { authorizationRequest, authorize, protocolOf, signIn, signUp, startProtocol, startTwin, tokensFor } from './protocol.ts'

const app = await startProtocol({ after })
const port = (await freePorts(1))[0]!
await startTwin({ after }, app, { issuer: app.issuer, port })
const elsewhere = protocolOf(app, `http://127.0.0.1:${port}`)
const grace = { ...ADA, email: 'grace@example.com', name: 'Grace' }
const ada = await signUp(app)
const graces = await signUp(app, grace)
const { auroraWeb } = app.clients
const { pool } = app.app.store
const MOST = 100

const idOf = async (email: string): Promise<string> => {
  const browser = await signIn(app, email === ADA.email ? ADA : grace)
  await tokensFor(app, browser, auroraWeb)
  const { rows } = await pool.query<{ account_id: string }>('select account_id from oidc_grants order by created_at desc limit 1')
  return rows[0]!.account_id
}
const live = async (accountId: string): Promise<number> => {
  const { rows } = await pool.query<{ n: number }>(
    'select count(*)::int as n from oidc_sessions where account_id = $1 and ended_at is null',
    [accountId],
  )
  return rows[0]!.n
}

test('SEC-33 who ends all other sessions ends their tokens on every node at once', async () => {
  const phone = await signIn(app)
  const tokens = [
    await tokensFor(app, phone, auroraWeb),
    await tokensFor(app, phone, auroraWeb, { scope: 'openid offline_access', prompt: 'consent' }),
  ]
  for (const { access_token } of tokens) assert.equal((await elsewhere.userinfo(access_token)).status, 200)
  await ada.open('/account/sessions')
  const page = await ada.open('/account/sessions/end-others')

  const ended = await ada.submit(page)

  assert.equal(ended.name, 'account.sessions')
  for (const at of [elsewhere, app]) {
    for (const { access_token, refresh_token } of tokens) {
      assert.equal((await at.userinfo(access_token)).status, 401)
      assert.equal((await at.refresh(auroraWeb, refresh_token!)).body.error, 'invalid_grant')
      assert.deepEqual((await at.introspect(auroraWeb, access_token)).body, { active: false })
    }
  }
})

test('SEC-35 the list shows the customer’s own sessions, and somebody else’s does not exist for them', async () => {
  const idsIn = (text: string): string[] => [...text.matchAll(/data-session="([^"]+)"/g)].map(([, id]) => id!)
  const [hers, others] = [idsIn((await ada.open('/account/sessions')).text), idsIn((await graces.open('/account/sessions')).text)]
  const foreign = others[0]!
  const confirm = await ada.open(`/account/sessions/end?session=${hers[0]}`)
  const csrf = /name="csrf" value="([^"]+)"/.exec(confirm.text)![1]!

  assert.ok(!hers.includes(foreign))
  for (const id of [foreign, 'AAAAAAAAAAAAAAAA', '', '../end-others', `${foreign}%00`]) {
    assert.equal((await ada.open(`/account/sessions/end?session=${id}`)).status, 404, id)
    assert.equal((await ada.post('/account/sessions/end', { csrf, session: id })).status, 404, id)
  }
  assert.equal((await graces.open('/account/sessions')).name, 'account.sessions')
})

test('SEC-36 of ten thousand sessions of one customer the hundred used last stay, and nobody else notices', async () => {
  const [accountId, other] = [await idOf(ADA.email), await idOf(grace.email)]
  const others = await live(other)
  await pool.query(
    `insert into oidc_sessions (routing, bucket, uid_hash, id_hash, account_id, created_at, seen_at, expires_at)
     select 1, (select max(bucket) from oidc_sessions), decode(lpad(to_hex(n), 32, '0'), 'hex'), decode(md5(n::text), 'hex'), $1,
       now() - n * interval '1 minute', now() - n * interval '1 minute', now() + interval '9 days' from generate_series(1, 10000) n`,
    [accountId],
  )

  const latest = await signIn(app)

  assert.equal(await live(accountId), MOST)
  assert.equal(await live(other), others)
  const silent = authorizationRequest(auroraWeb, { prompt: 'none' })
  assert.ok((await authorize(latest, silent)).url.searchParams.has('code'), 'the newest session lives')
  assert.equal([...(await latest.open('/account/sessions')).text.matchAll(/data-session="/g)].length, MOST)
  const { rows } = await pool.query<{ oldest: boolean }>(
    `select max(seen_at) filter (where ended_at is not null) <= min(seen_at) filter (where ended_at is null) as oldest
     from oidc_sessions where account_id = $1 and seen_at < now() - interval '1 minute' and uid_hash < '\\x0100'`,
    [accountId],
  )
  assert.ok(rows[0]!.oldest, 'those used longest ago ended')
})
