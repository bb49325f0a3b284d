import assert from 'node:assert/strict'
import { after, beforeEach, test } from 'node:test'
import type { AccountId } from '../../src/store/ids.ts'
import { openConnections } from '../vault/test-vault.ts'
import { createTestMerging } from './test-merging.ts'

const at = await createTestMerging({ after })
const { db, store, clock, accounts, authenticators, merge, undo, person, code, addTotp, addPasskey, ownerOf, share, shares, signIn } = at
const START = Date.parse('2026-03-01T12:00:15Z')
const moveTo = (seconds: number): void => clock.set(new Date(START + seconds * 1000).toISOString())
const DAY_S = 86_400

beforeEach(() => moveTo(0))

/** Every row that names one of the accounts, as it is stored, whichever table it is in. */
async function rowsOf(...ids: AccountId[]): Promise<Record<string, unknown>> {
  const { rows: columns } = await store.pool.query<{ table_name: string; column_name: string }>(
    `select table_name, column_name from information_schema.columns
     where table_schema = 'public' and column_name in ('account_id', 'absorbed_id', 'merged_into')`,
  )
  const found: Record<string, unknown> = {}
  for (const { table_name: table, column_name: column } of columns) {
    const { rows } = await store.pool.query(`select * from ${table} where ${column} = any($1) order by 1, 2, 3`, [ids])
    if (rows.length > 0) found[`${table}.${column}`] = rows
  }
  for (const id of ids) {
    const { rows } = await store.pool.query('select id, status, locale, merged_into from accounts where id = $1', [id])
    found[id] = { row: rows[0], profile: (await accounts.readOwnProfile(db, id)).profile }
  }
  return found
}

test('every way in to the absorbed account leads to the survivor, each with what goes with it', async () => {
  const [ada, other] = [await person(), await person()]
  const passkey = await addPasskey(other.id)
  const app = await addTotp(other.id)
  const codes = await db.transaction().execute((tx) => authenticators.recoveryCodes.replace(tx, other.id))

  assert.deepEqual(await merge(ada.id, other.id), { ok: true })

  assert.equal(await signIn(ada.email, ada.password), ada.id)
  assert.equal(await signIn(other.email, other.password), ada.id)
  assert.equal(await signIn(other.email, ada.password), undefined, 'a password goes with its own address')
  assert.equal(await signIn(ada.email, other.password), undefined)
  for (const expected of [undefined, ada.id]) {
    const verified = await ownerOf(passkey, expected)
    assert.ok(verified.ok && verified.accountId === ada.id)
    assert.ok(await verified.record(db))
  }
  moveTo(60)
  const checked = await authenticators.totp.check(db, ada.id, code(app))
  assert.ok(checked.ok && (await checked.spend(db)))
  assert.equal(await authenticators.recoveryCodes.spend(db, ada.id, codes[0]!), true)
  assert.equal(await authenticators.recoveryCodes.spend(db, ada.id, codes[0]!), false)
})

test('MFA-22, MFA-31 a second factor of either account is asked for: signing in to the one without it is no way past it', async () => {
  const [ada, other] = [await person(), await person()]
  await addTotp(other.id)
  await addPasskey(other.id)

  await merge(ada.id, other.id)

  const { password, passkeys, totpSince } = await authenticators.enrolled(db, ada.id)
  assert.deepEqual({ password, passkeys, totp: totpSince !== undefined }, { password: true, passkeys: 1, totp: true })
})

test('SEC-33 a new password, app or set of recovery codes replaces those of both accounts', async () => {
  const [ada, other] = [await person(), await person()]
  const apps = [await addTotp(ada.id), await addTotp(other.id)]
  const old = [
    await db.transaction().execute((tx) => authenticators.recoveryCodes.replace(tx, ada.id)),
    await db.transaction().execute((tx) => authenticators.recoveryCodes.replace(tx, other.id)),
  ]
  await merge(ada.id, other.id)
  moveTo(60)

  await authenticators.passwords.set(db, ada.id, await authenticators.passwords.hash('a third one altogether'))
  const app = await addTotp(ada.id)
  const codes = await db.transaction().execute((tx) => authenticators.recoveryCodes.replace(tx, ada.id))

  for (const { email, password } of [ada, other]) {
    assert.equal(await signIn(email, password), undefined)
    assert.equal(await signIn(email, 'a third one altogether'), ada.id)
  }
  moveTo(120)
  for (const gone of apps) assert.equal((await authenticators.totp.check(db, ada.id, code(gone))).ok, false)
  assert.equal((await authenticators.totp.check(db, ada.id, code(app))).ok, true)
  for (const [gone] of old) assert.equal(await authenticators.recoveryCodes.spend(db, ada.id, gone!), false)
  assert.equal(await authenticators.recoveryCodes.left(db, ada.id), codes.length)
  assert.equal(await authenticators.totp.remove(db, ada.id), true)
})

test('both old subjects lead to the survivor; a recipient that knew one goes on with that one, one that knew both with the survivor’s', async () => {
  const [ada, other] = [await person(), await person()]
  const mine = await accounts.subjectFor(db, ada.id, 'aurora')
  const theirs = [await accounts.subjectFor(db, other.id, 'aurora'), await accounts.subjectFor(db, other.id, 'borealis')] as const

  await merge(ada.id, other.id)

  assert.equal(await accounts.subjectFor(db, ada.id, 'aurora'), mine)
  assert.equal(await accounts.subjectFor(db, ada.id, 'borealis'), theirs[1])
  assert.equal(await accounts.findBySubject(db, 'aurora', mine), ada.id)
  assert.equal(await accounts.findBySubject(db, 'aurora', theirs[0]), ada.id)
  assert.equal(await accounts.findBySubject(db, 'borealis', theirs[1]), ada.id)
  assert.equal(await accounts.findBySubject(db, 'borealis', theirs[0]), undefined)
  const { known_twice } = await db
    .selectFrom('account_merges')
    .select('known_twice')
    .where('account_id', '=', ada.id)
    .executeTakeFirstOrThrow()
  assert.deepEqual(known_twice, ['aurora'])

  assert.equal(await undo(ada.id, other.id), true)

  assert.equal(await accounts.findBySubject(db, 'borealis', theirs[1]), other.id)
  assert.notEqual(await accounts.subjectFor(db, ada.id, 'borealis'), theirs[1], 'nothing of the other’s was remembered')
})

test('profile and sharing of the survivor: its own values and what was chosen, and nothing shared that was not shared before', async () => {
  const ada = await person({ name: 'Ada', styles: ['plain'] })
  const other = await person({ name: 'Ada Lovelace', shoe_size: 38, styles: ['bold'] })
  await share(ada.id, 'aurora', 'sub', 'name')
  await share(other.id, 'aurora', 'sub', 'email')
  await share(other.id, 'borealis', 'sub', 'email')

  await merge(ada.id, other.id, { chosen: new Set(['styles', 'email']) })

  const { profile } = await accounts.readOwnProfile(db, ada.id)
  const values = Object.fromEntries(Object.entries(profile).map(([name, entry]) => [name, entry!.value]))
  assert.deepEqual(values, { email: ada.email, email_verified: true, name: 'Ada', styles: ['bold'], shoe_size: 38 })
  assert.deepEqual(await shares(ada.id, 'aurora'), ['sub'])
  assert.deepEqual(await shares(ada.id, 'borealis'), ['email', 'sub'])
})

test('undone, every row of both accounts is what it was', async () => {
  const ada = await person({ name: 'Ada', styles: ['plain'] })
  const other = await person({ name: 'Ada Lovelace', shoe_size: 38 })
  await addPasskey(other.id)
  await addTotp(other.id)
  await db.transaction().execute((tx) => authenticators.recoveryCodes.replace(tx, other.id))
  await share(ada.id, 'aurora', 'sub', 'name')
  await share(other.id, 'aurora', 'sub')
  await share(other.id, 'borealis', 'sub', 'email')
  await accounts.subjectFor(db, other.id, 'borealis')
  const before = await rowsOf(ada.id, other.id)
  assert.ok('authenticators.account_id' in before && 'identifiers.account_id' in before && 'sharing_grants.account_id' in before)

  await merge(ada.id, other.id, { chosen: new Set(['name']) })
  const between = await rowsOf(ada.id, other.id)
  moveTo(29 * DAY_S)
  assert.equal(await undo(ada.id, other.id), true)

  assert.notDeepEqual(between, before)
  assert.deepEqual(await rowsOf(ada.id, other.id), before)
  assert.equal(await signIn(other.email, other.password), other.id)
  assert.equal(await undo(ada.id, other.id), false)
})

test('what was changed after the merge stays with the survivor when it is undone', async () => {
  const [ada, other] = [await person({ name: 'Ada' }), await person({ shoe_size: 38, fit: 'slim' })]
  await share(other.id, 'borealis', 'sub')
  await merge(ada.id, other.id)
  const { version } = await accounts.readOwnProfile(db, ada.id)
  await accounts.changeOwnProfile(db, ada.id, { shoe_size: 39 }, version)
  await share(ada.id, 'aurora', 'sub')

  await undo(ada.id, other.id)

  const { profile } = await accounts.readOwnProfile(db, ada.id)
  assert.deepEqual(Object.keys(profile).sort(), ['email', 'email_verified', 'name', 'shoe_size'])
  assert.deepEqual(await shares(ada.id, 'aurora'), ['sub'])
  assert.deepEqual(await shares(ada.id, 'borealis'), [])
})

test('after thirty days nothing is undone', async () => {
  const [ada, other] = [await person(), await person()]
  await merge(ada.id, other.id)
  moveTo(30 * DAY_S)

  assert.equal(await undo(ada.id, other.id), false)
})

test('what is absorbed absorbs nobody, what has absorbed is not absorbed, and nobody absorbs themselves: no chain and no circle', async () => {
  const [one, two, three] = [await person(), await person(), await person()]
  await merge(two.id, one.id)

  assert.deepEqual(await merge(three.id, two.id), { ok: false, reason: 'has_absorbed' })
  assert.deepEqual(await merge(one.id, three.id), { ok: false, reason: 'not_active' })
  assert.deepEqual(await merge(one.id, two.id), { ok: false, reason: 'not_active' })
  assert.deepEqual(await merge(three.id, one.id), { ok: false, reason: 'not_active' })
  assert.deepEqual(await merge(three.id, three.id), { ok: false, reason: 'same_account' })
  assert.deepEqual(await merge(two.id, three.id), { ok: true }, 'the other way round it is one step')
  assert.equal(await signIn(three.email, three.password), two.id)
  assert.equal(await signIn(one.email, one.password), two.id)
})

test('a status that keeps an account from being used is not escaped by a merge, in either direction', async () => {
  for (const status of ['locked', 'closed'] as const) {
    const [ada, other] = [await person(), await person()]
    await db.updateTable('accounts').set({ status }).where('id', '=', other.id).execute()

    assert.deepEqual(await merge(ada.id, other.id), { ok: false, reason: 'not_active' })
    assert.deepEqual(await merge(other.id, ada.id), { ok: false, reason: 'not_active' })
  }
})

test('of merges at the same moment that touch one account, in whatever direction, one counts', async () => {
  await openConnections(store)
  for (let round = 0; round < 5; round++) {
    const [one, two, three] = [await person(), await person(), await person()]

    const results = await Promise.all([
      merge(one.id, two.id),
      merge(two.id, one.id),
      merge(three.id, one.id),
      merge(three.id, two.id),
      merge(two.id, three.id),
    ])

    const states = await accounts.merges.states(db, [one.id, two.id, three.id])
    assert.ok(results.some((result) => result.ok))
    for (const { merged_into, absorbed } of states.values()) {
      if (merged_into === null) continue
      assert.equal(states.get(merged_into)?.merged_into, null, 'a survivor is nobody’s alias')
      assert.equal(absorbed, 0)
    }
  }
})

test('a profile that was changed since the customer looked at it is looked at again', async () => {
  const [ada, other] = [await person({ name: 'Ada' }), await person({ name: 'A. L.' })]
  const before = await rowsOf(ada.id, other.id)

  const stale = await merge(ada.id, other.id, { versions: { survivor: 1, absorbed: 7 } })

  assert.deepEqual(stale, { ok: false, reason: 'changed_meanwhile' })
  assert.deepEqual(await rowsOf(ada.id, other.id), before)
})

test('sessions of both end, but for the one that the merge is made in; undone, all end', async () => {
  const [ada, other] = [await person(), await person()]
  at.ended.length = 0
  await merge(ada.id, other.id)
  assert.deepEqual(at.ended, [`${other.id} but undefined`, `${ada.id} but here`])

  at.ended.length = 0
  await undo(ada.id, other.id)
  assert.deepEqual(at.ended, [`${ada.id} but undefined`])
})
