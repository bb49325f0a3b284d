import { Overloaded } from '../ports/overloaded.ts'

export interface WorkQueueOptions {
  /** Tasks that run at once. */
  readonly concurrency: number
  /** Tasks that may wait; one more is turned away. */
  readonly limit: number
  /** The longest a task waits for its turn, in milliseconds of real time. */
  readonly deadlineMs: number
}

interface Waiting {
  start(): void
  readonly deadline: NodeJS.Timeout
}

/** Runs tasks a few at a time, first come, first served, and turns away what it could not start soon enough. */
export class WorkQueue {
  readonly #options: WorkQueueOptions
  readonly #waiting = new Set<Waiting>()
  #running = 0

  constructor(options: WorkQueueOptions) {
    this.#options = options
  }

  /** Throws {@link Overloaded} when the queue is full, or when the deadline passed before the task's turn. A task that started always ends. */
  async run<T>(task: () => Promise<T>): Promise<T> {
    if (this.#running >= this.#options.concurrency) await this.#turn()
    else this.#running += 1
    try {
      return await task()
    } finally {
      this.#next()
    }
  }

  #turn(): Promise<void> {
    if (this.#waiting.size >= this.#options.limit) throw this.#overloaded()
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
    return new Overloaded('too many passwords are waiting to be hashed', Math.ceil(this.#options.deadlineMs / 1000))
  }
}
