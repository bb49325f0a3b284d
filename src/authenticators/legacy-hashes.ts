import type { Argon2 } from './argon2.ts'
import { HashThreads } from './hash-threads.ts'
import type { LegacyHash } from './legacy-hash.ts'

/** Verifies what other systems hashed, on threads of its own that start with the first such hash. */
export interface LegacyHashes {
  /** Whether one of these spellings is the password. Blocks nobody; takes a place in the caller's queue. */
  verify(hash: LegacyHash, spellings: ReadonlySet<string>): Promise<boolean>
  close(): Promise<void>
}

export function createLegacyHashes(argon2: Pick<Argon2, 'verify'>): LegacyHashes {
  const threads = new HashThreads()
  return {
    async verify(hash, spellings) {
      for (const password of spellings) {
        const matches = hash.kind === 'argon2' ? argon2.verify(hash.phc, password) : threads.run({ kind: 'legacy', hash, password })
        if ((await matches) === true) return true
      }
      return false
    },
    close: () => threads.close(),
  }
}

const REMEMBERED = 100
/** No wrong answer is held back for longer: an hour of a machine without breath must not become everybody's pace. */
const LONGEST_MS = 2_000

/**
 * How long refusals of imported passwords took lately. An old hash may take longer than argon2, and whoever can measure that learns that the
 * account exists and was imported; so every wrong password is answered no sooner than the slowest of these (MFA-30). Nothing is held back
 * where nothing was imported.
 */
export class SlowestRefusal {
  readonly #tookMs: number[] = []

  note(ms: number): void {
    this.#tookMs.push(ms)
    if (this.#tookMs.length > REMEMBERED) this.#tookMs.shift()
  }

  /** What is missing to a wrong answer that took so long. */
  missingMs(ms: number): number {
    return Math.max(0, Math.min(LONGEST_MS, Math.max(0, ...this.#tookMs)) - ms)
  }
}
