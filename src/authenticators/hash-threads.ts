import { Worker } from 'node:worker_threads'
import type { OwnLegacyHash } from './verify-legacy-hash.ts'

/** What a thread is asked. */
export type HashTask =
  | { readonly kind: 'hash'; readonly password: string; readonly options: { memoryCost: number; timeCost: number; parallelism: number } }
  | { readonly kind: 'verify'; readonly phc: string; readonly password: string }
  | { readonly kind: 'legacy'; readonly hash: OwnLegacyHash; readonly password: string }
/** What it answers; errors do not cross threads, so of a failure there is the message. */
export type HashAnswer = { readonly ok: true; readonly value: string | boolean } | { readonly ok: false; readonly message: string }

interface Thread {
  readonly worker: Worker
  settle: ((answer: HashAnswer) => void) | undefined
}

const WORKER = new URL('./hash-worker.ts', import.meta.url)

/**
 * Threads of their own for passwords. In libuv's pool, where WebCrypto's signatures queue too, they would hold up every token; these also give way to
 * all other work of the machine. Started when they are first needed; an idle one does not keep the process alive.
 *
 * Starts as many as there are tasks at once: how many that may be is the caller's queue.
 */
export class HashThreads {
  readonly #idle: Thread[] = []
  readonly #all = new Set<Thread>()

  /** Throws what the hash throws, and when the thread dies. */
  async run(task: HashTask): Promise<string | boolean> {
    const thread = this.#idle.pop() ?? this.#start()
    const answer = await new Promise<HashAnswer>((resolve) => {
      thread.settle = resolve
      thread.worker.ref()
      thread.worker.postMessage(task)
    })
    thread.settle = undefined
    thread.worker.unref()
    if (this.#all.has(thread)) this.#idle.push(thread)
    if (!answer.ok) throw new Error(answer.message)
    return answer.value
  }

  async close(): Promise<void> {
    await Promise.all([...this.#all].map(({ worker }) => worker.terminate()))
  }

  #start(): Thread {
    const thread: Thread = { worker: new Worker(WORKER, { execArgv: [] }), settle: undefined }
    this.#all.add(thread)
    const gone = (message: string) => {
      this.#all.delete(thread)
      if (this.#idle.includes(thread)) this.#idle.splice(this.#idle.indexOf(thread), 1)
      thread.settle?.({ ok: false, message })
    }
    thread.worker
      .on('message', (answer: HashAnswer) => thread.settle?.(answer))
      .on('error', (error) => gone(error.message))
      .on('exit', () => gone('the hashing thread ended'))
    return thread
  }
}
