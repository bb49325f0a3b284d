import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import fc from 'fast-check'
import { VaultError } from '../../src/vault/index.ts'
import { createTestVault, dump, newAccountId, openConnections, testDataKeys } from './test-vault.ts'

const { db, store, vault, clock, another } = await createTestVault({ after })
const refused = (reason: VaultError['reason']) => (error: unknown) => error instanceof VaultError && error.reason === reason
const FIELD = 'accounts.profile_sealed'

async function accountWithKey() {
  const id = newAccountId()
  await vault.createAccountKey(db, id)
  return id
}

test('a field sealed by one process opens in another, for its own account and field only', async () => {
  const [ada, ben] = [await accountWithKey(), await accountWithKey()]
  const other = await another()

  const sealed = await vault.seal(db, ada, FIELD, 'shoe size 38')

  assert.equal(await other.open(db, ada, FIELD, sealed), 'shoe size 38')
  await assert.rejects(other.open(db, ben, FIELD, sealed), refused('unreadable'))
  await assert.rejects(other.open(db, ada, 'identifiers.value_sealed', sealed), refused('unreadable'))
  await assert.rejects(other.openSystem(FIELD, sealed), VaultError)
})

test('sealing the same text twice gives two different values', async () => {
  const ada = await accountWithKey()

  const [first, second] = await Promise.all([vault.seal(db, ada, FIELD, 'M'), vault.seal(db, ada, FIELD, 'M')])

  assert.notDeepEqual(first, second)
})

test('a destroyed account key makes every field of the account unreadable, in a process that had it after 10 minutes', async () => {
  const ada = await accountWithKey()
  const sealed = await vault.seal(db, ada, FIELD, 'forget me')

  await db.deleteFrom('account_keys').where('account_id', '=', ada).execute()
  clock.set('2026-03-01T12:10:01Z')

  await assert.rejects(vault.open(db, ada, FIELD, sealed), refused('unknown_key'))
  await assert.rejects(vault.seal(db, ada, FIELD, 'again'), refused('unknown_key'))
  await assert.rejects((await another()).open(db, ada, FIELD, sealed), refused('unknown_key'))
})

test('a key copied from another account does not unwrap', async () => {
  const [ada, eve] = [await accountWithKey(), newAccountId()]
  const { wrapped } = await db.selectFrom('account_keys').select('wrapped').where('account_id', '=', ada).executeTakeFirstOrThrow()
  await db.insertInto('account_keys').values({ account_id: eve, number: 1, wrapped, created_at: clock() }).execute()

  await assert.rejects(vault.seal(db, eve, FIELD, 'x'), refused('unreadable'))
})

test('an account has one first key: making it again fails and leaves the first', async () => {
  const ada = await accountWithKey()
  const sealed = await vault.seal(db, ada, FIELD, 'kept')

  await assert.rejects(vault.createAccountKey(db, ada))

  assert.equal(await vault.open(db, ada, FIELD, sealed), 'kept')
})

test('a prepared key seals before it is stored, and dropped it leaves nothing', async () => {
  const [ada, ben] = [newAccountId(), newAccountId()]
  const [kept, dropped] = [await vault.prepareAccountKey(ada), await vault.prepareAccountKey(ben)]

  const sealed = kept.seal(FIELD, 'first')
  dropped.seal(FIELD, 'never')
  await kept.keep(db)

  assert.equal(await (await another()).open(db, ada, FIELD, sealed), 'first')
  await assert.rejects(vault.seal(db, ben, FIELD, 'x'), refused('unknown_key'))
})

test('a system value of last month opens this month, is sealed with its month’s key, and opens in other processes', async () => {
  clock.set('2026-03-31T23:59:59Z')
  const old = await another()
  const march = await old.sealSystem('outbox.payload_sealed', 'in March')
  clock.set('2026-06-01T00:00:00Z')

  const june = await old.sealSystem('outbox.payload_sealed', 'in June')

  assert.equal(march.readUInt32BE(1), 2026 * 12 + 2)
  assert.equal(june.readUInt32BE(1), 2026 * 12 + 5)
  for (const reader of [vault, old, await another()]) {
    assert.equal(await reader.openSystem('outbox.payload_sealed', march), 'in March')
    assert.equal(await reader.openSystem('outbox.payload_sealed', june), 'in June')
    await assert.rejects(reader.openSystem('journey_runs.facts_sealed', june), refused('unreadable'))
  }
})

test('processes that start a new installation at the same moment agree on every key', async (t) => {
  const fresh = await createTestVault(t)
  await fresh.db.deleteFrom('vault_keys').execute()
  await openConnections(fresh.store)

  const [first, ...others] = await Promise.all(Array.from({ length: 8 }, () => fresh.another()))

  const sealed = await first!.sealSystem('outbox.payload_sealed', 'hello')
  for (const other of others) {
    assert.deepEqual(other.blindIndex('email', 'ada@example.com'), first!.blindIndex('email', 'ada@example.com'))
    assert.deepEqual(other.derive('csrf'), first!.derive('csrf'))
    assert.equal(await other.openSystem('outbox.payload_sealed', sealed), 'hello')
  }
})

test('in a new month too, sealing inside transactions needs no second connection, however many are in use', async () => {
  clock.set('2026-07-01T00:00:00Z')
  const texts = Array.from({ length: 20 }, (_, i) => `text ${i}`)

  const sealed = await Promise.all(texts.map((text) => db.transaction().execute(() => vault.sealSystem('outbox.payload_sealed', text))))

  assert.deepEqual(await Promise.all(sealed.map((value) => vault.openSystem('outbox.payload_sealed', value))), texts)
})

test('a start with the keys of another installation fails and names the setting', async () => {
  await assert.rejects(another(testDataKeys('k2')), /ATRIUM_DATA_KEYS has no key 'k1'/)
  await assert.rejects(another(testDataKeys('k1')), /ATRIUM_DATA_KEYS holds another key/)
})

test('a blind index is the same in every process, and equal for equal kind and value only', async () => {
  const other = await another()
  const letters = fc.string({ unit: fc.constantFrom('a', 'b', 'é'), maxLength: 3 })
  const entry = fc.tuple(letters, letters)

  assert.notDeepEqual(vault.blindIndex('ab', 'a'), vault.blindIndex('a', 'ba'))
  fc.assert(
    fc.property(entry, entry, (a, b) => {
      const index = vault.blindIndex(...a)
      assert.equal(index.length, 33)
      assert.equal(index[0], 1)
      assert.deepEqual(other.blindIndex(...a), index)
      assert.equal(index.equals(vault.blindIndex(...b)), a[0] === b[0] && a[1] === b[1])
    }),
  )
})

test('each label derives 32 bytes of its own, the same in every process', async () => {
  const other = await another()

  assert.deepEqual(other.derive('csrf'), vault.derive('csrf'))
  assert.notDeepEqual(vault.derive('cookies'), vault.derive('csrf'))
  assert.equal(vault.derive('csrf').length, 32)
})

test('SEC-83 the stored keys are wrapped: no derived secret and no key byte is readable', async () => {
  const ada = await accountWithKey()
  const stored = await dump(store, 'vault_keys', 'account_keys')

  assert.ok(stored.includes(ada))
  for (const secret of [vault.derive('csrf'), vault.blindIndex('email', 'ada@example.com')])
    assert.ok(!stored.includes(secret.toString('latin1')))
  assert.doesNotMatch(stored, /"k"\s*:/)
})
