import cluster from 'node:cluster'
import type { Config } from '../config.ts'
import type { Logger } from '../ports/log.ts'
import type { Snapshot } from '../ports/metrics.ts'
import type { Readiness } from '../serving.ts'
import { letGoOfStart } from './let-go.ts'
import { openApp } from './open-app.ts'
import { openDatabase } from './open-database.ts'

/** What the first process asks of a worker, and what comes back with the same id. Both ends are this program. */
export type Question = { readonly ask: 'state'; readonly id: number } | { readonly ask: 'stop' }
/** What a worker tells the first process. */
export type Answer = { readonly answer: 'ready' } | { readonly answer: 'state'; readonly id: number; readonly state: WorkerState }

/** What the ops port tells of a worker. */
export interface WorkerState {
  readonly readiness: Readiness
  readonly metrics: Snapshot
}

/**
 * Serves as one of several processes: the first one, which started this one, owns the embedded PostgreSQL, migrations, the group file and the ops
 * port, and decides when this one ends. Signals reach a whole terminal or service, so they are left to the first process.
 */
export async function serveAsWorker(config: Config, parentLog: Logger, processes: number): Promise<void> {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {})
  const log = parentLog.child({ worker: cluster.worker?.id })
  const database = await openDatabase(config)
  const app = await openApp(config, database, { log, processes })
  const stopped = Promise.withResolvers<void>()
  process.on('message', (question: Question) => {
    if (question.ask === 'stop') return stopped.resolve()
    void Promise.all([app.readiness(), app.metrics.snapshot()]).then(([readiness, metrics]) =>
      tell({ answer: 'state', id: question.id, state: { readiness, metrics } }),
    )
  })
  await app.listen()
  tell({ answer: 'ready' })
  letGoOfStart()
  await stopped.promise
  await app.close()
  process.disconnect()
}

const tell = (answer: Answer): void => void process.send?.(answer)
