import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { createEmailCodes, type EmailCode } from '../../src/authenticators/email-code.ts'
import { seededRandom } from '../../src/ports/random.ts'

const START = Date.parse('2026-03-01T12:00:00Z')
const WINDOW_MS = 600_000

type Step = { readonly kind: 'issue' | 'right' | 'wrong' | 'old'; readonly wait_s: number }

const steps = fc.array(
  fc.record<Step>({ kind: fc.constantFrom('issue', 'right', 'wrong', 'old'), wait_s: fc.oneof(fc.nat(30), fc.nat(700)) }),
  { maxLength: 60 },
)

test('MFA-17 whatever happens in a journey: three sends in ten minutes, five tries a code, ten minutes each, only the newest', () => {
  fc.assert(
    fc.property(fc.nat(), steps, (seed, journey) => {
      const emailCodes = createEmailCodes({ key: Buffer.alloc(32, 7), random: seededRandom(seed) })
      let state: EmailCode | undefined
      let nowMs = START
      let current = { code: '', atMs: 0, failed: 0 }
      let old = ''
      const sentMs: number[] = []

      for (const { kind, wait_s } of journey) {
        nowMs += wait_s * 1000
        const now = new Date(nowMs)
        if (kind === 'issue') {
          const result = emailCodes.issue(state, now)
          const recent = sentMs.filter((at) => at > nowMs - WINDOW_MS)
          assert.equal(result.ok, recent.length < 3)
          if (!result.ok) {
            const retryMs = nowMs + result.retryAfterS * 1000
            assert.ok(emailCodes.issue(state, new Date(retryMs)).ok, 'the wait that was told is long enough')
            continue
          }
          sentMs.push(nowMs)
          old = current.code
          current = { code: result.code, atMs: nowMs, failed: 0 }
          state = result.state
          continue
        }
        const typed = kind === 'right' ? current.code : kind === 'old' ? old : 'wrong'
        const result = emailCodes.check(state, typed, now)
        const alive = state !== undefined && nowMs < current.atMs + WINDOW_MS && current.failed < 5
        assert.equal(result.ok, alive && typed === current.code)
        if (result.ok)
          state = undefined // spent: the journey forgets it
        else if (result.state) {
          state = result.state
          current = { ...current, failed: current.failed + 1 }
        }
        if (result.ok) current = { code: '', atMs: 0, failed: 0 }
        if (result.ok) sentMs.length = 0 // with the state goes what it remembered
      }
    }),
  )
})

test('any text but the code is refused without throwing', () => {
  const emailCodes = createEmailCodes({ key: Buffer.alloc(32, 7), random: seededRandom(7) })
  const issued = emailCodes.issue(undefined, new Date(START))
  assert.ok(issued.ok)

  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.string({ unit: 'binary' }), fc.stringMatching(/^\d{6,9}$/)), (typed) => {
      const result = emailCodes.check(issued.state, typed, new Date(START))

      assert.equal(result.ok, typed.replace(/[\s\p{Pd}]/gu, '') === issued.code)
    }),
  )
})
