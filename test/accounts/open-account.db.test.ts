import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import type { AccountId } from '../../src/store/ids.ts'
import { dump, newAccountId, openConnections } from '../vault/test-vault.ts'
import { createTestAccounts } from './test-accounts.ts'

const { db, store, vault, accounts, anotherProcess, open, tryToOpen } = await createTestAccounts({ after })

async function rowsOf(accountId: AccountId): Promise<number> {
  const { rows } = await store.pool.query(
    `select 1 from accounts where id = $1 union all select 1 from account_keys where account_id = $1 union all select 1 from identifiers where account_id = $1`,
    [accountId],
  )
  return rows.length
}

test('SEC-38 an account is found by every spelling of its address, by nobody else’s, and by no malformed one', async () => {
  const ada = await open('Ada@Example.com', { name: 'Ada' })

  for (const typed of ['ada@example.com', ' ADA@EXAMPLE.COM ', 'ＡＤＡ@example.com']) {
    assert.equal((await accounts.findByIdentifier(db, 'email', typed))?.id, ada)
  }
  for (const typed of ['ada+x@example.com', 'ben@example.com', 'ada@example.com,ben@example.com', 'ada', '', '\0']) {
    assert.equal(await accounts.findByIdentifier(db, 'email', typed), undefined)
  }
  assert.equal(await accounts.findByIdentifier(db, 'phone', 'ada@example.com'), undefined)
  assert.equal((await (await anotherProcess()).findByIdentifier(db, 'email', 'ada@example.com'))?.id, ada)
  assert.deepEqual(await accounts.find(db, ada), { id: ada, status: 'active', locale: 'en', closes_at: null })
  assert.equal(await accounts.find(db, newAccountId()), undefined)
})

test('the new profile holds the verified email, whatever the form said about it', async () => {
  const ben = await open('Ben@Example.com', { name: 'Ben', email: 'eve@evil.example', email_verified: false, phone_number_verified: true })

  const { profile, version } = await accounts.readOwnProfile(db, ben)

  const of = (value: unknown) => ({ value, source: 'customer', updated_at: '2026-03-01T12:00:00.000Z' })
  assert.deepEqual(profile, { name: of('Ben'), email: of('ben@example.com'), email_verified: of(true) })
  assert.equal(version, 1)
})

test('of twenty who open with one address at the same moment one gets it, and the others leave nothing', async () => {
  const countAll = async () =>
    Number(
      (
        await store.pool.query(
          `select (select count(*) from accounts) + (select count(*) from account_keys) + (select count(*) from identifiers) as n`,
        )
      ).rows[0].n,
    )
  const before = await countAll()
  await openConnections(store)

  const results = await Promise.all(Array.from({ length: 20 }, (_, i) => tryToOpen(i % 2 ? 'cleo@example.com' : 'CLEO@example.com')))

  const won = results.filter((r) => r.ok)
  assert.equal(won.length, 1)
  assert.ok(results.every((r) => r.ok || r.reason === 'identifier_taken'))
  assert.equal((await accounts.findByIdentifier(db, 'email', 'cleo@example.com'))?.id, won[0]!.accountId)
  assert.equal(await countAll(), before + 3)
})

test('an address whose opening was rolled back is free again', async () => {
  const failing = db.transaction().execute(async (transaction) => {
    const result = await accounts.openAccount(transaction, { email: 'dora@example.com', profile: {}, source: 'customer', locale: 'en' })
    assert.ok(result.ok)
    assert.equal((await accounts.readOwnProfile(transaction, result.accountId)).version, 1)
    throw new Error(result.accountId)
  })
  const { message: rolledBack } = await failing.then(
    () => assert.fail('committed'),
    (error: Error) => error,
  )

  const dora = await open('dora@example.com')

  assert.notEqual(dora, rolledBack)
  assert.equal(await rowsOf(rolledBack as AccountId), 0)
  assert.equal(await rowsOf(dora), 3)
})

test('opening outside a transaction, or with an address nobody can have verified, is a fault', async () => {
  const input = { profile: {}, source: 'customer', locale: 'en' } as const

  await assert.rejects(accounts.openAccount(db, { ...input, email: 'fay@example.com' }), /needs a transaction/)
  await assert.rejects(tryToOpen('fay@example.com,eve@evil.example'), TypeError)
})

test('a dump of the database shows neither address, name nor key of an account', async () => {
  const gustav = await open('gustav.gans@example.com', { name: 'Gustav Gans', address: { locality: 'Entenhausen' } })

  const stored = await dump(store, 'accounts', 'identifiers', 'account_keys', 'vault_keys', 'subjects')

  assert.ok(stored.includes(gustav))
  assert.doesNotMatch(stored, /gustav|gans|entenhausen|example\.com/i)
})

test('with its key destroyed an account’s profile opens nowhere', async () => {
  const hedy = await open('hedy@example.com', { name: 'Hedy' })

  await db.deleteFrom('account_keys').where('account_id', '=', hedy).execute()

  await assert.rejects((await anotherProcess()).readOwnProfile(db, hedy), { name: 'VaultError', reason: 'unknown_key' })
})

test('a sealed address opens for its owner', async () => {
  const ida = await open('ida@example.com')

  const row = await db.selectFrom('identifiers').selectAll().where('account_id', '=', ida).executeTakeFirstOrThrow()

  assert.equal(await vault.open(db, ida, 'identifiers.value_sealed', row.value_sealed), 'ida@example.com')
  assert.deepEqual(row.verified_at, new Date('2026-03-01T12:00:00Z'))
})
