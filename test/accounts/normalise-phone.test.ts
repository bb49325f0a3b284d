import assert from 'node:assert/strict'
import { test } from 'node:test'
import { normalisePhone } from '../../src/accounts/index.ts'

const cases: readonly [string, string, string | undefined][] = [
  ['+49 30 901820', 'DE', '+4930901820'],
  ['+49 (0) 30 / 901820', 'ZZ', '+4930901820'],
  ['030 901820', 'DE', '+4930901820'],
  ['＋４９３０９０１８２０', 'ZZ', '+4930901820'],
  ['020 7946 0018', 'GB', '+442079460018'],
  ['+1 555 555 0100', 'DE', '+15555550100'],
  ['030 901820', 'ZZ', undefined],
  ['030 901820', '', undefined],
  ['030 901820', '__proto__', undefined],
  ['+49 30 901820 ext. 5', 'DE', undefined],
  ['call +49 30 901820', 'DE', undefined],
  ['+49', 'DE', undefined],
  ['+999123456789', 'DE', undefined],
  ['', 'DE', undefined],
  ['+4930901820'.padEnd(41, '0'), 'DE', undefined],
]

for (const [typed, country, expected] of cases) {
  test(`the phone number ${JSON.stringify(typed)} typed in ${country || 'no country'} is ${expected ?? 'refused'}`, () => {
    assert.equal(normalisePhone(typed, country), expected)
  })
}
