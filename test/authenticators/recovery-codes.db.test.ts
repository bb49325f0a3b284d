import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { createRecoveryCodes } from '../../src/authenticators/recovery-codes.ts'
import { systemRandom } from '../../src/ports/random.ts'
import { createTestVault, dump, newAccountId, openConnections } from '../vault/test-vault.ts'

const { db, store, vault, clock } = await createTestVault({ after })
const recovery = createRecoveryCodes({ key: vault.derive('recovery_code'), clock, random: systemRandom })
const replace = (id: ReturnType<typeof newAccountId>) => db.transaction().execute((tx) => recovery.replace(tx, id))

test('MFA-19 ten codes of 80 bits, and none of them in the database', async () => {
  const codes = await replace(newAccountId())

  assert.equal(new Set(codes).size, 10)
  for (const code of codes) assert.match(code, /^[0-9a-hjkmnp-tv-z]{4}(-[0-9a-hjkmnp-tv-z]{4}){3}$/)
  const stolen = await dump(store, 'authenticators')
  for (const code of codes) assert.ok(!stolen.includes(code) && !stolen.includes(code.replaceAll('-', '')))
})

test('MFA-19, SEC-46 a code works once: twenty uses at once, one counts', async () => {
  const id = newAccountId()
  const [code] = await replace(id)
  await openConnections(store)

  const spent = await Promise.all(Array.from({ length: 20 }, () => recovery.spend(db, id, code!)))

  assert.equal(spent.filter(Boolean).length, 1)
  assert.equal(await recovery.left(db, id), 9)
})

test('MFA-19, SEC-46 new codes void the old ones, and two who ask at once end with one set', async () => {
  const id = newAccountId()
  const [old] = await replace(id)
  const sets = await Promise.all([replace(id), replace(id), replace(id)])

  assert.equal(await recovery.left(db, id), 10)
  assert.equal(await recovery.spend(db, id, old!), false)
  const valid = await Promise.all(sets.map(async (codes) => recovery.spend(db, id, codes[0]!)))
  const winner = sets[valid.indexOf(true)]!
  assert.equal(valid.filter(Boolean).length, 1)
  for (const code of winner.slice(1)) assert.ok(await recovery.spend(db, id, code))
})

test('a code is taken as somebody reads it from paper, and at its own account only', async () => {
  const id = newAccountId()
  const [first, second] = await replace(id)

  assert.equal(await recovery.spend(db, newAccountId(), first!), false)
  assert.ok(await recovery.spend(db, id, ` ${first!.toUpperCase().replaceAll('-', ' ').replaceAll('0', 'O').replaceAll('1', 'l')} `))
  assert.ok(await recovery.spend(db, id, second!.replaceAll('-', '–')))
  for (const typed of ['', '-', 'x'.repeat(10_000), '\u0000']) assert.equal(await recovery.spend(db, id, typed), false)
})
