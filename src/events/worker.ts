import { setTimeout as wait } from 'node:timers/promises'
import type { Clock } from '../ports/clock.ts'
import type { Random } from '../ports/random.ts'
import type { Db } from '../store/db.ts'
import { unavailableCode } from '../store/unavailable.ts'
import type { Vault } from '../vault/index.ts'
import { type Event, type EventHandlers, eventSchema } from './event.ts'
import { retryDelayMs } from './retry.ts'
import { type Claimable, claimDueEvents, deleteEvent, hasDueEvent, type OutboxRow, postponeEvent } from './store.ts'

/** Where failures are told: a pino logger is one. */
export interface EventLog {
  warn(fields: object, sentence: string): void
  error(fields: object, sentence: string): void
}

export interface WorkerDeps {
  readonly db: Db
  readonly vault: Vault
  readonly clock: Clock
  readonly random: Random
  readonly log: EventLog
}

const AT_ONCE = 4
const POLL_MS = 1_000
const ATTEMPT_MS = 60_000
/** How long an attempt may go on when this process stops; then it counts as failed, and another process tries. */
const STOP_MS = 5_000
/** Longer than an attempt may take, so that an event is never in two hands while both are at work. */
const LEASE_MS = 2 * ATTEMPT_MS

/** Delivers what is due, a few at once, until it is stopped. Any number of workers, in any number of processes, share the table. */
export class OutboxWorker {
  readonly #deps: WorkerDeps
  readonly #handlers: EventHandlers
  readonly #kinds: readonly string[]
  readonly #poll: NodeJS.Timeout
  /** Attempts under way. */
  readonly #attempts = new Set<Promise<void>>()
  /** Ids in the hands of a handler, also of one that outlived its attempt: not to be taken again meanwhile. */
  readonly #held = new Set<string>()
  #claiming: Promise<void> | undefined
  #claimAgain = false
  #stopped = false
  /** Each ends one attempt. */
  readonly #ends = new Set<AbortController>()

  constructor(deps: WorkerDeps, handlers: EventHandlers) {
    this.#deps = deps
    this.#handlers = handlers
    this.#kinds = Object.keys(handlers)
    this.#poll = setInterval(() => this.wake(), POLL_MS).unref()
    this.wake()
  }

  /** Looks for due events now rather than at the next poll. */
  wake(): void {
    if (this.#stopped || this.#kinds.length === 0) return
    if (this.#claiming) {
      this.#claimAgain = true
      return
    }
    this.#claiming = this.#claim().finally(() => {
      this.#claiming = undefined
      if (!this.#claimAgain) return
      this.#claimAgain = false
      this.wake()
    })
  }

  /** Resolves when nothing is due and nothing under way. */
  async idle(): Promise<void> {
    if (this.#kinds.length === 0) return
    do {
      this.wake()
      await this.#settled()
    } while (!this.#stopped && (await hasDueEvent(this.#deps.db, this.#claimable())))
  }

  /** Takes nothing more and waits five seconds for what is under way, which then waits for another process. */
  async stop(): Promise<void> {
    this.#stopped = true
    clearInterval(this.#poll)
    const cut = setTimeout(() => {
      for (const end of this.#ends) end.abort()
    }, STOP_MS)
    await this.#settled()
    clearTimeout(cut)
  }

  async #settled(): Promise<void> {
    while (this.#claiming || this.#attempts.size > 0) await Promise.all([this.#claiming, ...this.#attempts])
  }

  #claimable(): Claimable {
    return { kinds: this.#kinds, now: this.#deps.clock(), except: [...this.#held] }
  }

  async #claim(): Promise<void> {
    const limit = AT_ONCE - this.#attempts.size
    if (limit <= 0) return
    try {
      const due = this.#claimable()
      const rows = await claimDueEvents(this.#deps.db, due, { until: later(due.now, LEASE_MS), limit })
      for (const row of rows) this.#start(row)
    } catch (error) {
      if (unavailableCode(error) !== undefined) return // told where the database is watched; the next poll tries again
      this.#deps.log.error({ error_code: errorCode(error) }, 'The outbox could not be read; the next poll tries again.')
    }
  }

  #start(row: OutboxRow): void {
    const attempt = this.#attempt(row)
      .catch((error) =>
        this.#deps.log.error({ event_id: row.id, error_code: errorCode(error) }, 'The outcome of a delivery could not be stored.'),
      )
      .finally(() => {
        this.#attempts.delete(attempt)
        this.wake()
      })
    this.#attempts.add(attempt)
  }

  async #attempt(row: OutboxRow): Promise<void> {
    const { db, clock, random, log } = this.#deps
    const error = await this.#deliver(row).then(() => undefined, errorCode)
    if (error === undefined) return deleteEvent(db, row.id)
    const delayMs = retryDelayMs(row.attempts, random)
    await postponeEvent(db, { row, error, dueAt: delayMs === undefined ? undefined : later(clock(), delayMs) })
    const fields = { event_id: row.id, attempt: row.attempts, error_code: error }
    if (delayMs === undefined) log.error(fields, 'An event could not be delivered and was given up.')
    else log.warn({ ...fields, retry_in_s: Math.round(delayMs / 1000) }, 'An event could not be delivered and will be tried again.')
  }

  async #deliver(row: OutboxRow): Promise<void> {
    const event = await openEvent(this.#deps.vault, row.payload_sealed)
    if (isTooLate(event, this.#deps.clock())) return
    const [tooLong, end] = [new AbortController(), new AbortController()]
    const handled = handle(this.#handlers, event, row.attempts, tooLong.signal)
    this.#held.add(row.id)
    handled.catch(() => {}).finally(() => this.#held.delete(row.id))
    this.#ends.add(end)
    await within(ATTEMPT_MS, handled, { abort: tooLong, end }).finally(() => this.#ends.delete(end))
  }
}

function isTooLate(event: Event, now: Date): boolean {
  return (event.kind === 'mail' || event.kind === 'sms') && event.useful_until !== undefined && new Date(event.useful_until) <= now
}

async function openEvent(vault: Vault, sealed: Buffer): Promise<Event> {
  return eventSchema.parse(JSON.parse(await vault.openSystem('outbox.payload_sealed', sealed)))
}

async function handle(handlers: EventHandlers, event: Event, attempt: number, signal: AbortSignal): Promise<void> {
  switch (event.kind) {
    case 'mail':
      return handlers.mail?.(event, attempt, signal)
    case 'sms':
      return handlers.sms?.(event, attempt, signal)
    case 'backchannel_logout':
      return handlers.backchannel_logout?.(event, attempt, signal)
    case 'export':
      return handlers.export?.(event, attempt, signal)
    default:
      throw new Error(`no such kind: ${event satisfies never}`)
  }
}

/** Waits for work as long as it may take, or until it is ended; then has it aborted and throws. */
async function within(
  limitMs: number,
  work: Promise<void>,
  { abort, end }: { abort: AbortController; end: AbortController },
): Promise<void> {
  const givenUp = wait(limitMs, 'timed_out', { signal: end.signal })
    .catch(() => 'stopped')
    .then((code) => {
      abort.abort()
      throw Object.assign(new Error('an attempt took too long'), { code })
    })
  try {
    await Promise.race([work, givenUp])
  } finally {
    givenUp.catch(() => {})
    end.abort()
  }
}

const later = (now: Date, ms: number): Date => new Date(now.getTime() + ms)

/** A word for what went wrong. Messages stay out of rows and logs: mail servers quote addresses in theirs. */
function errorCode(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown'
  const code = 'code' in error ? String(error.code) : error.name
  return /^[\w.-]{1,64}$/.test(code) ? code : 'unknown'
}
