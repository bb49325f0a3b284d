import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { inspect } from 'node:util'
import { decodeProtectedHeader } from 'jose'
import { DataKeys, VaultError } from '../../src/vault/index.ts'
import { testDataKeys } from './test-vault.ts'

const march = { kid: 'march', bytes: randomBytes(32) }
const april = { kid: 'april', bytes: randomBytes(32) }
const dataKey = randomBytes(32)

test('the newest key wraps, any key unwraps', async () => {
  const before = new DataKeys([march])
  const after = new DataKeys([april, march])

  const wrappedBefore = await before.wrap(dataKey, 'root:1')
  const wrappedAfter = await after.wrap(dataKey, 'root:1')

  assert.deepEqual(decodeProtectedHeader(wrappedAfter), { alg: 'A256KW', enc: 'A256GCM', kid: 'april', sub: 'root:1' })
  for (const wrapped of [wrappedBefore, wrappedAfter]) assert.deepEqual((await after.unwrap(wrapped, 'root:1')).export(), dataKey)
})

test('a wrapped key does not unwrap for another owner, without its key, or under another key of the same name', async () => {
  const keys = new DataKeys([march])
  const wrapped = await keys.wrap(dataKey, 'root:1')
  const refused = (reason: string) => (error: unknown) => error instanceof VaultError && error.reason === reason

  await assert.rejects(keys.unwrap(wrapped, 'blind_index:1'), refused('unreadable'))
  await assert.rejects(new DataKeys([april]).unwrap(wrapped, 'root:1'), refused('unknown_key'))
  await assert.rejects(testDataKeys('march').unwrap(wrapped, 'root:1'), refused('unreadable'))
  await assert.rejects(keys.unwrap(wrapped.slice(0, -4), 'root:1'), refused('unreadable'))
  await assert.rejects(keys.unwrap('no.jwe', 'root:1'), refused('unreadable'))
})

test('SEC-83 key-encryption keys do not print', () => {
  const keys = new DataKeys([march])

  for (const printed of [inspect(keys), inspect({ keys }, { depth: 9, showHidden: true }), JSON.stringify({ keys }), `${keys}`]) {
    assert.match(printed, /\[secret\]/)
    for (const encoding of ['base64url', 'base64', 'hex', 'latin1'] as const) assert.ok(!printed.includes(march.bytes.toString(encoding)))
  }
})
