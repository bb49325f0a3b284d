import assert from 'node:assert/strict'
import { after, beforeEach, test } from 'node:test'
import { createAccounts } from '../../src/accounts/index.ts'
import { createActivity } from '../../src/activity/index.ts'
import { createMerging } from '../../src/merging/index.ts'
import { systemRandom } from '../../src/ports/random.ts'
import type { AccountId, AttributeName, ClientId } from '../../src/store/ids.ts'
import { ensurePartitions } from '../../src/store/partitions.ts'
import type { Vault } from '../../src/vault/index.ts'
import { createTestMerging } from './test-merging.ts'

const at = await createTestMerging({ after })
const {
  db,
  store,
  vault,
  clock,
  accounts,
  authenticators,
  merging,
  merge,
  undo,
  person,
  code,
  addTotp,
  addPasskey,
  ownerOf,
  share,
  shares,
  signIn,
} = at
const activity = createActivity({ vault, random: systemRandom })
const START = Date.parse('2026-03-01T12:00:15Z')
const DAY_S = 86_400
const moveTo = (seconds: number): void => clock.set(new Date(START + seconds * 1000).toISOString())

beforeEach(async () => {
  moveTo(0)
  await ensurePartitions(store.pool, clock())
})

async function recordSignIn(accountId: AccountId): Promise<void> {
  const values: unknown[] = []
  const fragment = await activity.recording(db, {
    ...{ accountId, client_id: 'aurora-web' as ClientId, acr: 'password', amr: ['pwd'], at: clock(), begun: clock() },
    ...{ deviceHash: undefined, userAgent: 'Firefox', address: '192.0.2.7', session: undefined },
  })
  const text = fragment((value, type) => `$${values.push(value)}::${type}`)
  await store.pool.query(text, values)
}

const keysOf = (id: AccountId) => db.selectFrom('account_keys').selectAll().where('account_id', '=', id).execute()
const isGone = async (id: AccountId): Promise<boolean> =>
  (await keysOf(id)).length === 0 && (await db.selectFrom('accounts').select('id').where('id', '=', id).executeTakeFirst()) === undefined

/** Two that become one, each with everything. */
async function joined() {
  const [ada, other] = [await person({ name: 'Ada' }), await person({ shoe_size: 38 })]
  const passkey = await addPasskey(other.id)
  const app = await addTotp(other.id)
  const codes = await db.transaction().execute((tx) => authenticators.recoveryCodes.replace(tx, other.id))
  const own = await db.transaction().execute((tx) => authenticators.recoveryCodes.replace(tx, ada.id))
  await recordSignIn(other.id)
  const subs = {
    mine: await accounts.subjectFor(db, ada.id, 'aurora'),
    theirs: await accounts.subjectFor(db, other.id, 'aurora'),
    only: await accounts.subjectFor(db, other.id, 'borealis'),
  }
  await share(other.id, 'borealis', 'sub', 'email')
  assert.deepEqual(await merge(ada.id, other.id), { ok: true })
  return { ada, other, passkey, app, codes, own, subs }
}

test('after thirty days everything is the survivor’s own, every way in still works, and the other’s key is gone', async () => {
  const { ada, other, passkey, app, codes, own, subs } = await joined()
  moveTo(30 * DAY_S - 1)
  assert.equal(await merging.finishDue(), 0)
  moveTo(30 * DAY_S)

  assert.equal(await merging.finishDue(), 1)

  assert.equal(await merging.finishDue(), 0)
  assert.ok(await isGone(other.id))
  assert.equal(await signIn(ada.email, ada.password), ada.id)
  assert.equal(await signIn(other.email, ada.password), ada.id, 'of two passwords the survivor’s is left, for both addresses')
  assert.equal(await signIn(other.email, other.password), undefined)
  for (const expected of [undefined, ada.id]) {
    const verified = await ownerOf(passkey, expected)
    assert.ok(verified.ok && verified.accountId === ada.id, 'a passkey goes on saying whom it was made for')
    assert.ok(await verified.record(db))
  }
  assert.equal((await authenticators.passkeys.list(db, ada.id)).length, 1)
  const checked = await authenticators.totp.check(db, ada.id, code(app))
  assert.ok(checked.ok && (await checked.spend(db)))
  for (const each of [codes[3]!, own[3]!]) {
    assert.equal(await authenticators.recoveryCodes.spend(db, ada.id, each), true)
    assert.equal(await authenticators.recoveryCodes.spend(db, ada.id, each), false)
  }
  assert.equal(await accounts.subjectFor(db, ada.id, 'aurora'), subs.mine)
  assert.equal(await accounts.subjectFor(db, ada.id, 'borealis'), subs.only)
  for (const [sector, sub] of [
    ['aurora', subs.mine],
    ['aurora', subs.theirs],
    ['borealis', subs.only],
  ] as const)
    assert.equal(await accounts.findBySubject(db, sector, sub), ada.id)
  assert.deepEqual(await shares(ada.id, 'borealis'), ['email', 'sub'])
  assert.equal((await accounts.readOwnProfile(db, ada.id)).profile['shoe_size' as AttributeName]?.value, 38)
  const [remembered] = await activity.list(db, ada.id, { limit: 5 })
  assert.equal(remembered?.address, '192.0.2.7')
  assert.equal(await undo(ada.id, other.id), false)
})

test('what breaks it off leaves everything as it was, keeps no other from it, and the next round finishes', async () => {
  const [first, second] = [await joined(), await joined()]
  moveTo(31 * DAY_S)
  let calls = 0
  // dies in the middle of the first: after its authenticators, with its identifiers half moved
  const failing: Vault = {
    ...vault,
    seal: (tx, id, field, plain) => {
      if (field === 'identifiers.value_sealed' && id === first.ada.id && calls++ === 0) throw new Error('killed')
      return vault.seal(tx, id, field, plain)
    },
  }
  const broken = createMerging({
    ...{ db, vault, clock, activity, authenticators, sharing: at.sharing },
    ...{
      group: at.group,
      accounts: createAccounts({ vault: failing, clock, random: systemRandom }),
      forgetExport: async () => {},
      endSessions: async () => {},
    },
  })

  await assert.rejects(broken.finishDue(), /some merges could not be finished/)

  assert.ok(await isGone(second.other.id))
  assert.equal((await keysOf(first.other.id)).length, 1)
  assert.equal(await signIn(first.other.email, first.other.password), first.ada.id, 'as before: read along')
  const rounds = await Promise.all([merging.finishDue(), merging.finishDue(), broken.finishDue()])
  assert.equal(
    rounds.reduce((sum, count) => sum + count, 0),
    1,
    'of rounds at the same moment one does it',
  )
  assert.ok(await isGone(first.other.id))
  assert.equal(await signIn(first.other.email, first.ada.password), first.ada.id)
})

test('an account that took one over for good can be absorbed itself: everything that ever led to either leads to the last', async () => {
  const { ada, other, subs, passkey } = await joined()
  moveTo(30 * DAY_S)
  await merging.finishDue()
  const last = await person()
  const known = await accounts.subjectFor(db, last.id, 'aurora')
  assert.deepEqual(await merge(last.id, ada.id), { ok: true })

  const check = async () => {
    for (const sub of [subs.mine, subs.theirs, known]) assert.equal(await accounts.findBySubject(db, 'aurora', sub), last.id)
    assert.equal(await accounts.findBySubject(db, 'borealis', subs.only), last.id)
    const verified = await ownerOf(passkey)
    assert.ok(verified.ok && verified.accountId === last.id)
    assert.deepEqual((await accounts.closing.own(db, last.id)).toSorted(), [other.id, ada.id, last.id].toSorted(), 'erased together')
  }
  await check()
  moveTo(61 * DAY_S)
  assert.equal(await merging.finishDue(), 1)
  await check()
  assert.equal(await signIn(other.email, last.password), last.id)
})

test('a passkey-only account brings its way in, a survivor without a password gets the other’s', async () => {
  const [ada, other] = [await person(), await person()]
  await authenticators.passwords.remove(db, ada.id)
  const passkey = await addPasskey(ada.id)
  await merge(ada.id, other.id)
  assert.equal(await signIn(ada.email, other.password), ada.id, 'an address without a password goes with the other’s')
  moveTo(30 * DAY_S)
  await merging.finishDue()

  assert.equal(await signIn(ada.email, other.password), ada.id)
  assert.ok((await ownerOf(passkey)).ok)
})
