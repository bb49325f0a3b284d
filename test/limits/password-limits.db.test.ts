import assert from 'node:assert/strict'
import { after, beforeEach, test } from 'node:test'
import { createLimits } from '../../src/limits/index.ts'
import { GROUP_FAILURES, PASSWORD_FAILURES_FROM, PASSWORD_FAILURES_UNDER_ATTACK } from '../../src/limits/rules.ts'
import { systemRandom } from '../../src/ports/random.ts'
import type { AccountId } from '../../src/store/ids.ts'
import { createClientAddress } from '../../src/web/client-address.ts'
import { createTestVault, newAccountId } from '../vault/test-vault.ts'

const { db, store, vault } = await createTestVault({ after })
let alarms = 0
const limits = createLimits({ vault, random: systemRandom, onAttack: () => alarms++ })
const NOW = new Date('2026-03-01T12:00:00Z')

beforeEach(async () => {
  alarms = 0
  await store.pool.query('truncate rate_limits')
})

const addressOf = createClientAddress([])
const from = (ip: string) => ({ address: addressOf({ headers: {}, socket: { remoteAddress: ip } } as never), device: undefined })
const begin = (identifier: string, origin: Parameters<typeof limits.passwords.begin>[1]['origin'], accountId?: AccountId, now = NOW) =>
  limits.passwords.begin(db, { identifier, accountId, origin }, now)

/** One guess, wrong. */
async function fail(identifier: string, ip: string, accountId?: AccountId): Promise<boolean> {
  const tried = await begin(identifier, from(ip), accountId)
  if (tried.ok) await tried.failed()
  return tried.ok
}

test('SEC-38 an account has one counter however it is named and wherever the guesses come from', async () => {
  const ada = newAccountId()
  for (let i = 0; i < 6; i++) assert.equal(await fail(`name-${i}`, `198.51.100.${i}`, ada), true)

  assert.equal(await fail('name-7', '203.0.113.1', ada), false)
  assert.equal(await fail('bob@example.com', '198.51.100.1', newAccountId()), true)
})

test('SEC-37 an address without an account is counted and refused as one with an account', async () => {
  const known: unknown[] = []
  const unknown: unknown[] = []
  for (let i = 0; i < 9; i++) {
    known.push(await begin('ada@example.com', from('198.51.100.7'), '0199aaaa-0000-7000-8000-000000000001' as AccountId))
    unknown.push(await begin('nobody@example.com', from('203.0.113.7')))
  }

  assert.equal(JSON.stringify(known), JSON.stringify(unknown))
  assert.deepEqual(known.at(-1), { ok: false, retryAfterS: 60 })
})

test('SEC-37 a known device has a counter of its own, which a stranger’s failures do not touch and which is no way around its own', async () => {
  const [ada, device] = [newAccountId(), limits.devices.create()]
  await limits.devices.remember(db, ada, device, NOW)
  const atHome = { ...from('198.51.100.9'), device }
  while (await fail('ada@example.com', '198.51.100.9', ada));

  for (let i = 0; i < 6; i++) assert.equal((await begin('ada@example.com', atHome, ada)).ok, true)
  assert.deepEqual(await begin('ada@example.com', atHome, ada), { ok: false, retryAfterS: 60 })
  assert.equal((await begin('bob@example.com', atHome, newAccountId())).ok, true)
})

test('a success ends the row of failures and gives back what it took from its address and network', async () => {
  const ada = newAccountId()
  for (let i = 0; i < PASSWORD_FAILURES_FROM.address.most + 10; i++) {
    const tried = await begin('ada@example.com', from('198.51.100.7'), ada)
    assert.ok(tried.ok, `sign-in ${i}`)
    await tried.succeeded()
  }
  const tried = await begin('ada@example.com', from('198.51.100.7'), ada)
  if (tried.ok) await tried.abandoned()

  const { rows } = await store.pool.query('select taken from rate_limits where taken > 0')
  assert.deepEqual(rows, [])
})

test('SEC-41 wrong passwords for many accounts are refused by address, then by network, and others are not', async () => {
  let guesses = 0
  while (await fail(`victim-${guesses}@example.com`, '198.51.100.7')) guesses++
  assert.equal(guesses, PASSWORD_FAILURES_FROM.address.most)

  while (await fail(`victim-${guesses}@example.com`, `198.51.100.${10 + (guesses % 200)}`)) guesses++
  assert.equal(guesses, PASSWORD_FAILURES_FROM.network.most)
  assert.equal(await fail('honest@example.com', '203.0.113.1'), true)
})

test('a guess that its address may not make is not counted against the account', async () => {
  while (await fail(`victim-${systemRandom.uuid()}@example.com`, '198.51.100.7'));
  const ada = newAccountId()
  for (let i = 0; i < 50; i++) assert.equal(await fail('ada@example.com', '198.51.100.7', ada), false)

  assert.equal(await fail('ada@example.com', '203.0.113.1', ada), true)
})

test('guesses in parallel, for few accounts or many, never exceed what their address may', async () => {
  const guess = (i: number) => begin(`victim-${i % 70}@example.com`, from('198.51.100.7')).then(({ ok }) => ok)
  const results = await Promise.all(Array.from({ length: 140 }, (_, i) => guess(i)))

  assert.equal(results.filter(Boolean).length, PASSWORD_FAILURES_FROM.address.most)
})

test('SEC-41 stuffing: a guess at each of many accounts from a thousand addresses is told once, slows those places, and spares customers', async () => {
  const [networks, each] = [10, 100]
  const attack = (i: number) => fail(`victim-${i}@example.com`, `198.18.${i % networks}.${(Math.floor(i / networks) % each) + 1}`)
  const customer = async (i: number): Promise<boolean> => {
    const tried = await begin(`customer-${i}@example.com`, from(`203.0.${i}.7`), newAccountId())
    if (tried.ok) await tried.succeeded()
    return tried.ok
  }
  let [guesses, passed, served, customers] = [0, 0, 0, 0]
  for (; guesses < 1_200; guesses += 20) {
    const stuffed = await Promise.all(Array.from({ length: 20 }, (_, more) => attack(guesses + more)))
    passed += stuffed.filter(Boolean).length
    if (await customer(customers++ % 250)) served++
  }

  assert.equal(alarms, 1)
  // what was under way when the attack was found out may be a batch
  assert.ok(passed <= GROUP_FAILURES.most + 20, `${passed} of ${guesses} guesses were looked at`)
  assert.ok(served / customers >= 0.99, `${served} of ${customers} customers`)
  let more = 0
  while (await fail(`more-${more}@example.com`, '192.0.2.1')) more++
  assert.equal(more, PASSWORD_FAILURES_UNDER_ATTACK.address.most)
  const later = new Date(NOW.getTime() + GROUP_FAILURES.windowS * 1000)
  assert.equal((await begin('more@example.com', from('192.0.2.1'), undefined, later)).ok, true)
})
