import assert from 'node:assert/strict'
import { test } from 'node:test'
import { retryDelayMs } from '../../src/events/retry.ts'
import { type Random, seededRandom, systemRandom } from '../../src/ports/random.ts'

const fixed = (byte: number): Random => ({ ...systemRandom, bytes: (size) => Buffer.alloc(size, byte) })

test('SEC-32 a failed delivery is tried again after 5 s, 5 min, 30 min, 2 h, 5 h, 10 h and 10 h, then given up', () => {
  const middle: Random = { ...systemRandom, bytes: () => Buffer.from('80000000', 'hex') }

  const delays = [1, 2, 3, 4, 5, 6, 7, 8].map((attempt) => retryDelayMs(attempt, middle))

  assert.deepEqual(delays, [5_000, 300_000, 1_800_000, 7_200_000, 18_000_000, 36_000_000, 36_000_000, undefined])
})

test('a delay is up to a fifth shorter or longer', () => {
  const random = seededRandom(1)
  const delays = Array.from({ length: 200 }, () => retryDelayMs(1, random) ?? 0)

  assert.deepEqual([retryDelayMs(1, fixed(0x00)), retryDelayMs(1, fixed(0xff))], [4_000, 6_000])
  assert.ok(delays.every((delay) => delay >= 4_000 && delay <= 6_000))
  assert.ok(new Set(delays).size > 100)
})
