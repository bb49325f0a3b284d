import type { Random } from '../ports/random.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const DELAYS_MS = [5_000, 5 * MINUTE_MS, 30 * MINUTE_MS, 2 * HOUR_MS, 5 * HOUR_MS, 10 * HOUR_MS, 10 * HOUR_MS] as const
const JITTER = 0.2

/**
 * How long to wait after an attempt that failed, in milliseconds; undefined after some 28 hours: it is given up.
 * Up to 20 % more or less, so that what failed together does not come back together.
 *
 * @param attempt the one that failed, 1 for the first
 */
export function retryDelayMs(attempt: number, random: Random): number | undefined {
  const delay = DELAYS_MS[attempt - 1]
  if (delay === undefined) return undefined
  const fraction = random.bytes(4).readUInt32BE() / 2 ** 32
  return Math.round(delay * (1 - JITTER + 2 * JITTER * fraction))
}
