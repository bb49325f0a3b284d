import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { createSharing } from '../../src/sharing/index.ts'
import type { AccountId, AttributeName, PurposeName, RecipientKey } from '../../src/store/ids.ts'
import { createTestAccounts } from '../accounts/test-accounts.ts'
import { newAccountId } from '../vault/test-vault.ts'
import { clientFor } from './test-clients.ts'

const { db, vault, clock, open } = await createTestAccounts({ after })
const sharing = createSharing({ vault, clock })
const aurora = 'aurora' as RecipientKey

const releaseOf = (accountId: AccountId, requested: readonly string[], recipient = aurora) =>
  sharing.release(db, {
    accountId,
    recipient,
    client: clientFor('name', 'email'),
    requested: requested as AttributeName[],
    outlet: 'id_token',
    basis: 'registration',
    now: clock(),
  })

test('nothing is released for an account that is locked, closed or unknown', async () => {
  const ada = await open('ada@example.com', { name: 'Ada' })
  assert.deepEqual(await releaseOf(ada, ['name']), { name: 'Ada' })

  for (const status of ['locked', 'closed'] as const) {
    await db.updateTable('accounts').set({ status }).where('id', '=', ada).execute()
    assert.deepEqual(await releaseOf(ada, ['name', 'email']), {})
  }
  assert.deepEqual(await releaseOf(newAccountId(), ['name']), {})
})

test('an email that its owner has not proven is not released', async () => {
  const ben = await open('ben@example.com', { name: 'Ben' })
  const profile = { name: { value: 'Ben', source: 'customer', updated_at: clock().toISOString() } }
  const unproven = { ...profile, email: { ...profile.name, value: 'eve@evil.example' } }
  const profile_sealed = await vault.seal(db, ben, 'accounts.profile_sealed', JSON.stringify(unproven))
  await db.updateTable('accounts').set({ profile_sealed }).where('id', '=', ben).execute()

  assert.deepEqual(await releaseOf(ben, ['name', 'email', 'email_verified']), { name: 'Ben' })
})

test('a client cannot ask in the name of another recipient', async () => {
  const cleo = await open('cleo@example.com', { name: 'Cleo' })

  await assert.rejects(releaseOf(cleo, ['name'], 'parcelly' as RecipientKey), /does not act for parcelly/)
})

test('a recipient outside the group gets what the customer confirmed for it and no more, whatever it is registered for', async () => {
  const dora = await open('dora@example.com', { name: 'Dora', shoe_size: '38' })
  const ask = () =>
    sharing.release(db, {
      accountId: dora,
      recipient: aurora,
      client: clientFor('name', 'shoe_size'),
      requested: ['name', 'shoe_size'] as AttributeName[],
      outlet: 'userinfo',
      basis: 'confirmation',
      now: clock(),
    })
  assert.deepEqual(await ask(), {})

  const purpose = 'personalisation' as PurposeName
  await sharing.confirm(db, { accountId: dora, recipient: aurora, purpose, attributes: ['shoe_size' as AttributeName], now: clock() })

  assert.deepEqual(await ask(), { shoe_size: '38' })
})
