import assert from 'node:assert/strict'
import { createSecretKey, randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { compactDecrypt } from 'jose'
import { systemRandom } from '../../src/ports/random.ts'
import { sealCompact } from '../../src/vault/compact-jwe.ts'

test('what wraps a data key is a JWE that jose opens, and another one each time', async () => {
  const [dataKey, wrappingKey] = [randomBytes(32), createSecretKey(randomBytes(32))]
  const header = { alg: 'A256KW', enc: 'A256GCM', kid: 'march', sub: 'root:1' } as const

  const [jwe, again] = [sealCompact(dataKey, header, wrappingKey, systemRandom), sealCompact(dataKey, header, wrappingKey, systemRandom)]

  const { plaintext, protectedHeader } = await compactDecrypt(jwe, wrappingKey)
  assert.deepEqual([Buffer.from(plaintext), protectedHeader], [dataKey, header])
  assert.notEqual(jwe, again)
  const tampered = jwe
    .split('.')
    .with(3, Buffer.from('x'.repeat(32)).toString('base64url'))
    .join('.')
  await assert.rejects(compactDecrypt(tampered, wrappingKey))
  await assert.rejects(compactDecrypt(jwe, createSecretKey(randomBytes(32))))
})
