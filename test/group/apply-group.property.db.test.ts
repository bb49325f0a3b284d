import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { writeGroupFile } from '../../src/group/export-group.ts'
import { createGroups } from '../../src/group/index.ts'
import { toGroup } from '../../src/group/to-group.ts'
import { systemRandom } from '../../src/ports/random.ts'
import { Secret } from '../../src/ports/secret.ts'
import type { ClientId } from '../../src/store/ids.ts'
import { createTestVault } from '../vault/test-vault.ts'
import { randomGroup } from './random-group.ts'
import { parsed } from './small-group.ts'

test('after any file, over any other: the second apply and the export change nothing, and the group is what the file says', async (t) => {
  const world = await createTestVault(t)
  const groups = await createGroups({ ...world, random: systemRandom, production: false })

  await fc.assert(
    fc.asyncProperty(randomGroup, async (document) => {
      const file = parsed(writeGroupFile(document))
      const planned = await groups.plan(world.db, file)

      assert.deepEqual(await groups.apply(world.db, file), planned)

      assert.deepEqual(await groups.apply(world.db, file), [])
      assert.deepEqual(await groups.plan(world.db, parsed(await groups.exportFile(world.db))), [])
      const secrets = document.clients.flatMap(({ client_id, client_secret }) =>
        typeof client_secret === 'string' ? [[client_id, new Secret(client_secret)] as const] : [],
      )
      const providerSecrets = (document.policies?.identity_providers ?? []).map(
        ({ key, client_secret }) => [key, new Secret(String(client_secret))] as const,
      )
      assert.deepEqual(groups.current(), toGroup(document, groups.current().version, new Map(secrets), new Map(providerSecrets)))
      assert.deepEqual(
        groups.current().policies.identityProviders.map(({ secret }) => secret.reveal()),
        providerSecrets.map(([, secret]) => secret.reveal()),
      )
      for (const [id, secret] of secrets)
        assert.equal(
          groups
            .current()
            .clients.get(id as ClientId)
            ?.secret?.reveal(),
          secret.reveal(),
        )
      for (const { line } of planned) assert.match(line, /^[+~-] \S[^\n]*$/u)
    }),
    { numRuns: 40 },
  )
})
