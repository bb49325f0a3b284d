import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CompactSign, calculateJwkThumbprint, compactVerify, importJWK } from 'jose'
import { sql } from 'kysely'
import { loadSigningKeys, sha256 } from '../../src/vault/index.ts'
import { createTestVault, dump, waitingForLock } from './test-vault.ts'

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

test('the version changes when a key changes its state, and active keys come first', async (t) => {
  const { db, vault, clock } = await createTestVault(t)
  const before = await loadSigningKeys({ db, vault, clock })
  const [es256] = before.jwks.keys

  await db.updateTable('signing_keys').set({ state: 'retiring' }).where('kid', '=', es256!.kid!).execute()
  const after = await loadSigningKeys({ db, vault, clock })

  assert.notEqual(after.version, before.version)
  assert.deepEqual(
    after.jwks.keys.map((key) => key.alg),
    ['RS256', 'EdDSA', 'ES256'],
  )
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
