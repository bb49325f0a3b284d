import assert from 'node:assert/strict'
import { after, beforeEach, test } from 'node:test'
import { generateSync } from 'otplib'
import { createTotp } from '../../src/authenticators/totp.ts'
import { systemRandom } from '../../src/ports/random.ts'
import type { AccountId } from '../../src/store/ids.ts'
import { createTestVault, dump, newAccountId, openConnections } from '../vault/test-vault.ts'

const { db, store, vault, clock } = await createTestVault({ after })
const totp = createTotp({ vault, clock, random: systemRandom })
const START = Date.parse('2026-03-01T12:00:15Z')

beforeEach(() => clock.set(new Date(START).toISOString()))

const at = (secret: string, seconds = 0): string => generateSync({ secret, epoch: START / 1000 + seconds })
const moveTo = (seconds: number): void => clock.set(new Date(START + seconds * 1000).toISOString())

/** An account with an authenticator app, half a minute after it was set up. */
async function enrolled(): Promise<{ id: AccountId; secret: string }> {
  const id = newAccountId()
  await vault.createAccountKey(db, id)
  const { secret } = await totp.offer({ issuer: 'Polaris', account: 'ada@example.com' })
  assert.ok((await totp.enrol(db, id, secret, at(secret))).ok)
  moveTo(30)
  return { id, secret }
}

test('MFA-15 a secret of 160 bits counts once a code of it was typed in, and is sealed', async () => {
  const id = newAccountId()
  await vault.createAccountKey(db, id)
  const { secret, uri } = await totp.offer({ issuer: 'Polaris: Group', account: 'ada:x@example.com' })

  assert.equal(secret.length, 32)
  assert.match(uri, /^otpauth:\/\/totp\/Polaris%20Group:ada%20x%40example\.com\?/)
  assert.equal((await totp.enrol(db, id, secret, '000000')).ok && at(secret) !== '000000', false)
  assert.deepEqual(await totp.check(db, id, at(secret)), { ok: false, reason: 'wrong_code' })
  assert.ok((await totp.enrol(db, id, secret, at(secret))).ok)
  assert.ok(!(await dump(store, 'authenticators')).includes(secret))
})

test('MFA-13, SEC-44 a code works once: twenty uses of it at once, one counts', async () => {
  const { id, secret } = await enrolled()
  await openConnections(store)
  const checks = await Promise.all(Array.from({ length: 20 }, () => totp.check(db, id, at(secret, 30))))

  const spent = await Promise.all(checks.map((check) => check.ok && check.spend(db)))

  assert.equal(spent.filter(Boolean).length, 1)
  assert.deepEqual(await totp.check(db, id, at(secret, 30)), { ok: false, reason: 'wrong_code' })
})

test('MFA-15 the code that set it up is spent', async () => {
  const { id, secret } = await enrolled()

  assert.equal((await totp.check(db, id, at(secret))).ok, false)
})

test('MFA-12 one step back is accepted, two are not, and none forward', async () => {
  const { id, secret } = await enrolled()
  moveTo(90)

  assert.equal((await totp.check(db, id, at(secret, 30))).ok, false)
  assert.equal((await totp.check(db, id, at(secret, 120))).ok, false)
  const late = await totp.check(db, id, at(secret, 60))
  assert.ok(late.ok && (await late.spend(db)))
  const current = await totp.check(db, id, at(secret, 90))
  assert.ok(current.ok && (await current.spend(db)))
})

test('SEC-44 after a newer code the older one of the window is void', async () => {
  const { id, secret } = await enrolled()
  moveTo(90)
  const [older, newer] = [await totp.check(db, id, at(secret, 60)), await totp.check(db, id, at(secret, 90))]

  assert.ok(newer.ok && (await newer.spend(db)))
  assert.equal(older.ok && (await older.spend(db)), false)
})

test('MFA-14 what is no code is a wrong one, and so is a code after the clock was set back', async () => {
  const { id, secret } = await enrolled()
  for (const typed of ['', '12345', '1234567', 'abcdef', '١٢٣٤٥٦', '１２３４５６', '12 34', '-12345', '1e5000', '\u0000'.repeat(6)])
    assert.deepEqual(await totp.check(db, id, typed), { ok: false, reason: 'wrong_code' }, typed)

  moveTo(-600)
  assert.deepEqual(await totp.check(db, id, at(secret, -600)), { ok: false, reason: 'wrong_code' })
  moveTo(60)
  assert.ok((await totp.check(db, id, at(secret, 60).replace(/^(...)/, '$1 '))).ok, 'as apps show it')
})

test('MFA-46 a code of one account is a wrong one at another, and at one without an app', async () => {
  const [mine, other] = [await enrolled(), await enrolled()]

  assert.equal((await totp.check(db, other.id, at(mine.secret, 30))).ok, false)
  assert.equal((await totp.check(db, newAccountId(), at(mine.secret, 30))).ok, false)
})

test('a new secret takes the place of the old one', async () => {
  const { id, secret } = await enrolled()
  const { secret: fresh } = await totp.offer({ issuer: 'Polaris', account: 'ada@example.com' })
  assert.ok((await totp.enrol(db, id, fresh, at(fresh, 30))).ok)
  moveTo(60)

  assert.equal((await totp.check(db, id, at(secret, 60))).ok, false)
  assert.ok((await totp.check(db, id, at(fresh, 60))).ok)
})
