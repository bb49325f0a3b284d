import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Enrolled } from '../../src/authenticators/index.ts'
import { strongest } from '../../src/portal/security/fresh.ts'
import { removalRefusal } from '../../src/portal/security/removal.ts'

const SINCE = new Date('2026-03-01T12:00:00Z')
const NOTHING: Enrolled = {
  password: false,
  passwordSince: undefined,
  passkeys: 0,
  totpSince: undefined,
  smsSince: undefined,
  smsSettled: false,
  recoveryCodes: 0,
  federated: 0,
}
const PASSWORD = { password: true, passwordSince: SINCE }
const APP = { totpSince: SINCE }

test('MFA-27 the strongest proof of an account is one that it can give: an app without a password reaches no mfa', () => {
  const levels = [{}, PASSWORD, APP, { ...PASSWORD, ...APP }, { passkeys: 1 }, { ...PASSWORD, ...APP, passkeys: 2 }, { federated: 1 }]

  assert.deepEqual(
    levels.map((has) => strongest({ ...NOTHING, ...has })),
    ['email', 'password', 'email', 'mfa', 'phr', 'phr', 'email'],
  )
})

test('SEC-57 a way in is removed while another is left; an app is none', () => {
  const refusal = (has: Partial<Enrolled>, what: Parameters<typeof removalRefusal>[1]) =>
    removalRefusal({ ...NOTHING, ...has }, what, undefined)?.reason

  assert.equal(refusal({ ...PASSWORD, ...APP }, 'password'), 'last_way_in')
  assert.equal(refusal({ passkeys: 1, ...APP, recoveryCodes: 10 }, 'passkey'), 'last_way_in')
  for (const other of [{ passkeys: 1 }, { federated: 1 }]) assert.equal(refusal({ ...PASSWORD, ...other }, 'password'), undefined)
  for (const other of [{ passkeys: 2 }, { passkeys: 1, ...PASSWORD }, { passkeys: 1, federated: 1 }])
    assert.equal(refusal(other, 'passkey'), undefined)
  assert.equal(refusal({ ...PASSWORD, ...APP }, 'totp'), undefined)
})

test('MFA-34 what a shop of the customer’s asks for stays, where the account has it at all', () => {
  const demand = (level: 'password' | 'mfa' | 'phr') => ({ name: 'Careful', level })
  const both = { ...NOTHING, ...PASSWORD, ...APP }

  assert.deepEqual(removalRefusal(both, 'totp', demand('mfa')), { reason: 'needed', clientName: 'Careful' })
  assert.equal(removalRefusal(both, 'totp', demand('password')), undefined)
  assert.equal(removalRefusal(both, 'totp', demand('phr')), undefined, 'nothing of theirs reaches it anyway')
  assert.deepEqual(removalRefusal({ ...both, passkeys: 1 }, 'passkey', demand('phr')), { reason: 'needed', clientName: 'Careful' })
  assert.equal(removalRefusal({ ...both, passkeys: 1 }, 'password', demand('phr')), undefined)
  assert.deepEqual(
    removalRefusal({ ...both, federated: 1 }, 'password', demand('password')),
    { reason: 'needed', clientName: 'Careful' },
    'an account elsewhere is less than a password',
  )
})
