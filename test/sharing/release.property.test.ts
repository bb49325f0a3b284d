import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import fc from 'fast-check'
import { createSharing } from '../../src/sharing/index.ts'
import type { AttributeName, RecipientKey } from '../../src/store/ids.ts'
import { createTestAccounts } from '../accounts/test-accounts.ts'
import { clientFor } from './test-clients.ts'

const { db, vault, clock, open } = await createTestAccounts({ after })
const sharing = createSharing({ vault, clock })
const aurora = 'aurora' as RecipientKey
const PROFILE = {
  name: 'Ada',
  shoe_size: 38,
  styles: ['plain'],
  phone_number: '+4930901820',
  address: { street_address: 'Am Markt 1', locality: 'Bremen', country: 'DE' },
}
const VALUES: Record<string, unknown> = { ...PROFILE, email: 'ada@example.com' }
const ada = await open('ada@example.com', PROFILE)

const NAMES = [
  ...Object.keys(VALUES),
  'email_verified',
  'phone_number_verified',
  'birthdate',
  'points',
  '__proto__',
  'constructor',
  'toString',
]
const names = fc.array(fc.constantFrom(...NAMES), { maxLength: 8 })

test('what is released is exactly what is requested, registered and present, with verified flags beside their attribute', async () => {
  await fc.assert(
    fc.asyncProperty(names, names, async (registered, requested) => {
      const released = await sharing.release(db, {
        accountId: ada,
        recipient: aurora,
        client: clientFor(...registered),
        requested: requested as AttributeName[],
        outlet: 'userinfo',
        basis: 'registration',
        now: clock(),
      })

      const expected = Object.fromEntries(Object.entries(VALUES).filter(([name]) => registered.includes(name) && requested.includes(name)))
      if ('email' in expected) expected.email_verified = true
      if ('phone_number' in expected) expected.phone_number_verified = false
      assert.deepEqual(released, expected)
    }),
    { numRuns: 300 },
  )
})
