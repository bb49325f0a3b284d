import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CompactSign, calculateJwkThumbprint, compactVerify, importJWK } from 'jose'
import { sql } from 'kysely'
import { listSigningKeys, sha256 } from '../../src/vault/index.ts'
import { createTestVault, dump, loadSigningKeys, openConnections, RULES, signingKeysOf, waitingForLock } from './test-vault.ts'

test('the first process makes one key for each algorithm, ES256 first; later ones read the same', async (t) => {
  const { db, vault, clock, another } = await createTestVault(t)

  const first = await loadSigningKeys({ db, vault, clock })
  const second = await loadSigningKeys({ db, vault: await another(), clock })

  assert.deepEqual(
    first.jwks.keys.map((key) => key.alg),
    ['ES256', 'RS256', 'EdDSA'],
  )
  assert.deepEqual(second, first)
  for (const key of first.jwks.keys) {
    assert.equal(key.use, 'sig')
    assert.equal(key.kid, await calculateJwkThumbprint(key))
    const { d: _d, p: _p, q: _q, dp: _dp, dq: _dq, qi: _qi, ...publicKey } = key
    const signed = await new CompactSign(Buffer.from('hello')).setProtectedHeader({ alg: key.alg! }).sign(await importJWK(key))
    await compactVerify(signed, await importJWK(publicKey))
  }
})

test('processes that start a new installation at the same moment sign with the same keys', async (t) => {
  const { db, store, vault, clock, another } = await createTestVault(t)
  const other = await another()

  const { starting } = await db.transaction().execute(async (transaction) => {
    await sql`select pg_advisory_xact_lock(hashtextextended('atrium.signing_keys', 0))`.execute(transaction)
    const starting = [vault, other, vault, other].map((v) => loadSigningKeys({ db, vault: v, clock }))
    await waitingForLock(store, starting.length) // all have seen an empty table and made keys of their own
    return { starting }
  })

  const all = await Promise.all(starting)
  assert.equal(new Set(all.map(({ version }) => version)).size, 1)
  assert.equal((await db.selectFrom('signing_keys').select('kid').execute()).length, 3)
})

test('OIDC-27 a successor is published a day before it signs; its forerunner verifies on, is published until its last token has expired, and goes', async (t) => {
  const { db, vault, clock } = await createTestVault(t)
  const keys = await signingKeysOf({ db, vault, clock })
  const first = keys.current()
  const signs = () => keys.current().jwks.keys.find(({ alg }) => alg === 'ES256')!.kid!
  const old = signs()

  await keys.rotate({ immediately: false })
  assert.equal(signs(), old, 'the successor waits')
  assert.equal(keys.current().published.size, 6)
  assert.notEqual(keys.current().version, first.version)

  clock.set('2026-03-02T12:00:00Z')
  assert.equal(await keys.refresh(), true)
  assert.notEqual(signs(), old)
  assert.ok(keys.current().published.has(old))

  clock.set('2026-03-02T12:12:00Z')
  assert.equal(await keys.refresh(), true)
  assert.ok(!keys.current().published.has(old), 'its last token has expired')
  assert.ok(
    keys.current().jwks.keys.some(({ kid }) => kid === old),
    'what comes back as a hint is still accepted',
  )

  clock.set('2026-04-01T12:00:00Z')
  assert.equal(await keys.refresh(), true)
  assert.equal(keys.current().jwks.keys.length, 3)
  assert.equal(await keys.refresh(), false)
})

test('OIDC-27 keys rotate by themselves every 90 days, the successor published a day before', async (t) => {
  const { db, vault, clock } = await createTestVault(t)
  const keys = await signingKeysOf({ db, vault, clock })
  const first = new Set(keys.current().published)

  clock.set('2026-05-29T11:59:59Z')
  assert.equal(await keys.refresh(), false)
  clock.set('2026-05-29T12:00:00Z')
  await keys.refresh()
  assert.equal(keys.current().published.size, 6)
  assert.ok(
    keys
      .current()
      .jwks.keys.slice(0, 3)
      .every(({ kid }) => first.has(kid!)),
  )

  clock.set('2026-05-30T12:00:00Z')
  await keys.refresh()
  assert.deepEqual(
    keys
      .current()
      .jwks.keys.slice(0, 3)
      .map(({ alg, kid }) => [alg, first.has(kid!)]),
    [['ES256', false], ['RS256', false], ['EdDSA', false]], // biome-ignore format: a table
  )
})

test('OIDC-27 of processes that rotate at the same moment one does, and all sign with the same keys', async (t) => {
  const { db, store, vault, clock, another } = await createTestVault(t)
  const nodes = await Promise.all([vault, await another(), await another()].map((own) => signingKeysOf({ db, vault: own, clock })))
  await openConnections(store)
  clock.set('2026-06-15T12:00:00Z') // past the end of every key

  await Promise.all([...nodes.map((node) => node.refresh()), nodes[0]!.rotate({ immediately: false })])
  clock.set('2026-06-16T12:00:00Z')
  await Promise.all(nodes.map((node) => node.refresh()))
  await Promise.all(nodes.map((node) => node.refresh()))

  assert.equal(new Set(nodes.map((node) => node.current().version)).size, 1)
  const { rows } = await store.pool.query(`select alg, state, count(*)::int as n from signing_keys group by 1, 2 order by 1, 2`)
  assert.deepEqual(
    rows.map(({ alg, state, n }) => `${alg} ${state} ${n}`),
    ['ES256 active 1', 'ES256 retiring 1', 'EdDSA active 1', 'EdDSA retiring 1', 'RS256 active 1', 'RS256 retiring 1'],
  )
})

test('OIDC-27 a removed key is gone at once; its successor of the same algorithm signs, the one that waited if there is one', async (t) => {
  const { db, vault, clock } = await createTestVault(t)
  const keys = await signingKeysOf({ db, vault, clock })
  const [es256] = keys.current().jwks.keys

  assert.equal(await keys.remove(es256!.kid!), true)
  const [unannounced] = keys.current().jwks.keys
  await keys.rotate({ immediately: false })
  const waiting = (await listSigningKeys({ db, clock, rules: () => RULES })).find(
    ({ alg, state }) => alg === 'ES256' && state === 'pending',
  )
  assert.equal(await keys.remove(unannounced!.kid!), true)

  assert.equal(await keys.remove('nobody'), false)
  const kids = keys.current().jwks.keys.map(({ kid }) => kid)
  assert.equal(kids[0], waiting!.kid)
  for (const { kid } of [es256!, unannounced!]) assert.ok(!kids.includes(kid))
  assert.deepEqual((await signingKeysOf({ db, vault, clock })).current(), keys.current())
})

test('the database itself allows one active key for each algorithm', async (t) => {
  const { db, vault, clock } = await createTestVault(t)
  const keys = await signingKeysOf({ db, vault, clock })
  await keys.rotate({ immediately: false })

  await assert.rejects(db.updateTable('signing_keys').set({ state: 'active' }).execute(), /signing_keys_one_active/)
})

test('SEC-95 no private part of a signing key is readable in the database', async (t) => {
  const { db, store, vault, clock } = await createTestVault(t)
  const { jwks } = await loadSigningKeys({ db, vault, clock })

  const stored = await dump(store, 'signing_keys')

  for (const key of jwks.keys) {
    assert.ok(stored.includes(key.kid!))
    for (const part of [key.d, key.p, key.q].filter((text) => text !== undefined)) {
      assert.ok(!stored.includes(part))
      assert.ok(!stored.includes(Buffer.from(part, 'base64url').toString('latin1')))
    }
  }
})

test('tokens and subjects are stored under SHA-256', () => {
  assert.equal(sha256('abc').toString('hex'), 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad')
})
