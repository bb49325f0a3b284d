import assert from 'node:assert/strict'
import { test } from 'node:test'
import { didYouMean } from '../../src/group/did-you-mean.ts'

const WORDS = ['redirect_uris', 'recipient', 'email', 'phone', 'web']

test('a slip of the fingers is recognised, whatever it is', () => {
  for (const [typed, meant] of [
    ['redirect_uri', 'redirect_uris'],
    ['redirecturis', 'redirect_uris'],
    ['redirect_urls', 'redirect_uris'],
    ['recipeint', 'recipient'],
    ['Email', 'email'],
    ['emial', 'email'],
    ['phnoe', 'phone'],
    ['wbe', 'web'],
  ] as const)
    assert.equal(didYouMean(typed, WORDS), `, did you mean ${meant}?`, typed)
})

test('the nearest word wins, and what is near nothing gets no guess', () => {
  assert.equal(didYouMean('emaul', ['emall', 'email', 'mauls']), ', did you mean emall?')
  for (const typed of ['', 'x', 'zebra', 'client_id', 'r'.repeat(100_000)]) assert.equal(didYouMean(typed, WORDS), '', typed.slice(0, 20))
})
