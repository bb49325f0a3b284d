/**
 * A bounded map whose entries are forgotten when nobody asked for them for a while. Enough for one process; a shop with several
 * keeps the same entries in Redis or its database.
 */
export class Memory<T> {
  readonly #entries = new Map<string, { value: T; usedAt: number }>()
  readonly #limits: Limits

  constructor(limits: Limits) {
    this.#limits = limits
  }

  /** Keeps `value`. When there is no room the entry unused for longest goes. */
  set(key: string, value: T): void {
    this.#entries.delete(key)
    for (const oldest of this.#entries.keys()) {
      if (this.#entries.size < this.#limits.max) break
      this.#entries.delete(oldest)
    }
    this.#entries.set(key, { value, usedAt: this.#now() })
  }

  get(key: string): T | undefined {
    const entry = this.#entries.get(key)
    if (!entry) return undefined
    this.#entries.delete(key)
    if (this.#now() - entry.usedAt > this.#limits.idleMs) return undefined
    this.#entries.set(key, { value: entry.value, usedAt: this.#now() })
    return entry.value
  }

  /** Gives the value and forgets it: for what may be used once. */
  take(key: string): T | undefined {
    const value = this.get(key)
    this.#entries.delete(key)
    return value
  }

  /** Forgets every entry that matches, and tells how many those were. */
  forget(matches: (value: T) => boolean): number {
    const doomed = [...this.#entries].filter(([, { value }]) => matches(value))
    for (const [key] of doomed) this.#entries.delete(key)
    return doomed.length
  }

  // Monotonic: a corrected wall clock neither prolongs nor ends an entry.
  #now(): number {
    return this.#limits.now?.() ?? performance.now()
  }
}

interface Limits {
  readonly max: number
  readonly idleMs: number
  /** Milliseconds since any fixed instant. */
  readonly now?: () => number
}
