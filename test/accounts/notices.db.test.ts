import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { createNotices } from '../../src/accounts/notices.ts'
import { systemRandom } from '../../src/ports/random.ts'
import type { ClientId } from '../../src/store/ids.ts'
import { createTestVault, newAccountId } from '../vault/test-vault.ts'

const { db } = await createTestVault({ after })
const notices = createNotices({ random: systemRandom })
const NOW = new Date('2026-03-01T12:00:00Z')
const daysAgo = (days: number): Date => new Date(NOW.getTime() - days * 86_400_000)
const copied = (at: Date) => ({ kind: 'copied_key', client_id: 'aurora-web' as ClientId, at }) as const

test('the owner sees the latest five of the last three months, and nobody else’s', async () => {
  const [ada, grace] = [newAccountId(), newAccountId()]
  for (const days of [200, 91, 89, 40, 5, 4, 3, 2]) await notices.add(db, ada, copied(daysAgo(days)))
  await notices.add(db, grace, copied(daysAgo(1)))

  const seen = await notices.recent(db, ada, NOW)

  assert.deepEqual(
    seen.map(({ at }) => at),
    [2, 3, 4, 5, 40].map(daysAgo),
  )
  assert.deepEqual(seen[0], copied(daysAgo(2)))
})

test('notices leave after four hundred days', async () => {
  const ada = newAccountId()
  for (const days of [500, 401, 399]) await notices.add(db, ada, copied(daysAgo(days)))

  while ((await notices.sweep(db, NOW)) > 0);

  const left = await db.selectFrom('account_notices').select('at').where('account_id', '=', ada).execute()
  assert.deepEqual(
    left.map(({ at }) => at),
    [daysAgo(399)],
  )
})
