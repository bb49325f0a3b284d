import { Overloaded } from '../ports/overloaded.ts'

export interface WorkQueueOptions {
  /** Tasks that run at once. */
  readonly concurrency: number
  /** Tasks that may wait; one more is turned away. */
  readonly limit: number
  /** Turned away is also who would wait longer than this, going by how long tasks took lately. In milliseconds. */
  readonly longestWaitMs: number
  /** The longest a task waits for its turn when it turns out slower than that, in milliseconds of real time. */
  readonly deadlineMs: number
}

/** What waits now is through by then, and those turned away do not all come back at once with the next second. */
const RETRY_AFTER_S = 5
const NEWEST_WEIGHS = 0.1
/** With less of the queue than this taken nobody is turned away: on a machine that slow its processor is somebody else's. */
const FEW = 0.2

interface Waiting {
  start(): void
  readonly deadline: NodeJS.Timeout
}

/** Runs tasks a few at a time, first come, first served, and turns away what it could not start soon enough. */
export class WorkQueue {
  readonly #options: WorkQueueOptions
  readonly #waiting = new Set<Waiting>()
  #running = 0
  /** Of late, weighted by how late. */
  #taskMs = 0

  constructor(options: WorkQueueOptions) {
    this.#options = options
  }

  /** Tasks that wait for their turn now. */
  get waiting(): number {
    return this.#waiting.size
  }

  /** How much of the longest wait a task that comes now would have, going by how long tasks took lately: at 1 it is turned away. */
  get fullness(): number {
    const { concurrency, limit, longestWaitMs } = this.#options
    if (this.#running < concurrency) return 0
    const expectedWaitMs = ((this.#waiting.size + 1) * this.#taskMs) / concurrency
    const part = (this.#waiting.size + 1) / (limit + 1)
    return part < FEW ? part : Math.max(part, expectedWaitMs / longestWaitMs)
  }

  /** Throws {@link Overloaded} when the queue is full, or when the deadline passed before the task's turn. A task that started always ends. */
  async run<T>(task: () => Promise<T>): Promise<T> {
    if (this.#running >= this.#options.concurrency) await this.#turn()
    else this.#running += 1
    const startedMs = performance.now()
    try {
      return await task()
    } finally {
      this.#taskMs += (performance.now() - startedMs - this.#taskMs) * NEWEST_WEIGHS
      this.#next()
    }
  }

  #turn(): Promise<void> {
    if (this.fullness >= 1) throw this.#overloaded()
    return new Promise((resolve, reject) => {
      const giveUp = () => {
        this.#waiting.delete(waiting)
        reject(this.#overloaded())
      }
      const waiting: Waiting = { start: resolve, deadline: setTimeout(giveUp, this.#options.deadlineMs) }
      this.#waiting.add(waiting)
    })
  }

  /** Hands the place of a task that ended to the one that waits longest. */
  #next(): void {
    const [first] = this.#waiting
    if (!first) {
      this.#running -= 1
      return
    }
    clearTimeout(first.deadline)
    this.#waiting.delete(first)
    first.start()
  }

  #overloaded(): Overloaded {
    return new Overloaded('too many passwords are waiting to be hashed', RETRY_AFTER_S)
  }
}
