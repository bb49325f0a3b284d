import assert from 'node:assert/strict'
import { test } from 'node:test'
import { smsDestination } from '../../src/accounts/index.ts'

const SERVED = ['DE', 'GB', 'US']

test('SEC-64 numbers whose senders pay more are refused by their range', () => {
  for (const number of ['+491805123456', '+491371234567', '+447012345678', '+19005551234', '+448719870000'])
    assert.deepEqual(smsDestination(number, SERVED), { ok: false, reason: 'expensive_number' }, number)
})

test('SEC-64 a country that is not served gets nothing, also where its calling code is another’s', () => {
  for (const number of ['+18765551234', '+79161234567', '+881612345678', '+390612345678', '+447624000000', 'no number'])
    assert.deepEqual(smsDestination(number, SERVED), { ok: false, reason: 'country_not_served' }, number)
})

test('phones of the countries served are texted, and what is in no range yet counts for the main country of its code', () => {
  for (const [number, country] of [
    ['+4915112345678', 'DE'],
    ['+4930901820', 'DE'],
    ['+447700900123', 'GB'],
    ['+12025550123', 'US'],
    ['+15555550100', 'US'],
  ] as const)
    assert.deepEqual(smsDestination(number, SERVED), { ok: true, country }, number)
})
