import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { createSharing } from '../../src/sharing/index.ts'
import type { AccountId, AttributeName, PurposeName, RecipientKey } from '../../src/store/ids.ts'
import { createTestVault, newAccountId, openConnections } from '../vault/test-vault.ts'

const { db, store, vault, clock } = await createTestVault({ after })
const sharing = createSharing({ vault, clock })
const [aurora, borealis] = ['aurora', 'borealis'] as RecipientKey[] as [RecipientKey, RecipientKey]

const confirm = (accountId: AccountId, recipient: RecipientKey, attributes: readonly string[], purpose = 'service') =>
  sharing.confirm(db, { accountId, recipient, purpose: purpose as PurposeName, attributes: attributes as AttributeName[], now: clock() })
const grantsOf = (accountId: AccountId) =>
  db
    .selectFrom('sharing_grants')
    .select(['attribute', 'granted_at', 'ends_at'])
    .where('account_id', '=', accountId)
    .orderBy('attribute')
    .execute()

test('what was confirmed is known for exactly this account and recipient, under whatever purpose', async () => {
  const [ada, ben] = [newAccountId(), newAccountId()]

  await confirm(ada, aurora, ['name', 'email', 'name'])
  await confirm(ada, aurora, ['shoe_size'], 'personalisation')
  await confirm(ada, borealis, [])

  assert.deepEqual(await sharing.confirmedAttributes(db, ada, aurora), ['email', 'name', 'shoe_size'])
  assert.deepEqual(await sharing.confirmedAttributes(db, ada, borealis), [])
  assert.deepEqual(await sharing.confirmedAttributes(db, ben, aurora), [])
})

test('confirming again keeps the beginning, and ten at once are one', async () => {
  const ada = newAccountId()
  const first = clock()
  await openConnections(store)
  await Promise.all(Array.from({ length: 10 }, () => confirm(ada, aurora, ['name'])))
  clock.set('2026-03-05T12:00:00Z')

  await confirm(ada, aurora, ['name', 'email'])

  assert.deepEqual(await grantsOf(ada), [
    { attribute: 'email', granted_at: clock(), ends_at: null },
    { attribute: 'name', granted_at: first, ends_at: null },
  ])
})

test('a confirmation that has ended is none, until it is given again', async () => {
  const ada = newAccountId()
  await confirm(ada, aurora, ['name'])
  await db.updateTable('sharing_grants').set({ ends_at: clock() }).where('account_id', '=', ada).execute()
  assert.deepEqual(await sharing.confirmedAttributes(db, ada, aurora), [])
  clock.set('2026-03-06T12:00:00Z')

  await confirm(ada, aurora, ['name'])

  assert.deepEqual(await sharing.confirmedAttributes(db, ada, aurora), ['name'])
  assert.deepEqual(await grantsOf(ada), [{ attribute: 'name', granted_at: clock(), ends_at: null }])
})
