import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { changedProfile, firstProfile, type Profile, parseProfile } from '../../src/accounts/profile.ts'
import type { RecipientKey } from '../../src/store/ids.ts'

const march = new Date('2026-03-01T12:00:00Z')
const april = new Date('2026-04-01T12:00:00Z')
const aurora = 'aurora' as RecipientKey
const names = fc.oneof(
  fc.constantFrom('name', 'address', 'styles', 'email', 'email_verified', 'phone_number', 'phone_number_verified'),
  fc.constantFrom('__proto__', 'constructor', 'toString', 'Name', 'a b'),
  fc.string(),
)
const changes = fc.array(fc.tuple(names, fc.oneof(fc.jsonValue(), fc.constant(undefined)))).map((entries) => Object.fromEntries(entries))

test('SEC-82 changes never touch what follows an identifier, whatever they are called', () => {
  const before = firstProfile({ email: 'ada@example.com' }, {}, 'customer', march)
  fc.assert(
    fc.property(changes, (changed) => {
      const after: Record<string, unknown> = changedProfile(before, changed, 'customer', april)

      assert.deepEqual(after.email, { value: 'ada@example.com', source: 'customer', updated_at: march.toISOString() })
      assert.deepEqual(after.email_verified, { value: true, source: 'customer', updated_at: march.toISOString() })
      assert.equal(after.phone_number_verified, undefined)
      for (const name of Object.keys(after)) assert.match(name, /^[a-z][a-z0-9_]*$/)
    }),
  )
})

test('a profile survives storage, with whatever values', () => {
  fc.assert(
    fc.property(changes, changes, (first, second) => {
      const profile = changedProfile(firstProfile({ email: 'ada@example.com' }, first, aurora, march), second, 'customer', april)

      assert.deepEqual(parseProfile(JSON.stringify(profile)), JSON.parse(JSON.stringify(profile)))
    }),
  )
})

const ada = {
  ...firstProfile({ email: 'ada@example.com' }, { name: 'Ada', styles: ['plain'], phone_number: '+4930901820' }, aurora, march),
} as Profile
const values = (profile: Profile) =>
  Object.fromEntries(Object.entries(profile).map(([name, v]) => [name, `${JSON.stringify(v!.value)} ${v!.source}`]))

test('a changed value names its new source, an equal one keeps the old, null removes', () => {
  const after = changedProfile(
    ada,
    { name: 'Ada Lovelace', styles: ['plain'], phone_number: null, fit: undefined, shoe_size: 38 },
    'customer',
    april,
  )

  assert.deepEqual(values(after), {
    email: '"ada@example.com" aurora',
    email_verified: 'true aurora',
    name: '"Ada Lovelace" customer',
    styles: '["plain"] aurora',
    shoe_size: '38 customer',
  })
})

test('SEC-82 a verified phone number is an identifier: no change of the profile touches it or adds one', () => {
  const own = firstProfile({ phone: '+4930901820' }, {}, 'customer', march)
  const kept = { phone_number: '"+4930901820" customer', phone_number_verified: 'true customer' }

  assert.deepEqual(values(own), kept)
  for (const phone_number of ['+4930901821', null, ''])
    assert.deepEqual(values(changedProfile(own, { phone_number, phone_number_verified: false }, aurora, april)), kept)
  assert.deepEqual(values(changedProfile(ada, { phone_number: '+4930901821', phone_number_verified: true }, 'customer', april)), {
    ...values(ada),
    phone_number: '"+4930901821" customer',
  })
})

test('a stored profile of another shape is a fault, not half a profile', () => {
  const good = { value: 1, source: 'customer', updated_at: march.toISOString() }
  for (const broken of [
    [],
    null,
    { name: 'Ada' },
    { name: { ...good, value: null } },
    { name: { ...good, updated_at: 'today' } },
    { Name: good },
  ]) {
    assert.throws(() => parseProfile(JSON.stringify(broken)))
  }
})
