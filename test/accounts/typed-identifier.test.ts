import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { kindOf, normaliseMemberNumber, parseIdentifier } from '../../src/accounts/index.ts'

const parse = (typed: string) => parseIdentifier(typed, 'DE')

test('SEC-38 an address, a phone and a card have one form each, however they are written', () => {
  for (const typed of ['ada@example.com', ' ADA@example.com ', 'ａｄａ＠example.com'])
    assert.deepEqual(parse(typed), { value: 'ada@example.com' })
  for (const typed of ['+49 151 12345678', '+4915112345678', '٠١٥١ ١٢٣٤٥٦٧٨', '+49 (151) 12345678'])
    assert.equal(parse(typed)?.value, '+4915112345678', typed)
  for (const typed of ['AU-1234-5678', 'au 1234 5678', 'au12345678', ' ＡＵ.1234/5678'])
    assert.deepEqual(parse(typed), { value: 'AU12345678' }, typed)
})

test('SEC-38 digits that may be a phone’s and a card’s are both, and count as the phone', () => {
  assert.deepEqual(parse('0151 12345678'), { value: '+4915112345678', memberNumber: '015112345678' })
  assert.deepEqual(parse('+49 151 12345678'), { value: '+4915112345678', memberNumber: undefined })
  assert.deepEqual(parse('٣٣٣٣'), { value: '+493333', memberNumber: undefined }, 'a card has the digits of its print')
})

test('what is none of the three is none', () => {
  for (const typed of [
    '',
    'ada',
    'ada@',
    '@example.com',
    'a@b',
    '+',
    '+4',
    '123',
    'AB',
    'ada lovelace',
    `A1${'1'.repeat(40)}`,
    'AU1234\u0000',
  ])
    assert.equal(parse(typed), undefined, JSON.stringify(typed))
})

test('a parsed identifier parses to itself, and tells its kind by its form', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string({ maxLength: 40 }), fc.emailAddress(), fc.stringMatching(/^[+0-9A-Z -]{3,20}$/)), (typed) => {
      const found = parse(typed)
      if (!found) return
      assert.equal(parse(found.value)?.value, found.value)
      assert.match(found.value, { email: /@/, phone: /^\+\d+$/, member_number: /^[A-Z0-9]+$/ }[kindOf(found.value)])
      if (found.memberNumber) assert.equal(normaliseMemberNumber(found.memberNumber), found.memberNumber)
    }),
  )
})
