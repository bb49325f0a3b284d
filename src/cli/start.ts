import { availableParallelism } from 'node:os'
import type { Config } from '../config.ts'
import type { GroupFile } from '../group/index.ts'
import { createLogger, type Logger } from '../ports/log.ts'
import { migrate } from '../store/migrate.ts'
import { letGoOfStart } from './let-go.ts'
import { announce, openApp, useGroup } from './open-app.ts'
import { openDatabase } from './open-database.ts'
import { readGroupFile } from './open-groups.ts'
import { readConfig } from './read-config.ts'
import { refusePending } from './refuse-pending.ts'
import type { Surroundings } from './run-command.ts'
import { untilStopped } from './until-stopped.ts'

/** What is opened at a start is closed at the end, last first, also when the start fails half-way. */
export type Opened = (() => Promise<void>)[]

/** `atrium start [--demo] [--no-migrate]`: serves until it is asked to stop. */
export async function start(surroundings: Surroundings, options: { demo?: true; migrate: boolean }): Promise<void> {
  const config = readConfig(surroundings, { demo: options.demo ?? false })
  const processes = config.workers === 'auto' ? availableParallelism() : config.workers
  const log = createLogger(config.logLevel)
  if (processes > 1 && (await import('node:cluster')).default.isWorker)
    return (await import('./worker.ts')).serveAsWorker(config, log, processes)
  const stopped = untilStopped()
  const groupFile = config.groupFile === undefined ? undefined : await readGroupFile(config.groupFile)
  import('../app.ts').catch(() => {}) // loads while PostgreSQL starts; openApp meets the error, if there is one
  const opened: Opened = []
  try {
    const database = await openDatabase(config, { own: true, log })
    opened.push(database.close)
    await (options.migrate ? runMigrations(database.url, log) : refusePending(database.url))
    const starting = { config, database, groupFile, log, opened }
    if (processes > 1) await (await import('./workers.ts')).startWorkers(starting, processes)
    else await startAlone(starting)
    opened.push((await announce(config, surroundings, log)).close)
    letGoOfStart()
    await stopped
  } finally {
    for (const close of opened.reverse()) await close()
  }
}

export interface Starting {
  readonly config: Config
  readonly database: Awaited<ReturnType<typeof openDatabase>>
  readonly groupFile: GroupFile | undefined
  readonly log: Logger
  readonly opened: Opened
}

async function startAlone({ config, database, groupFile, log, opened }: Starting): Promise<void> {
  const app = await openApp(config, database, { log, opsPort: config.opsPort })
  opened.push(app.close)
  await useGroup(app.groups, app.store.db, groupFile, log)
  await app.listen()
}

async function runMigrations(url: string, log: Logger): Promise<void> {
  for (const { name } of await migrate(url)) log.info({ migration: name }, 'a migration ran')
}
