import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { DataKeysError, loadDataKeys } from '../../src/vault/index.ts'

async function folder(t: TestContext): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'atrium-keys-'))
  t.after(() => rm(path, { recursive: true }))
  return path
}

const k = randomBytes(32).toString('base64url')
const keySet = (...keys: readonly unknown[]) => JSON.stringify({ keys })

test('the key file is made once, for its owner only, and read again by later starts', async (t) => {
  const file = join(await folder(t), 'data', 'keys.json')

  const first = await loadDataKeys({ file }, { generate: true })
  const second = await loadDataKeys({ file }, { generate: true })

  assert.equal((await stat(file)).mode & 0o777, 0o600)
  const dataKey = randomBytes(32)
  assert.deepEqual((await second.unwrap(await first.wrap(dataKey, 'root:1'), 'root:1')).export(), dataKey)
  const { keys } = JSON.parse(await readFile(file, 'utf8'))
  assert.equal(Buffer.from(keys[0].k, 'base64url').length, 32)
})

test('processes that start at the same moment agree on one key file and leave nothing else behind', async (t) => {
  const path = await folder(t)
  const file = join(path, 'keys.json')

  const all = await Promise.all(Array.from({ length: 10 }, () => loadDataKeys({ file }, { generate: true })))

  const wrapped = await all[0]!.wrap(randomBytes(32), 'root:1')
  await Promise.all(all.map((keys) => keys.unwrap(wrapped, 'root:1')))
  assert.deepEqual(await readdir(path), ['keys.json'])
})

test('a JWK set in the environment is read as it stands, newest first', async () => {
  const older = randomBytes(32).toString('base64url')
  const both = await loadDataKeys(
    { env: keySet({ kty: 'oct', kid: 'b', k, alg: 'A256KW' }, { kty: 'oct', kid: 'a', k: older }) },
    { generate: false },
  )
  const before = await loadDataKeys({ env: keySet({ kty: 'oct', kid: 'a', k: older }) }, { generate: false })

  await both.unwrap(await before.wrap(randomBytes(32), 'root:1'), 'root:1')
  await assert.rejects(before.unwrap(await both.wrap(randomBytes(32), 'root:1'), 'root:1'), /no key 'b'/)
})

const wrong: readonly [string, string, RegExp][] = [
  ['no JSON', `{"keys": [{"kty":"oct","k":"${k}"`, /is not JSON$/],
  ['no key set', '[]', /no JWK set/],
  ['an empty set', keySet(), /keys is empty$/],
  ['another type of key', keySet({ kty: 'RSA', kid: 'a', k }), /keys\[0\]\.kty must be "oct"$/],
  ['a short key', keySet({ kty: 'oct', kid: 'a', k: k.slice(0, 22) }), /keys\[0\]\.k must be 32 bytes in base64url$/],
  ['a key in plain base64', keySet({ kty: 'oct', kid: 'a', k: `${k.slice(0, 42)}=` }), /keys\[0\]\.k must be 32 bytes in base64url$/],
  ['no kid', keySet({ kty: 'oct', k }), /keys\[0\]\.kid is missing$/],
  ['the same kid twice', keySet({ kty: 'oct', kid: 'a', k }, { kty: 'oct', kid: 'a', k }), /two keys with the same kid$/],
  ['a key for another algorithm', keySet({ kty: 'oct', kid: 'a', k, alg: 'HS256' }), /keys\[0\]\.alg must be "A256KW" or absent$/],
]

for (const [what, text, message] of wrong) {
  test(`${what} is refused in one line that names the setting and shows nothing of the key`, async (t) => {
    const file = join(await folder(t), 'keys.json')
    await writeFile(file, text)

    for (const source of [{ env: text }, { file }]) {
      const error = await loadDataKeys(source, { generate: true }).then(
        () => assert.fail('accepted'),
        (e: unknown) => e,
      )

      assert.ok(error instanceof DataKeysError)
      assert.match(error.message, message)
      assert.match(error.message, /^ATRIUM_DATA_KEYS: .*$/)
      assert.ok(!`${error.stack} ${JSON.stringify(error)}`.includes(k.slice(0, 12)))
    }
  })
}

test('a missing file is an error where none may be made, an unreadable one always', async (t) => {
  const path = await folder(t)
  const refused = (message: RegExp) => (error: unknown) => error instanceof DataKeysError && message.test(error.message)

  await assert.rejects(loadDataKeys({ file: join(path, 'none.json') }, { generate: false }), refused(/none\.json does not exist$/))
  await assert.rejects(loadDataKeys({ file: path }, { generate: true }), refused(/cannot be read \(EISDIR\)$/))
  await writeFile(join(path, 'file'), '')
  await assert.rejects(
    loadDataKeys({ file: join(path, 'file', 'keys.json') }, { generate: true }),
    refused(/cannot be (read|made) \(ENOTDIR\)$/),
  )
})

test('a folder that leads nowhere is one clear error', async (t) => {
  const path = join(await folder(t), 'keys')
  await symlink(join(path, 'to', 'nowhere'), path) // not by its permissions: root would write there all the same

  await assert.rejects(loadDataKeys({ file: join(path, 'keys.json') }, { generate: true }), /cannot be (made|read) \(E[A-Z]+\)$/)
})
