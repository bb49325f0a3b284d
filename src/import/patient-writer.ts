import { setTimeout as wait } from 'node:timers/promises'
import { unavailableCode } from '../store/unavailable.ts'
import type { Writer } from './writer.ts'

/** In milliseconds; some five minutes in all. */
const WAITS_MS = [1_000, 2_000, 4_000, 8_000, 15_000, ...Array.from({ length: 9 }, () => 30_000)]

/**
 * A writer that waits for a database that does not serve. The store's limits of time are made for a page that somebody waits for; an import has time, and
 * what it repeats is a batch that is there or not: of one whose answer was lost the marks tell, and it counts as imported before.
 *
 * @param pause how to wait: the real time unless told
 */
export function patient<Prepared>(writer: Writer<Prepared>, pause: (ms: number) => Promise<unknown> = wait): Writer<Prepared> {
  const patiently = async <T>(work: () => Promise<T>): Promise<T> => {
    for (const ms of WAITS_MS) {
      try {
        return await work()
      } catch (error) {
        if (unavailableCode(error) === undefined) throw error
        await pause(ms)
      }
    }
    return work()
  }
  return {
    prepare: (accounts) => patiently(() => writer.prepare(accounts)),
    write: (prepared) => patiently(() => writer.write(prepared)),
  }
}
