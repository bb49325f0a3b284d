import assert from 'node:assert/strict'
import { after, beforeEach, test } from 'node:test'
import { PASSWORD_FAILURES } from '../../src/limits/rules.ts'
import { deleteExpiredCounters, giveBack, isExhausted, takeEach, takeOne } from '../../src/limits/store.ts'
import { openStore } from '../../src/store/db.ts'
import { createTestDatabase } from '../harness/database.ts'
import { openConnections } from '../vault/test-vault.ts'

const { store, url } = await createTestDatabase({ after })
const { db } = store
const other = openStore({ url })
after(() => other.close())
await Promise.all([openConnections(store), openConnections(other)])

const KEY = Buffer.from('one counter')
const NOON = Date.parse('2026-03-01T12:00:00Z')
const at = (seconds: number): Date => new Date(NOON + seconds * 1000)
const RULE = { most: 5, windowS: 600 }
const HOUR_S = 3_600
const DAY_S = 24 * HOUR_S

const forget = () => giveBack(db, { all: [KEY] })

beforeEach(() => db.deleteFrom('rate_limits').execute())

const take = async (seconds: number, from = db) => (await takeOne(from, KEY, RULE, at(seconds))).ok
const tryAt = (seconds: number, from = db) => takeOne(from, KEY, PASSWORD_FAILURES, at(seconds))

/** Fails `times` in a row as fast as it is let, from `seconds` on. Returns when the last was. */
async function failInARow(times: number, seconds = 0): Promise<number> {
  let now = seconds
  for (let failed = 0; failed < times; ) {
    const result = await tryAt(now)
    if (result.ok) failed++
    else now += result.retryAfterS
  }
  return now
}

test('SEC-39 of takes that arrive together at two processes, no more than the rule’s are allowed', async () => {
  const together = await Promise.all(Array.from({ length: 60 }, (_, i) => take(0, i % 2 === 0 ? db : other.db)))

  assert.equal(together.filter(Boolean).length, RULE.most)
})

test('SEC-37 of tries in a row that arrive together at two processes, no more than those without a wait are allowed', async () => {
  // the processes' clocks differ by a little, and what arrives later may be stamped earlier
  const together = await Promise.all(Array.from({ length: 60 }, (_, i) => tryAt((i % 7) / 1000, i % 2 === 0 ? db : other.db)))

  assert.equal(together.filter(({ ok }) => ok).length, 6)
})

test('a window is refused once it is empty, tells when the next begins, and begins with the first take after its end', async () => {
  for (let i = 0; i < RULE.most; i++) assert.equal(await take(i * 10), true)

  assert.deepEqual(await takeOne(db, KEY, RULE, at(60)), { ok: false, retryAfterS: 540 })
  assert.equal(await isExhausted(db, KEY, RULE, at(599)), true)
  assert.equal(await take(599), false)
  assert.equal(await isExhausted(db, KEY, RULE, at(600)), false)
  assert.equal(await take(600), true)
  assert.deepEqual(await takeOne(db, KEY, { ...RULE, most: 1 }, at(601)), { ok: false, retryAfterS: 599 })
})

test('several counters are taken from together, each by its own rule', async () => {
  const counters = [
    { key: Buffer.from('tries in a row'), rule: PASSWORD_FAILURES },
    { key: KEY, rule: { ...RULE, most: 2 } },
  ]

  const takes = await Promise.all(Array.from({ length: 4 }, () => takeEach(db, counters, at(0))))

  assert.deepEqual(takes.map(([tries, window]) => [tries?.ok, window?.ok]).sort(), [
    [true, false],
    [true, false],
    [true, true],
    [true, true],
  ])
  await giveBack(db, { all: [Buffer.from('tries in a row')], one: [KEY] })
  assert.deepEqual(await takeEach(db, counters, at(1)), [
    { ok: true, taken: 1 },
    { ok: true, taken: 2 },
  ])
})

test('what was given back can be taken again, and no more than was taken is given back', async () => {
  for (let i = 0; i < RULE.most; i++) await take(0)
  await giveBack(db, { one: [KEY] })

  assert.deepEqual([await take(1), await take(1)], [true, false])
  for (let i = 0; i < 20; i++) await giveBack(db, { one: [KEY] })
  assert.equal((await Promise.all(Array.from({ length: 10 }, () => take(2)))).filter(Boolean).length, RULE.most)
})

test('SEC-37 each failure in a row makes the wait longer', async () => {
  const waits: number[] = []
  let now = 0
  while (waits.length < 25) {
    const result = await tryAt(now)
    if (!result.ok) {
      waits.push(result.retryAfterS)
      assert.equal((await tryAt(now + result.retryAfterS - 1)).ok, false)
      now += result.retryAfterS
    }
  }

  assert.deepEqual(waits.slice(0, 6), [60, 120, 300, 900, 1_800, 1_800])
  assert.deepEqual(
    waits.toSorted((a, b) => a - b),
    waits,
  )
})

test('SEC-37 a hundred failures in a row take days, and after them there is one try a day', async () => {
  const last = await failInARow(100)

  assert.ok(last > 3 * DAY_S, `${last} s`)
  assert.deepEqual(await tryAt(last), { ok: false, retryAfterS: DAY_S })
  assert.equal((await tryAt(last + DAY_S)).ok, true)
  assert.deepEqual(await tryAt(last + DAY_S), { ok: false, retryAfterS: DAY_S })
})

test('a row of failures ends with a success, or when nothing failed for a month', async () => {
  const last = await failInARow(30)
  assert.equal((await tryAt(last + 29 * DAY_S)).ok, true)
  assert.deepEqual(await tryAt(last + 29 * DAY_S), { ok: false, retryAfterS: HOUR_S })

  assert.equal(await failInARow(6, last + 60 * DAY_S), last + 60 * DAY_S)

  await forget()
  assert.equal(await failInARow(6, last + 60 * DAY_S), last + 60 * DAY_S)
})

test('SEC-39 a refused try is not counted and does not make the wait longer', async () => {
  const last = await failInARow(6)
  for (let i = 0; i < 50; i++) assert.equal((await tryAt(last + i)).ok, false)

  assert.equal((await tryAt(last + 60)).ok, true)
})

test('SEC-39 a clock that is set back keeps what was counted, and no wait gets longer than the rule’s', async () => {
  for (let i = 0; i < RULE.most; i++) await take(0)
  assert.deepEqual(await takeOne(db, KEY, RULE, at(-30 * DAY_S)), { ok: false, retryAfterS: RULE.windowS })
  assert.equal(await take(-30 * DAY_S + RULE.windowS), true)

  await forget()
  const last = await failInARow(7)
  assert.deepEqual(await tryAt(last - 30 * DAY_S), { ok: false, retryAfterS: 120 })
  assert.equal((await tryAt(last - 30 * DAY_S + 120)).ok, true)
  assert.deepEqual(await tryAt(last - 30 * DAY_S + 120), { ok: false, retryAfterS: 300 })
})

test('SEC-39 midnight is no new beginning, and neither is a restart', async () => {
  const beforeMidnight = 12 * HOUR_S - 1
  for (let i = 0; i < RULE.most; i++) await take(beforeMidnight)
  assert.equal(await take(beforeMidnight + 2), false)

  const restarted = openStore({ url })
  assert.equal(await take(beforeMidnight + 3, restarted.db), false)
  await restarted.close()
})

test('SEC-99 counters that count for nothing are removed, and no others', async () => {
  await take(0)
  await takeOne(db, Buffer.from('later'), { most: 5, windowS: 2 * HOUR_S }, at(0))

  assert.equal(await deleteExpiredCounters(db, at(599), 100), 0)
  assert.equal(await deleteExpiredCounters(db, at(HOUR_S), 100), 1)
  const left = await db.selectFrom('rate_limits').select('key_hash').execute()
  assert.deepEqual(
    left.map(({ key_hash }) => key_hash.toString()),
    ['later'],
  )
})

test('sweeping waits for no counter that somebody is at, who might wait for another one that is swept', async () => {
  const [held, free] = [Buffer.from('held'), Buffer.from('free')]
  for (const key of [held, free]) await takeOne(db, key, RULE, at(0))
  const holding = await other.db.startTransaction().execute()
  await takeOne(holding, held, RULE, at(HOUR_S))

  assert.equal(await deleteExpiredCounters(db, at(HOUR_S), 100), 1)
  assert.equal((await takeOne(holding, free, RULE, at(HOUR_S))).ok, true)
  await holding.commit().execute()
})
