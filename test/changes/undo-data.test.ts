import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { KeptAuthenticator } from '../../src/authenticators/index.ts'
import { difference, isEmpty, stateBefore, undoDataSchema } from '../../src/changes/undo-data.ts'
import type { AccountId } from '../../src/store/ids.ts'

const AT = new Date('2026-03-01T12:00:00.000Z')
const ADA = '0199c1f0-7a7b-7000-8000-0000000000ad' as AccountId
const ID = (n: number): string => `0199c1f0-7a7b-7000-8000-00000000000${n}`

const authenticator = (n: number, more: Partial<KeptAuthenticator> = {}): KeptAuthenticator => ({
  account_id: ADA,
  id: ID(n),
  kind: 'totp',
  public_part: { last_step: n },
  secret_sealed: Buffer.from([n, 0xff]),
  label_sealed: null,
  created_at: AT,
  last_used_at: null,
  ...more,
})
const state = (...authenticators: KeptAuthenticator[]) => ({ authenticators, identifiers: [] })

test('an authenticator with another secret is another one; being used makes none', () => {
  const used = { public_part: { last_step: 9 }, last_used_at: AT }

  assert.ok(isEmpty(difference(state(authenticator(1)), state(authenticator(1, used)))))
  const changed = difference(state(authenticator(1)), state(authenticator(1, { secret_sealed: Buffer.from([7]) })))
  assert.deepEqual(changed.authenticators, { added: [{ account_id: ADA, id: ID(1) }], removed: [authenticator(1)] })
})

test('what undoing takes is JSON and back the same', () => {
  const data = difference(
    {
      ...state(authenticator(1), authenticator(2)),
      identifiers: [
        {
          kind: 'email',
          blind_index: Buffer.from([1, 2]),
          value_sealed: Buffer.from([3]),
          verified_at: AT,
          created_at: AT,
          former_until: null,
          changed_at: null,
        },
      ],
    },
    state(authenticator(2), authenticator(3)),
  )

  assert.deepEqual(undoDataSchema.parse(JSON.parse(JSON.stringify(undoDataSchema.encode(data)))), data)
})

test('where nobody looked before a change, what is younger than its request was added', () => {
  const old = authenticator(1, { created_at: new Date(AT.getTime() - 1) })

  assert.deepEqual(stateBefore(state(old, authenticator(2)), AT).authenticators, [old])
})
