import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { createLimits } from '../../src/limits/index.ts'
import { DEVICE_LIFE_S, MOST_DEVICES } from '../../src/limits/rules.ts'
import { systemRandom } from '../../src/ports/random.ts'
import type { AccountId } from '../../src/store/ids.ts'
import { createTestVault, dump, newAccountId } from '../vault/test-vault.ts'

const { db, store, vault, another } = await createTestVault({ after })
const limitsOf = (v: typeof vault) => createLimits({ vault: v, random: systemRandom, onAttack: () => {} })
const { devices } = limitsOf(vault)
const NOON = Date.parse('2026-03-01T12:00:00Z')
const at = (seconds: number): Date => new Date(NOON + seconds * 1000)

async function accountIn(device = devices.create()): Promise<{ ada: AccountId; device: typeof device }> {
  const ada = newAccountId()
  await devices.remember(db, ada, device, at(0))
  return { ada, device }
}

test('a browser is known for the accounts that were signed in to in it, and for no other', async () => {
  const { ada, device } = await accountIn()
  const { ada: bob } = await accountIn(device)
  const { ada: eve } = await accountIn()

  assert.deepEqual(await Promise.all([ada, bob, eve].map((who) => devices.isKnown(db, who, device, at(1)))), [true, true, false])
  assert.equal(await devices.isKnown(db, ada, devices.create(), at(1)), false)
})

test('a device cookie is believed by every process of the installation, and only as it was written', async () => {
  const device = devices.create()
  const cookie = devices.cookieOf(device)
  const elsewhere = limitsOf(await another()).devices

  assert.equal(elsewhere.parse(cookie), device)
  const forged = [
    undefined,
    '',
    device,
    `${device}.`,
    `${devices.create()}.${cookie.split('.')[1]}`,
    `${cookie.slice(0, -3)}AAA`,
    `x.${cookie}`,
  ]
  for (const text of forged) assert.equal(devices.parse(text), undefined, text)
})

test('an account keeps its devices used last, and each for as long as its cookie', async () => {
  const { ada, device: first } = await accountIn()
  for (let i = 1; i <= MOST_DEVICES; i++) await devices.remember(db, ada, devices.create(), at(i))

  assert.equal(await devices.isKnown(db, ada, first, at(20)), false)
  const { ada: bob, device } = await accountIn()
  assert.equal(await devices.isKnown(db, bob, device, at(DEVICE_LIFE_S - 1)), true)
  assert.equal(await devices.isKnown(db, bob, device, at(DEVICE_LIFE_S)), false)
  await devices.sweep(db, at(DEVICE_LIFE_S + 1))
  assert.equal(await db.selectFrom('known_devices').select('account_id').where('account_id', '=', bob).executeTakeFirst(), undefined)
})

test('the database tells neither the browser nor who and where was counted', async () => {
  const limits = limitsOf(vault)
  const { device } = await accountIn()
  const address = { address: '203.0.113.77/32', network: '203.0.113.0/24' }
  const tried = { identifier: 'ada.lovelace@example.com', accountId: undefined, origin: { address, device } }
  await limits.passwords.begin(db, tried, at(0))
  await limits.codes.mail(db, { to: tried.identifier, from: address }, at(0))
  await limits.codes.begin(db, tried.identifier, at(0))

  const stolen = await dump(store, 'rate_limits', 'known_devices')
  for (const secret of [device, Buffer.from(device, 'base64url').toString('latin1'), 'lovelace', '203.0.113'])
    assert.ok(!stolen.includes(secret), secret)
})
