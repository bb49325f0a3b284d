import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { newAccountId, openConnections } from '../vault/test-vault.ts'
import { createTestAccounts } from './test-accounts.ts'

const { db, store, accounts, anotherProcess } = await createTestAccounts({ after })

test('twenty first uses at once, in two processes, give one subject that leads back to the account', async () => {
  const ada = newAccountId()
  const other = await anotherProcess()
  await openConnections(store)

  const subs = await Promise.all(Array.from({ length: 20 }, (_, i) => (i % 2 ? other : accounts).subjectFor(db, ada, 'aurora')))

  assert.equal(new Set(subs).size, 1)
  assert.match(subs[0]!, /^[A-Za-z0-9_-]{22}$/)
  assert.equal(await other.findBySubject(db, 'aurora', subs[0]!), ada)
  assert.equal((await db.selectFrom('subject_index').selectAll().where('account_id', '=', ada).execute()).length, 1)
})

test('two sectors, or two accounts, have different subjects, and a subject is known in its own sector only', async () => {
  const [ada, ben] = [newAccountId(), newAccountId()]

  const subs = await Promise.all([
    accounts.subjectFor(db, ada, 'aurora'),
    accounts.subjectFor(db, ada, 'borealis'),
    accounts.subjectFor(db, ben, 'aurora'),
  ])

  assert.equal(new Set(subs).size, 3)
  assert.equal(await accounts.findBySubject(db, 'borealis', subs[0]), undefined)
  assert.equal(await accounts.findBySubject(db, 'borealis', subs[1]), ada)
  assert.equal(await accounts.findBySubject(db, 'aurora', `${subs[0]}x`), undefined)
})

test('a subject stays after the process that made it', async () => {
  const ada = newAccountId()

  const sub = await accounts.subjectFor(db, ada, 'aurora')

  assert.equal(await accounts.subjectFor(db, ada, 'aurora'), sub)
  assert.equal(await (await anotherProcess()).subjectFor(db, ada, 'aurora'), sub)
})

test('a subject made in a transaction that was rolled back is forgotten', async () => {
  const ada = newAccountId()
  let lost = ''
  const failing = db.transaction().execute(async (transaction) => {
    lost = await accounts.subjectFor(transaction, ada, 'aurora')
    assert.equal(await accounts.subjectFor(transaction, ada, 'aurora'), lost)
    throw new Error('rolled back')
  })
  await assert.rejects(failing, /rolled back/)

  const sub = await accounts.subjectFor(db, ada, 'aurora')

  assert.notEqual(sub, lost)
  assert.equal(await accounts.findBySubject(db, 'aurora', lost), undefined)
  assert.equal(await accounts.findBySubject(db, 'aurora', sub), ada)
})

test('a subject made and committed in a transaction is the one everybody sees', async () => {
  const ada = newAccountId()

  const sub = await db.transaction().execute((transaction) => accounts.subjectFor(transaction, ada, 'aurora'))

  assert.equal(await accounts.subjectFor(db, ada, 'aurora'), sub)
})
