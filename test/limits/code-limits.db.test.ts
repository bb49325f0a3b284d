import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { createLimits } from '../../src/limits/index.ts'
import { CODE_FAILURES, CODE_MAILS, CODE_TEXTS, UNUSED_CODES } from '../../src/limits/rules.ts'
import { systemRandom } from '../../src/ports/random.ts'
import { createTestVault } from '../vault/test-vault.ts'

const { db, vault } = await createTestVault({ after })
const { codes } = createLimits({ vault, random: systemRandom, onAttack: () => {} })
const NOW = new Date('2026-03-01T12:00:00Z')
const later = (seconds: number): Date => new Date(NOW.getTime() + seconds * 1000)
const place = (n: number) => ({ address: `198.51.${n}.7/32`, network: `198.51.${n}.0/24` })

test('SEC-64 a mailbox gets so many mails an hour, whoever asks for them', async () => {
  const kinds: string[] = []
  const { most } = CODE_MAILS.mailbox
  for (let i = 0; i < most + 2; i++) kinds.push((await codes.mail(db, { to: 'ada@example.com', from: place(i) }, NOW)).kind)

  assert.deepEqual(kinds, [...Array.from({ length: most }, () => 'send'), 'withhold', 'withhold'])
  assert.equal((await codes.mail(db, { to: 'ada@example.com', from: place(0) }, later(3_600))).kind, 'send')
})

test('SEC-64 who asks for mails to many mailboxes is refused, and the mailboxes still get theirs', async () => {
  const kinds: string[] = []
  for (let i = 0; i <= CODE_MAILS.address.most; i++)
    kinds.push((await codes.mail(db, { to: `v${i}@example.com`, from: place(20) }, NOW)).kind)

  assert.equal(kinds.filter((kind) => kind === 'send').length, CODE_MAILS.address.most)
  const refused = await codes.mail(db, { to: 'bob@example.com', from: place(20) }, later(60))
  assert.deepEqual(refused, { kind: 'refuse', retryAfterS: 3_540 })
  assert.equal((await codes.mail(db, { to: 'bob@example.com', from: place(21) }, later(60))).kind, 'send')
})

test('SEC-45 codes of one mailbox have one counter of tries, until one is right', async () => {
  const tryCode = () => codes.begin(db, 'eve@example.com', NOW)
  for (let i = 0; i < CODE_FAILURES.most; i++) assert.equal((await tryCode()).ok, true)
  assert.deepEqual(await tryCode(), { ok: false, retryAfterS: 3_600 })

  const last = await codes.begin(db, 'eve@example.com', later(3_600))
  assert.ok(last.ok)
  await last.succeeded(db)
  for (let i = 0; i < CODE_FAILURES.most; i++) assert.equal((await tryCode()).ok, true)
})

const text = (to: string, n: number, now = NOW, mostToCountry = 500) =>
  codes.text(db, { to, country: to.slice(0, 3), mostToCountry, from: place(n) }, now)

test('MFA-21, SEC-64 the fourth unused code in an hour to one number is withheld, whoever asks, and its owner is told once', async () => {
  const decided = []
  for (let i = 0; i < 6; i++) decided.push(await text('+4915100000001', 40 + i))

  assert.deepEqual(decided, [
    ...Array.from({ length: UNUSED_CODES.sent.most }, () => ({ kind: 'send' })),
    { kind: 'withhold', tell: true },
    { kind: 'withhold', tell: false },
    { kind: 'withhold', tell: false },
  ])
  assert.equal((await text('+4915100000001', 40, later(3_600))).kind, 'send')
})

test('SEC-64 a number that uses its codes is sent more, and no more than a day’s ration', async () => {
  const { most } = CODE_TEXTS.number
  const kinds: string[] = []
  for (let i = 0; i <= most; i++) {
    kinds.push((await text('+4915100000002', 60 + i, later(i))).kind)
    const used = await codes.begin(db, '+4915100000002', later(i))
    if (used.ok) await used.succeeded(db)
  }

  assert.deepEqual(kinds, [...Array.from({ length: most }, () => 'send'), 'withhold'])
})

test('SEC-64 who asks for messages to many numbers is refused, and so is everybody once a country had what the group sends it in an hour', async () => {
  const kinds: string[] = []
  for (let i = 0; i <= CODE_TEXTS.address.most; i++) kinds.push((await text(`+43660000${100 + i}`, 90)).kind)
  assert.equal(kinds.filter((kind) => kind === 'send').length, CODE_TEXTS.address.most)
  assert.equal(kinds.at(-1), 'refuse')

  for (let i = 0; i < 3; i++) assert.equal((await text(`+41790000${i}00`, 91 + i, NOW, 3)).kind, 'send')
  assert.deepEqual(await text('+41790000900', 95, later(60), 3), { kind: 'refuse', retryAfterS: 3_540 })
  assert.equal((await text('+39340000900', 95, later(60), 3)).kind, 'send')
})
