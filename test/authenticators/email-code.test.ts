import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createEmailCodes, type EmailCode, emailCodeSchema } from '../../src/authenticators/email-code.ts'
import { seededRandom } from '../../src/ports/random.ts'

const NOON = new Date('2026-03-01T12:00:00Z')
const after = (seconds: number) => new Date(NOON.getTime() + seconds * 1000)

const codes = (key = Buffer.alloc(32, 1), seed = 1) => createEmailCodes({ key, random: seededRandom(seed) })

function issued(emailCodes = codes(), previous?: EmailCode, now = NOON) {
  const result = emailCodes.issue(previous, now)
  assert.ok(result.ok)
  return result
}

test('MFA-17 a code has eight digits and is accepted in the next ten minutes', () => {
  const emailCodes = codes()
  const { code, state } = issued(emailCodes)

  assert.match(code, /^\d{8}$/)
  assert.deepEqual(emailCodes.check(state, code, NOON), { ok: true })
  assert.deepEqual(emailCodes.check(state, code, after(599)), { ok: true })
  assert.deepEqual(emailCodes.check(state, code, after(600)), { ok: false, reason: 'expired_code' })
})

test('MFA-17 the fifth wrong code is the last, the right one comes too late after it', () => {
  const emailCodes = codes()
  const { code, state } = issued(emailCodes)
  const wrong = code === '00000000' ? '00000001' : '00000000'
  const reasons: string[] = []

  let current = state
  for (let i = 0; i < 5; i++) {
    const result = emailCodes.check(current, wrong, NOON)
    assert.ok(!result.ok && result.state)
    reasons.push(result.reason)
    current = result.state
  }

  assert.deepEqual(reasons, ['wrong_code', 'wrong_code', 'wrong_code', 'wrong_code', 'too_many_tries'])
  assert.deepEqual(emailCodes.check(current, code, NOON), { ok: false, reason: 'too_many_tries' })
})

test('MFA-17 after four wrong codes the right one is still accepted', () => {
  const emailCodes = codes()
  const { code, state } = issued(emailCodes)

  assert.deepEqual(emailCodes.check({ ...state, tries: 4 }, code, NOON), { ok: true })
})

test('MFA-17 three codes in ten minutes, then the wait is told to the second', () => {
  const emailCodes = codes()
  const first = issued(emailCodes)
  const second = issued(emailCodes, first.state, after(60))
  const third = issued(emailCodes, second.state, after(120))

  assert.deepEqual(emailCodes.issue(third.state, after(200.5)), { ok: false, reason: 'too_many_sends', retryAfterS: 400 })
  assert.deepEqual(emailCodes.issue(third.state, after(599)), { ok: false, reason: 'too_many_sends', retryAfterS: 1 })
  const fourth = issued(emailCodes, third.state, after(600))
  assert.deepEqual(emailCodes.issue(fourth.state, after(601)), { ok: false, reason: 'too_many_sends', retryAfterS: 59 })
})

test('a new code voids the one before and brings new tries', () => {
  const emailCodes = codes()
  const first = issued(emailCodes)
  const second = issued(emailCodes, { ...first.state, tries: 5 }, after(60))

  const old = emailCodes.check(second.state, first.code, after(61))

  assert.notEqual(first.code, second.code)
  assert.ok(!old.ok)
  assert.equal(old.reason, 'wrong_code')
  assert.deepEqual(emailCodes.check(second.state, second.code, after(61)), { ok: true })
})

test('spaces and dashes in what was typed do not matter, anything else does', () => {
  const emailCodes = codes()
  const { code, state } = issued(emailCodes)
  const halves = [code.slice(0, 4), code.slice(4)] as const
  const accepted = [
    ` ${code}\r\n`,
    halves.join(' '),
    halves.join('-'),
    halves.join('\u00a0'),
    halves.join('\u2013'),
    code.split('').join(' '),
  ]
  const fullWidth = Array.from(code, (digit) => String.fromCodePoint(0xff10 + Number(digit))).join('')
  const refused = ['', code.slice(1), `${code}0`, `${code}.`, `${code}\0`, fullWidth, `0x${code}`, `${code}e0`, 'a'.repeat(100_000)]

  assert.deepEqual(
    accepted.map((typed) => emailCodes.check(state, typed, NOON).ok),
    accepted.map(() => true),
  )
  for (const typed of refused) {
    const result = emailCodes.check(state, typed, NOON)
    assert.deepEqual([result.ok, !result.ok && result.reason], [false, 'wrong_code'], typed)
  }
})

test('without a code there is nothing to check', () => {
  assert.deepEqual(codes().check(undefined, '12345678', NOON), { ok: false, reason: 'no_code' })
})

test('MFA-46 the state of one journey says nothing in another, even with the same digits, and nothing under another key', () => {
  const { code, state } = issued(codes(Buffer.alloc(32, 1), 1))
  const other = issued(codes(Buffer.alloc(32, 1), 2))
  const mixed: EmailCode = { ...other.state, mac: state.mac }

  const inOther = codes().check(mixed, code, NOON)
  const underOtherKey = codes(Buffer.alloc(32, 2)).check(state, code, NOON)

  assert.deepEqual([inOther.ok, underOtherKey.ok], [false, false])
})

test('the state is JSON, tells the code to nobody, and is checked when read back', () => {
  const { code, state } = issued()
  const json = JSON.stringify(state)

  assert.deepEqual(emailCodeSchema.parse(JSON.parse(json)), state)
  assert.ok(!json.includes(code))
  assert.ok(!emailCodeSchema.safeParse({ ...state, tries: -1 }).success)
  const forged = codes().check({ ...state, mac: '' }, code, NOON)
  assert.ok(!forged.ok)
})
