import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { parseIdentifier } from '../../src/accounts/index.ts'
import type { AccountId } from '../../src/store/ids.ts'
import { openConnections } from '../vault/test-vault.ts'
import { createTestAccounts } from './test-accounts.ts'

const { db, store, accounts, open, tryToOpen } = await createTestAccounts({ after })

/** An account as an import leaves it: its address is stored, and nobody has proven it. */
async function unproven(email: string): Promise<AccountId> {
  const id = await open(email, { name: 'Ada' })
  await db.updateTable('identifiers').set({ verified_at: null }).where('account_id', '=', id).execute()
  return id
}
const prove = (id: AccountId, email: string) => db.transaction().execute((tx) => accounts.proveEmail(tx, id, email))

test('SEC-38 an address that nobody has proven finds nobody, but for a sign-in that proves more', async () => {
  const ada = await unproven('ada@example.com')

  assert.equal(await accounts.findByIdentifier(db, 'email', 'ada@example.com'), undefined)
  const found = await accounts.findTyped(db, parseIdentifier('ADA@example.com', 'DE')!)
  assert.deepEqual({ id: found?.id, proven: found?.proven }, { id: ada, proven: false })

  assert.equal(await prove(ada, 'ada@example.com'), true)
  assert.equal((await accounts.findByIdentifier(db, 'email', 'ada@example.com'))?.id, ada)
  assert.equal((await accounts.findTyped(db, { value: 'ada@example.com' }))?.proven, true)
  assert.equal(await prove(ada, 'ada@example.com'), false, 'once')
})

test('who proves an address by signing up with it has it, and the imported account has it no more', async () => {
  const imported = await unproven('ben@example.com')

  const owner = await open('ben@example.com', { name: 'Ben' })

  assert.equal((await accounts.findByIdentifier(db, 'email', 'ben@example.com'))?.id, owner)
  assert.equal(await prove(imported, 'ben@example.com'), false)
  assert.deepEqual(await tryToOpen('ben@example.com'), { ok: false, reason: 'identifier_taken' })
})

test('of a sign-up and a sign-in that prove the same address at the same moment one has it', async () => {
  await openConnections(store)
  for (let round = 0; round < 10; round++) {
    const email = `cleo.${round}@example.com`
    const imported = await unproven(email)

    const [proven, opened] = await Promise.all([prove(imported, email), tryToOpen(email)])

    assert.equal(Number(proven) + Number(opened.ok), 1)
    const owner = (await accounts.findByIdentifier(db, 'email', email))?.id
    assert.equal(owner, opened.ok ? opened.accountId : imported)
  }
})
