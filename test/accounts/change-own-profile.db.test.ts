import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { newAccountId, openConnections, waitingForLock } from '../vault/test-vault.ts'
import { createTestAccounts } from './test-accounts.ts'

const { db, store, clock, accounts, anotherProcess, open } = await createTestAccounts({ after })

test('the customer changes and removes values; the next version is read by every process', async () => {
  const ada = await open('ada@example.com', { name: 'Ada', shoe_size: 38 })
  clock.set('2026-03-02T09:00:00Z')

  const result = await accounts.changeOwnProfile(db, ada, { name: 'Ada Lovelace', shoe_size: null, address: { locality: 'London' } }, 1)

  assert.deepEqual(result, { ok: true })
  const { profile, version } = await (await anotherProcess()).readOwnProfile(db, ada)
  assert.equal(version, 2)
  assert.deepEqual(
    Object.entries(profile)
      .map(([name, v]) => [name, v!.value, v!.updated_at.slice(8, 10)])
      .sort(),
    [
      ['address', { locality: 'London' }, '02'],
      ['email', 'ada@example.com', '01'],
      ['email_verified', true, '01'],
      ['name', 'Ada Lovelace', '02'],
    ],
  )
})

test('of ten changes to the same version one is kept and nine are told', async () => {
  const ben = await open('ben@example.com')
  await openConnections(store)

  const results = await Promise.all(Array.from({ length: 10 }, (_, i) => accounts.changeOwnProfile(db, ben, { name: `Ben ${i}` }, 1)))

  const kept = results.findIndex((r) => r.ok)
  assert.deepEqual(
    results.filter((r) => !r.ok),
    Array(9).fill({ ok: false, reason: 'changed_meanwhile' }),
  )
  const { profile, version } = await accounts.readOwnProfile(db, ben)
  assert.equal(version, 2)
  assert.equal(Object.values(profile).find((v) => String(v?.value).startsWith('Ben'))?.value, `Ben ${kept}`)
})

test('a change that was under way when another one committed is told so', async () => {
  const fay = await open('fay@example.com')

  const late = await db.transaction().execute(async (transaction) => {
    assert.deepEqual(await accounts.changeOwnProfile(transaction, fay, { name: 'First' }, 1), { ok: true })
    const waiting = accounts.changeOwnProfile(db, fay, { name: 'Late' }, 1)
    await waitingForLock(store, 1)
    return { waiting }
  })

  assert.deepEqual(await late.waiting, { ok: false, reason: 'changed_meanwhile' })
})

test('a change to a version the customer was not looking at is refused', async () => {
  const cleo = await open('cleo@example.com')

  for (const version of [0, 2, Number.NaN]) {
    assert.deepEqual(await accounts.changeOwnProfile(db, cleo, { name: 'Cleo' }, version), { ok: false, reason: 'changed_meanwhile' })
  }
  assert.equal((await accounts.readOwnProfile(db, cleo)).version, 1)
})

test('the profile of an account that does not exist is a fault', async () => {
  await assert.rejects(accounts.readOwnProfile(db, newAccountId()), /there is no account/)
})
