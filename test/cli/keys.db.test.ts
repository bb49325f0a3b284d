import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { createTestDatabase } from '../harness/database.ts'
import { atrium } from './run-cli.ts'

const folder = await mkdtemp(join(tmpdir(), 'atrium-keys-'))
after(() => rm(folder, { recursive: true }))
const { url, store } = await createTestDatabase({ after })
const env = { DATABASE_URL: url, ATRIUM_DATA_DIR: folder }

test('keys list shows every key: what it is for, its state, since and until when', async () => {
  const none = await atrium(['keys', 'list', '--signing'], env)
  const first = await atrium(['keys', 'rotate', '--now'], env)
  const { stdout } = await atrium(['keys', 'list'], env)

  assert.equal(none.stdout, 'kid  use  alg  state  since  until\n')
  assert.equal(first.stdout.match(/^(ES256|RS256|EdDSA) \S+ signs\.$/gm)?.length, 3)
  const [head, ...rows] = stdout.trimEnd().split('\n')
  assert.match(head!, /^kid +use +alg +state +since +until +wraps$/)
  const times = '\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\dZ'
  for (const alg of ['ES256', 'RS256', 'EdDSA'])
    assert.ok(
      rows.some((row) => new RegExp(`^\\S{43} +sig +${alg} +active +${times} +${times}$`).test(row)),
      alg,
    )
  assert.ok(rows.some((row) => new RegExp(`^\\S+ +wrap +A256KW +active +${times} +- +0 accounts, 4 system keys$`).test(row)))
})

test('doctor warns of a signing key that no server has rotated for far longer than 90 days', async () => {
  await store.pool.query(`update signing_keys set activated_at = now() - interval '96 days' where alg = 'RS256' and state = 'active'`)
  const well = await atrium(['doctor'], env)
  await store.pool.query(`update signing_keys set activated_at = now() - interval '98 days' where alg = 'RS256' and state = 'active'`)
  const old = await atrium(['doctor'], env)

  assert.doesNotMatch(well.stdout, /^warning +keys/m)
  assert.match(well.stdout, /^ok +keys +the data keys open the vault, \d+ signing keys open$/m)
  assert.match(old.stdout, /^warning +keys +the RS256 key \S+ signs since /m)
  assert.equal(old.status, 0)
})

const WRONG: readonly (readonly [string[], number, RegExp])[] = [
  [['keys', 'remove', 'nobody'], 1, /^there is no signing key nobody\n$/],
  [['keys', 'remove', 'nobody', '--data'], 1, /^there is no data key nobody in ATRIUM_DATA_KEYS\n$/],
  [['keys', 'remove'], 2, /^missing required argument 'kid'\n$/],
  [['keys', 'list', '--signing', '--data'], 2, /^option '--signing' cannot be used with option '--data'\n$/],
  [['keys', 'rotate', '--data', '--nwo'], 2, /^unknown option '--nwo'/],
]

for (const [args, status, line] of WRONG) {
  test(`atrium ${args.join(' ')}: one line on stderr, exit status ${status}`, async () => {
    const refused = await atrium(args, env)

    assert.match(refused.stderr, line)
    assert.equal(refused.status, status)
  })
}
