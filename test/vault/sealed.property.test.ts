import assert from 'node:assert/strict'
import { createSecretKey } from 'node:crypto'
import { test } from 'node:test'
import fc from 'fast-check'
import { keyNumberOf, openWith, type Place, sealWith } from '../../src/vault/sealed.ts'
import { VaultError } from '../../src/vault/vault-error.ts'

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length }).map((b) => Buffer.from(b))
const texts = fc.string({ unit: 'binary', maxLength: 200 }).filter((text) => text.isWellFormed())
const field = fc.constantFrom(
  'accounts.profile_sealed' as const,
  'identifiers.value_sealed' as const,
  'authenticators.secret_sealed' as const,
)
const place: fc.Arbitrary<Place> = fc.record({ field, owner: fc.oneof(fc.uuid(), fc.constant('system')) })
const key = fc.record({ number: fc.nat({ max: 2 ** 32 - 1 }), key: bytes(32).map((b) => createSecretKey(b)) })
const sealing = fc.record({ key, place, nonce: bytes(12), plain: texts })

const opens = (by: { key: import('node:crypto').KeyObject }, at: Place, sealed: Buffer): string => {
  keyNumberOf(sealed, at)
  return openWith(by.key, at, sealed)
}
const isUnreadable = (error: unknown) => error instanceof VaultError && error.reason === 'unreadable'

test('what was sealed opens to the same text, given as text or as bytes, and names its key', () => {
  fc.assert(
    fc.property(sealing, ({ key, place, nonce, plain }) => {
      const sealed = sealWith(key, place, nonce, plain)

      assert.equal(opens(key, place, sealed), plain)
      assert.equal(keyNumberOf(sealed, place), key.number)
      assert.equal(sealed.length, 33 + Buffer.byteLength(plain))
      assert.deepEqual(sealWith(key, place, nonce, Buffer.from(plain)), sealed)
    }),
  )
})

test('a sealed value with any bit changed does not open; with another key number it asks for another key', () => {
  fc.assert(
    fc.property(sealing, fc.nat(), fc.integer({ min: 1, max: 255 }), ({ key, place, nonce, plain }, at, flip) => {
      const sealed = sealWith(key, place, nonce, plain)
      const position = at % sealed.length
      sealed[position] = sealed[position]! ^ flip

      if (position >= 1 && position <= 4) assert.notEqual(keyNumberOf(sealed, place), key.number)
      else assert.throws(() => opens(key, place, sealed), isUnreadable)
    }),
    { numRuns: 500 },
  )
})

test('a sealed value that was cut off or lengthened does not open', () => {
  fc.assert(
    fc.property(sealing, fc.nat(), fc.uint8Array({ minLength: 1, maxLength: 9 }), ({ key, place, nonce, plain }, at, more) => {
      const sealed = sealWith(key, place, nonce, plain)

      assert.throws(() => opens(key, place, sealed.subarray(0, at % sealed.length)), isUnreadable)
      assert.throws(() => opens(key, place, Buffer.concat([sealed, more])), isUnreadable)
    }),
  )
})

test('a sealed value opens for its own field and account only', () => {
  fc.assert(
    fc.property(sealing, place, ({ key, place, nonce, plain }, elsewhere) => {
      fc.pre(place.field !== elsewhere.field || place.owner !== elsewhere.owner)
      const sealed = sealWith(key, place, nonce, plain)

      assert.throws(() => opens(key, elsewhere, sealed), isUnreadable)
    }),
  )
})

test('any bytes at all either open or are refused with the same typed error', () => {
  fc.assert(
    fc.property(key, place, fc.uint8Array({ maxLength: 100 }), (key, place, noise) => {
      assert.throws(() => opens(key, place, Buffer.from(noise)), isUnreadable)
    }),
  )
})

test('bytes that are no text do not open as garbage', () => {
  const by = { number: 1, key: createSecretKey(Buffer.alloc(32, 7)) }
  const at: Place = { field: 'accounts.profile_sealed', owner: 'system' }

  const sealed = sealWith(by, at, Buffer.alloc(12), Buffer.of(0xff, 0xfe))

  assert.throws(() => opens(by, at, sealed), isUnreadable)
})
