import { performance } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Work } from './token-cases.ts'

/** One side of a comparison: who does the work, and what it has cost so far. */
export interface Driven {
  readonly works: readonly Work[]
  /** CPU milliseconds so far, by who used them. */
  cpuMs(): Readonly<Record<string, number>>
}

export interface Slice {
  /** CPU milliseconds per request, by who used them. */
  readonly cpuMs: Readonly<Record<string, number>>
  readonly totalMs: number
  readonly rps: number
}

/** What a server does after its last answer still belongs to the slice. */
const SETTLE_MS = 25

/** Lets every worker repeat its work for that long. */
export async function driveSlice({ works, cpuMs }: Driven, ms: number): Promise<Slice> {
  const before = cpuMs()
  const startedMs = performance.now()
  let requests = 0
  await Promise.all(
    works.map(async (work) => {
      while (performance.now() - startedMs < ms) {
        await work()
        requests++
      }
    }),
  )
  const seconds = (performance.now() - startedMs) / 1000
  await sleep(SETTLE_MS)
  const after = cpuMs()
  const perRequest = Object.entries(after).map(([who, used]) => [who, (used - (before[who] ?? 0)) / requests] as const)
  return { cpuMs: Object.fromEntries(perRequest), totalMs: perRequest.reduce((sum, [, used]) => sum + used, 0), rps: requests / seconds }
}
