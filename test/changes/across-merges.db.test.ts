import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { createChanges, type MadeChange } from '../../src/changes/index.ts'
import { createEvents } from '../../src/events/index.ts'
import { systemRandom } from '../../src/ports/random.ts'
import type { Db } from '../../src/store/db.ts'
import type { AccountId, ClientId } from '../../src/store/ids.ts'
import { createTestMerging } from '../merging/test-merging.ts'
import { contextOf } from '../views/gallery.ts'

const { db, vault, clock, accounts, authenticators, merging, merge, undo, person, signIn, addPasskey, addTotp, ownerOf } =
  await createTestMerging({ after })
const { passkeys, passwords, totp } = authenticators
const events = createEvents({ db, vault, clock, random: systemRandom, log: { warn: () => {}, error: () => {} } })
const changes = createChanges({
  ...{ accounts, authenticators, events, vault, random: systemRandom, issuer: 'https://id.polaris.example' },
  partAccounts: merging.undo,
  endSessions: async () => {},
})
const where = { client_id: 'aurora-web' as ClientId, mail: contextOf('aurora', 'en') }

/** Makes a change and records it. Returns its number. */
async function change(accountId: AccountId, kind: MadeChange['kind'], work: (tx: Db) => Promise<unknown>, more: Partial<MadeChange> = {}) {
  await db.transaction().execute(async (tx) => {
    const before = await changes.begin(tx, accountId)
    await work(tx)
    await changes.record(tx, accountId, { kind, at: clock(), ...where, before, ...more })
  })
  return (await changes.list(db, accountId))[0]!.seq
}
const takeBack = (accountId: AccountId, seq: number, session?: string) =>
  db.transaction().execute((tx) => changes.undo(tx, accountId, seq, { at: clock(), ...where, ...(session ? { session } : {}) }))

async function mergeAndRecord(survivor: AccountId, absorbed: AccountId) {
  assert.ok((await merge(survivor, absorbed)).ok)
  const nothing = async () => {}
  const seqs = new Map<AccountId, number>()
  for (const id of [survivor, absorbed]) seqs.set(id, await change(id, 'accounts_merged', nothing, { merge: { survivor, absorbed } }))
  return seqs
}
const onlyPasskey = async (accountId: AccountId) => (await passkeys.list(db, accountId))[0]!.id

test('MFA-44, MFA-46 a passkey that its owner got rid of is not put back by the account that was joined to theirs for a while', async () => {
  const [ada, mallory] = [await person(), await person()]
  const added = await change(ada.id, 'totp_added', () => addTotp(ada.id))
  const passkey = await addPasskey(ada.id)
  const planted = await change(ada.id, 'passkey_added', async () => {}, { before: await withoutPasskeys(ada.id) })
  assert.ok(added < planted)
  await mergeAndRecord(mallory.id, ada.id)
  const id = await onlyPasskey(mallory.id)
  const removed = await change(mallory.id, 'passkey_removed', (tx) => passkeys.remove(tx, mallory.id, id))

  assert.ok((await takeBack(ada.id, planted)).ok)
  assert.ok((await takeBack(mallory.id, removed, 'mallory’s session')).ok)

  const { passkeys: left, totpSince } = await authenticators.enrolled(db, ada.id)
  assert.deepEqual([left, totpSince !== undefined], [0, true])
  assert.equal((await ownerOf(passkey)).ok, false)
})

test('MFA-44 who hid an account in theirs took nothing from it: parted by its owner it has its ways in again, and no password that was chosen since', async () => {
  const [ada, mallory] = [await person(), await person()]
  const passkey = await addPasskey(ada.id)
  await addTotp(ada.id)
  const seqs = await mergeAndRecord(mallory.id, ada.id)
  const id = await onlyPasskey(mallory.id)
  await change(mallory.id, 'passkey_removed', (tx) => passkeys.remove(tx, mallory.id, id))
  await change(mallory.id, 'totp_removed', (tx) => totp.remove(tx, mallory.id))
  const hash = await passwords.hash('a password of mallory’s')
  await change(mallory.id, 'password_changed', (tx) => passwords.set(tx, mallory.id, hash))
  assert.equal((await authenticators.enrolled(db, mallory.id)).passkeys, 0)

  assert.ok((await takeBack(ada.id, seqs.get(ada.id)!)).ok)

  const { passkeys: left, totpSince, password } = await authenticators.enrolled(db, ada.id)
  assert.deepEqual([left, totpSince !== undefined, password], [1, true, false])
  const found = await ownerOf(passkey)
  assert.ok(found.ok && found.accountId === ada.id)
})

test('MFA-44 a password that was chosen while two accounts were one does not open the one that parts', async () => {
  const [ada, other] = [await person(), await person()]
  await merge(ada.id, other.id)
  await passwords.set(db, ada.id, await passwords.hash('chosen for both of them'))
  assert.equal(await signIn(other.email, 'chosen for both of them'), ada.id)

  assert.equal(await undo(ada.id, other.id), true)

  assert.equal(await signIn(other.email, 'chosen for both of them'), undefined)
  assert.equal(await signIn(ada.email, 'chosen for both of them'), ada.id)
})

/** How the account was before its passkeys. */
async function withoutPasskeys(accountId: AccountId) {
  const state = await db.transaction().execute((tx) => changes.begin(tx, accountId))
  return { ...state, authenticators: state.authenticators.filter(({ kind }) => kind !== 'passkey') }
}

test('MFA-44 both sides of a merge undo it at the same moment: they part once, and neither is answered with an error', async () => {
  for (let round = 0; round < 4; round++) {
    const pair = [await person(), await person()]
    const [survivor, absorbed] = (round % 2 === 0 ? pair : pair.toReversed()).map(({ id }) => id) as [AccountId, AccountId]
    const seqs = await mergeAndRecord(survivor, absorbed)

    const undone = await Promise.all([survivor, absorbed].map((id) => takeBack(id, seqs.get(id)!)))

    assert.deepEqual(
      undone.map(({ ok }) => ok),
      [true, true],
    )
    const states = await accounts.merges.states(db, [survivor, absorbed])
    assert.deepEqual(
      [survivor, absorbed].map((id) => states.get(id)!.merged_into),
      [null, null],
    )
  }
})
