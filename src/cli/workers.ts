import cluster, { type Worker } from 'node:cluster'
import { once } from 'node:events'
import { setTimeout as wait } from 'node:timers/promises'
import type { Logger } from '../ports/log.ts'
import { createMetrics } from '../ports/metrics.ts'
import { metricsText, together } from '../ports/metrics-text.ts'
import { measureProcess } from '../ports/process-metrics.ts'
import { closeServer, listenOn } from '../web/listen.ts'
import { createOpsServer, type Readiness } from '../web/ops-server.ts'
import { CommandFailed } from './command-failed.ts'
import { useGroup } from './open-app.ts'
import { withGroupsOf } from './open-groups.ts'
import type { Starting } from './start.ts'
import type { Answer, Question, WorkerState } from './worker.ts'

/** A worker that dies young is started again later and later. */
const FIRST_DELAY_MS = 100
const LONGEST_DELAY_MS = 30_000
const YOUNG_MS = 60_000
const ANSWER_WITHIN_MS = 2_000

/**
 * Serves with several processes (`ATRIUM_WORKERS`). This one takes no requests: it hands connections to the workers, starts a worker again that
 * died, and answers for all of them on the ops port.
 */
export async function startWorkers({ config, database, groupFile, log, opened }: Starting, processes: number): Promise<void> {
  await withGroupsOf(config, database, (groups, db) => useGroup(groups, db, groupFile, log))
  const workers = new Workers(log)
  const own = createMetrics()
  measureProcess(own)
  const newOps = () =>
    createOpsServer({
      readiness: async () => readinessOf(await workers.states(), processes, workers.stopping),
      metrics: async () => metricsText(together([await own.snapshot(), ...(await workers.states()).map(({ metrics }) => metrics)])),
    })
  const ops = await listenOn(newOps, { hosts: ['127.0.0.1'], port: config.opsPort })
  opened.push(async () => void (await Promise.all(ops.map(closeServer))))
  opened.push(() => workers.stop(config.drainS * 1000))
  await Promise.all(Array.from({ length: processes }, () => workers.start()))
}

function readinessOf(states: readonly WorkerState[], processes: number, stopping: boolean): Readiness {
  const ready = states.filter(({ readiness }) => readiness.ready).length
  const database = states.find(({ readiness }) => readiness.checks.database === 'ok') ? 'ok' : 'does not answer'
  return { ready: ready > 0 && !stopping, checks: { database, process: stopping ? 'stopping' : 'ok', workers: `${ready} of ${processes}` } }
}

class Workers {
  readonly #log: Logger
  readonly #serving = new Set<Worker>()
  readonly #asked = new Map<number, (state: WorkerState) => void>()
  #lastId = 0
  #died = 0
  stopping = false

  constructor(log: Logger) {
    this.#log = log
  }

  /** Resolves once the worker answers requests. Rejects when it ends before that: the first start fails as a whole. */
  async start(): Promise<void> {
    const worker = cluster.fork()
    const startedMs = performance.now()
    const ready = Promise.withResolvers<void>()
    worker.on('message', (answer: Answer) => {
      if (answer.answer === 'state') return this.#asked.get(answer.id)?.(answer.state)
      this.#serving.add(worker)
      ready.resolve()
    })
    worker.on('exit', (code: number | null, signal: string | null) => {
      const wasServing = this.#serving.delete(worker)
      if (this.stopping) return
      if (!wasServing) return ready.reject(new CommandFailed([`a worker ended before it was ready (${signal ?? code})`], 1))
      this.#log.error({ worker: worker.id, exit_code: code, signal }, 'a worker died and is started again')
      void this.#startAgain(performance.now() - startedMs)
    })
    worker.on('error', (error) => ready.reject(error)) // the system makes no more processes
    await ready.promise
  }

  async #startAgain(livedMs: number): Promise<void> {
    this.#died = livedMs < YOUNG_MS ? this.#died + 1 : 0
    await wait(Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** this.#died), undefined, { ref: false })
    if (this.stopping) return
    await this.start().catch((err: unknown) => {
      this.#log.error({ err }, 'a worker could not be started again')
      return this.#startAgain(0)
    })
  }

  /** What the workers say of themselves; one that does not answer in time is left out. */
  async states(): Promise<readonly WorkerState[]> {
    const states = await Promise.all([...this.#serving].map((worker) => this.#stateOf(worker)))
    return states.filter((state) => state !== undefined)
  }

  async #stateOf(worker: Worker): Promise<WorkerState | undefined> {
    const id = ++this.#lastId
    const { promise, resolve } = Promise.withResolvers<WorkerState>()
    this.#asked.set(id, resolve)
    send(worker, { ask: 'state', id })
    const late = new AbortController()
    const state = await Promise.race([promise, wait(ANSWER_WITHIN_MS, undefined, { signal: late.signal }).catch(() => undefined)])
    late.abort()
    this.#asked.delete(id)
    return state
  }

  /** Goes on while load balancers notice, then has every worker finish what it is at. */
  async stop(drainMs: number): Promise<void> {
    this.stopping = true
    if (this.#serving.size > 0) await wait(drainMs)
    const workers = Object.values(cluster.workers ?? {}).filter((worker) => worker !== undefined)
    await Promise.all(
      workers.map(async (worker) => {
        const ended = once(worker, 'exit')
        if (this.#serving.has(worker)) send(worker, { ask: 'stop' })
        else worker.kill('SIGKILL') // it serves nobody yet
        await ended
      }),
    )
  }
}

/** To a worker that may have died this instant. */
const send = (worker: Worker, question: Question): void => {
  if (worker.isConnected()) worker.send(question, () => {})
}
