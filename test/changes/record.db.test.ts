import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { keepImportedAccounts, sealImportedAccount } from '../../src/accounts/index.ts'
import type { AccountId } from '../../src/store/ids.ts'
import { createTestChanges } from './test-changes.ts'

const { db, store, vault, accounts, clock, open, authenticators, changes, made, mails } = await createTestChanges({ after })
const { recoveryCodes } = authenticators
const inTransaction = db.transaction()

test('MFA-44 a change is recorded and told together with what it changed, or none of it happens', async () => {
  const ada = await open('ada@example.com')
  await assert.rejects(
    inTransaction.execute(async (tx) => {
      const before = await changes.begin(tx, ada)
      await recoveryCodes.replace(tx, ada)
      await changes.record(tx, ada, made('recovery_codes_made', { before }))
      throw new Error('the transaction fails')
    }),
    /the transaction fails/,
  )

  assert.deepEqual([await changes.list(db, ada), await mails(), await recoveryCodes.left(db, ada)], [[], [], 0])
})

test('MFA-44 the record is listed page by page, and nobody else’s is in it', async () => {
  const [ada, grace] = [await open('ada.2@example.com'), await open('grace@example.com')]
  for (let n = 0; n < 5; n++) await inTransaction.execute((tx) => changes.record(tx, ada, made('passkey_copied')))
  await inTransaction.execute((tx) => changes.record(tx, grace, made('passkey_copied')))

  const first = await changes.list(db, ada, { limit: 3 })
  const second = await changes.list(db, ada, { limit: 3, before: first.at(-1)!.seq })

  assert.deepEqual(
    [first.map(({ seq }) => seq), second.map(({ seq }) => seq)],
    [
      [5, 4, 3],
      [2, 1],
    ],
  )
  assert.equal(first[0]!.undo_until, null, 'nothing was changed, so there is nothing to undo')
})

/** An account as an import leaves it that had no proof of its address. */
async function importUnproven(value: string): Promise<AccountId> {
  const key = await vault.prepareAccountKey(accounts.newAccountId())
  const identifiers = [{ kind: 'email' as const, value, proven: false }]
  const imported = { status: 'active' as const, locale: 'en', identifiers, attributes: {}, source: 'customer' as const }
  await inTransaction.execute(async (tx) => {
    await key.keep(tx)
    await keepImportedAccounts(tx, [sealImportedAccount({ vault, clock }, key, imported)])
  })
  return key.accountId
}

test('MFA-44 an address that came with an import and nobody has proven is told, and cannot undo; once it is another’s it is not told', async () => {
  const recovered = async (id: AccountId) => {
    const sent = (await mails()).length
    await inTransaction.execute(async (tx) => {
      const before = await changes.begin(tx, id)
      await recoveryCodes.replace(tx, id)
      await changes.record(tx, id, made('recovery_codes_made', { before }))
    })
    return (await mails()).slice(sent)
  }
  const imported = await importUnproven('mistyped@example.com')

  const [told, ...more] = await recovered(imported)

  assert.deepEqual([told?.to, more], ['mistyped@example.com', []])
  assert.doesNotMatch(JSON.stringify(told), /account\/undo/)
  const owner = await open('mistyped@example.com')
  assert.deepEqual(await recovered(imported), [])
  assert.match(JSON.stringify(await recovered(owner)), /account\/undo/)
})

test('MFA-44 of two changes at the same moment each is recorded', async () => {
  const ada = await open('ada.3@example.com')

  await Promise.all(Array.from({ length: 8 }, () => inTransaction.execute((tx) => changes.record(tx, ada, made('passkey_copied')))))

  const seqs = (await changes.list(db, ada)).map(({ seq }) => seq)
  assert.deepEqual(seqs, [8, 7, 6, 5, 4, 3, 2, 1])
})

test('what undoing takes is forgotten after 72 hours, the record after four hundred days', async () => {
  const ada = await open('ada.4@example.com')
  await inTransaction.execute(async (tx) => {
    const before = await changes.begin(tx, ada)
    await recoveryCodes.replace(tx, ada)
    await changes.record(tx, ada, made('recovery_codes_made', { before }))
  })
  const sealed = async () =>
    (await store.pool.query('select undo_sealed is not null as kept from account_changes where account_id = $1', [ada])).rows
  const later = (hours: number) => new Date(clock().getTime() + hours * 3_600_000)

  while ((await changes.sweep(db, later(71))) > 0);
  assert.deepEqual(await sealed(), [{ kept: true }])
  while ((await changes.sweep(db, later(73))) > 0);
  assert.deepEqual(await sealed(), [{ kept: false }])
  while ((await changes.sweep(db, later(401 * 24))) > 0);
  assert.deepEqual(await sealed(), [])
})

test('SEC-113 a mail about a change is its account’s: it is found, and erased, with everything else', async () => {
  const ada = await open('ada.5@example.com')
  await inTransaction.execute((tx) => changes.record(tx, ada, made('passkey_copied')))

  const { rowCount } = await store.pool.query("select from outbox where kind = 'mail' and account_id = $1", [ada])
  assert.equal(rowCount, 1)
})
