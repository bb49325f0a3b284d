import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { createRegistrations, registrationEntry } from '../../src/group/index.ts'
import { Secret } from '../../src/ports/secret.ts'
import type { RecipientKey } from '../../src/store/ids.ts'
import { sha256 } from '../../src/vault/index.ts'
import { createTestVault } from '../vault/test-vault.ts'

const { db, vault, clock } = await createTestVault({ after })
const registrations = createRegistrations({ db, vault, clock })
const recipient = {
  ...{ key: 'outlet' as RecipientKey, kind: 'brand' as const, name: 'Outlet', subjectSector: 'outlet', apis: [] },
  look: { color: '#000000', radiusPx: 0, font: 'sans' as const, mark: 'arch' as const },
}

function client(n: number) {
  const checked = registrationEntry({ redirect_uris: ['https://outlet.example/cb'] }, { id: `reg-${n}`, recipient, channel: 'web' })
  if ('problem' in checked) throw new Error(checked.problem.message)
  return { entry: checked.entry, secret: new Secret('x'.repeat(43)), tokenHash: sha256(`token ${n}`) }
}

test('SEC-85 a recipient has at most 100 registered clients, also when the last two come at once', async () => {
  const invitation = { recipient: recipient.key, channel: 'web' as const, uses: 100, expiresAt: new Date('2026-04-01T00:00:00Z') }
  const [one, other] = [sha256('invitation one'), sha256('invitation other')]
  await registrations.invite({ ...invitation, tokenHash: one })
  await registrations.invite({ ...invitation, tokenHash: other })
  for (let n = 0; n < 99; n++) assert.equal(await registrations.create(one, client(n)), 'created')

  const last = await Promise.all([registrations.create(one, client(99)), registrations.create(other, client(100))])

  assert.deepEqual(last.sort(), ['created', 'too_many'])
  assert.equal((await db.selectFrom('registered_clients').select('id').execute()).length, 100)
})
