import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { normaliseEmail, normalisePhone } from '../../src/accounts/index.ts'

const local = fc.string({ unit: 'binary', minLength: 1, maxLength: 12 })
const domain = fc.oneof(
  fc.domain(),
  fc.string({ unit: 'binary', minLength: 1, maxLength: 12 }),
  fc.string({ unit: 'grapheme', minLength: 1 }),
)
const address = fc.oneof(
  fc.tuple(local, domain).map((parts) => parts.join('@')),
  fc.tuple(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 }), fc.domain()).map((parts) => parts.join('@')),
  fc.emailAddress(),
  fc.string({ unit: 'binary' }),
)

test('SEC-38 no text makes email normalisation throw, and what it gives is one plain address that normalises to itself', () => {
  fc.assert(
    fc.property(address, (typed) => {
      const email = normaliseEmail(typed)
      if (email === undefined) return
      assert.equal(normaliseEmail(email), email)
      assert.equal(normaliseEmail(` ${email.replaceAll(/[a-z]/g, (letter) => letter.toUpperCase())} `), email)
      assert.match(email, /^[^\s@<>(),;:"\\[\]\p{C}]+@[a-z0-9.-]+\.[a-z0-9-]+$/u)
      assert.ok(Buffer.byteLength(email) <= 254)
    }),
    { numRuns: 3000 },
  )
})

test('no text makes phone normalisation throw, and what it gives is E.164 that normalises to itself in any country', () => {
  const typed = fc.oneof(fc.string({ unit: 'binary' }), fc.string({ unit: fc.constantFrom(...'+0123456789 -()/.,;ext=#*') }))
  const country = fc.oneof(fc.constantFrom('DE', 'US', 'GB', 'ZZ', ''), fc.string())
  fc.assert(
    fc.property(typed, country, (text, region) => {
      const phone = normalisePhone(text, region)
      if (phone === undefined) return
      assert.match(phone, /^\+[1-9][0-9]{4,14}$/)
      assert.equal(normalisePhone(phone, 'ZZ'), phone)
    }),
    { numRuns: 3000 },
  )
})
