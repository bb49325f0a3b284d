import { unavailableCode } from './unavailable.ts'

/** Where an outage is told: a pino logger is one. */
export interface OutageLog {
  warn(fields: object, sentence: string): void
  info(fields: object, sentence: string): void
}

const ONCE_IN_MS = 60_000

/**
 * Tells of an outage of the database once, not once for each request that meets it: each reason at most once a minute, with how often it was met, and
 * one line when the database answers again.
 */
export class Outage {
  readonly #log: OutageLog
  readonly #nowMs: () => number
  readonly #told = new Map<string, { atMs: number; since: number }>()
  #away = false

  /** @param nowMs a clock that never goes back */
  constructor(log: OutageLog, nowMs: () => number) {
    this.#log = log
    this.#nowMs = nowMs
  }

  /** For each failure that is the database's. The reasons are SQLSTATEs and the system's codes, so there are few. */
  met(error: unknown): void {
    const reason = unavailableCode(error) ?? 'unknown'
    const told = this.#told.get(reason)
    if (told && this.#nowMs() - told.atMs < ONCE_IN_MS) {
      told.since++
      return
    }
    this.#log.warn({ reason, failures: (told?.since ?? 0) + 1 }, 'the database does not serve; requests are told to come back')
    this.#told.set(reason, { atMs: this.#nowMs(), since: 0 })
  }

  /** For whoever asks the database regularly. @throws what is not an outage */
  async watch(work: () => Promise<unknown>): Promise<void> {
    try {
      await work()
    } catch (error) {
      if (unavailableCode(error) === undefined) throw error
      this.#away = true
      return this.met(error)
    }
    if (this.#away) this.#log.info({}, 'the database answers again')
    this.#away = false
  }
}
