import assert from 'node:assert/strict'
import { test } from 'node:test'
import { loadLeakedPasswords } from '../../src/authenticators/common-passwords.ts'
import { passwordRefusal } from '../../src/authenticators/password-policy.ts'

const ADA = ['Aurora', 'Lumen Retail Group', 'ada.lovelace@analytical.example', 'Ada', 'Lovelace', 'Müller']

const leaked = loadLeakedPasswords()
const refusal = (password: string, { minLength = 10, words = ADA } = {}) => passwordRefusal(password, { minLength, words }, () => leaked)

const refusals = (passwords: readonly string[]) => passwords.map((password) => [password, refusal(password)])
const all = (passwords: readonly string[], expected: string | undefined) => passwords.map((password) => [password, expected])

test('MFA-28 passwords of any characters are good: no composition rules', () => {
  const passwords = [
    'correct horse battery staple',
    'vxqmzkwplt',
    'ein gutes Passwort für mich',
    'очень длинная фраза',
    '正しい馬電池ステープル',
    '🐎🔋📎🐎🔋🧷🐎🔋📎🐘',
    '        spaces   around      ',
    'Kx7$pQ!m9#',
    '83 17 09 42 66',
  ]

  assert.deepEqual(refusals(passwords), all(passwords, undefined))
})

test('MFA-28 the shortest length is counted in characters after normalisation', () => {
  assert.equal(refusal('vxqmzkwpl'), 'too_short')
  assert.equal(refusal('vxqmzkwplt'), undefined)
  assert.equal(refusal('🐎🔋📎🐎🧷🐘🦏🐫🦒'), 'too_short') // nine characters, 36 bytes
  assert.equal(refusal('e\u0301vxqmzkwp'), 'too_short') // e and its accent are one
  assert.equal(refusal('vxqmzkwp', { minLength: 8 }), undefined)
  assert.equal(refusal('', { minLength: 8 }), 'too_short')
})

test('MFA-28 64 characters are allowed whatever they are, and 1,024 bytes is the end', () => {
  const seed = '🐎🔋📎🧷🐘🦏🐫🦒'

  assert.equal(refusal(`${seed.repeat(8).slice(0, 126)}🐢`), undefined)
  assert.equal(refusal('0123456789abcdef!'.repeat(60)), undefined)
  assert.equal(refusal('vxqmzkwplt'.repeat(102).concat('abcd')), undefined)
  assert.equal(refusal('vxqmzkwplt'.repeat(102).concat('abcde')), 'too_long')
  assert.equal(refusal('\ufdfa'.repeat(341)), 'too_long') // 1,023 bytes that normalise to 11,253
})

test('MFA-29 leaked passwords are refused, dressed up or not', () => {
  const passwords = [
    'qwertyuiop',
    'password123',
    'Password123',
    'PASSWORD2026!',
    'P@ssw0rd2026!',
    '!!password!!',
    '2024password',
    'Basketball',
    'sunshine2025',
    '$unshine2025',
    'christopher',
    'ｐａｓｓｗｏｒｄ１２３',
  ]

  assert.deepEqual(refusals(passwords), all(passwords, 'too_common'))
})

test('MFA-29 repetitions, sequences and walks along the keyboard are refused', () => {
  const passwords = [
    'aaaaaaaaaaaa',
    'abcabcabcabc',
    '          ',
    'dragondragon',
    'abcdefghijkl',
    '98765432109876',
    '12345678901234567890',
    'asdfghjklzxcvb',
    'poiuytrewq',
    'йцукенгшщзхъ',
  ]

  assert.deepEqual(refusals(passwords), all(passwords, 'too_common'))
})

test('MFA-29 passwords made of the brand’s or the customer’s own words are refused', () => {
  const passwords = [
    'Aurora2026!',
    'AURORA-aurora',
    'Aur0ra!!2026',
    'aurora12345678',
    'aurora-basketball',
    'lovelace-1815',
    'L0vel@ce1815',
    'ada.lovelace',
    'AdaLovelace1',
    'lovelace.ada99',
    'Analytical-1!',
    'muller muller',
    'Müller-2026!',
    'lumenretail1',
    'LumenRetailGroup',
  ]

  assert.deepEqual(refusals(passwords), all(passwords, 'contains_context'))
})

test('MFA-29 a context word inside a password of its own is allowed', () => {
  const passwords = [
    'aurora sells purple elephants',
    'my aunt lovelace has four cats',
    'aurora-Kx7$pQ!m9#',
    'Kx7$pQ!m9#-ada',
    'retailers of the moon',
  ]

  assert.deepEqual(refusals(passwords), all(passwords, undefined))
})

test('MFA-29 words too short to mean anything forbid nothing', () => {
  assert.equal(refusal('bob of the big sea', { minLength: 10, words: ['Bo', 'of', 'a', '', '@', '...'] }), undefined)
})

test('the check stays quick for the longest password and the most words', () => {
  const words = Array.from({ length: 1000 }, (_, i) => `aaaa${i}aaaa@aaaaaaaa.example`)
  const began = performance.now()

  for (const password of ['a'.repeat(1024), 'ab'.repeat(511), `${'1!'.repeat(511)}x`, '🐎'.repeat(256)])
    refusal(password, { minLength: 8, words })

  assert.ok(performance.now() - began < 1000)
})
