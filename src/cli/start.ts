import { performance } from 'node:perf_hooks'
import type { App } from '../app.ts'
import type { Config } from '../config.ts'
import type { GroupFile } from '../group/index.ts'
import { processClock } from '../ports/clock.ts'
import { createLogger, type Logger } from '../ports/log.ts'
import { systemRandom } from '../ports/random.ts'
import { migrate } from '../store/migrate.ts'
import { StoreRefused } from '../store/store-refused.ts'
import { openDataKeys } from './data-keys.ts'
import { type OpenDatabase, openDatabase } from './open-database.ts'
import { readGroupFile, refusePending } from './open-groups.ts'
import { readConfig } from './read-config.ts'
import { readyText } from './ready-text.ts'
import type { Surroundings } from './run-command.ts'
import { untilStopped } from './until-stopped.ts'

/** `atrium start [--demo] [--no-migrate]`: serves until it is asked to stop. */
export async function start(surroundings: Surroundings, options: { demo?: true; migrate: boolean }): Promise<void> {
  const stopped = untilStopped()
  const config = readConfig(surroundings, { demo: options.demo ?? false })
  const groupFile = config.groupFile === undefined ? undefined : await readGroupFile(config.groupFile)
  const log = createLogger(config.logLevel)
  if (config.workers !== 1) log.warn({ workers: config.workers }, 'this version serves with one process whatever ATRIUM_WORKERS says')
  import('../app.ts').catch(() => {}) // loads while PostgreSQL starts; openApp meets the error, if there is one
  const opened: (() => Promise<void>)[] = []
  try {
    const database = await openDatabase(config, { own: true, log })
    opened.push(database.close)
    await (options.migrate ? runMigrations(database.url, log) : refusePending(database.url))
    const app = await openApp(config, database, log)
    opened.push(app.close)
    await useGroup(app, groupFile, log)
    await app.listen()
    const sites = config.demo ? await startDemoSites(config, log) : undefined
    if (sites) opened.push(sites.close)
    const readyMs = Math.round(performance.now())
    if (config.production) log.info({ issuer: config.issuer, duration_ms: readyMs }, 'Atrium is ready')
    else surroundings.print(readyText(config, sites?.urls ?? [], readyMs))
    await stopped
  } finally {
    for (const close of opened.reverse()) await close()
  }
}

async function runMigrations(url: string, log: Logger): Promise<void> {
  for (const { name } of await migrate(url)) log.info({ migration: name }, 'a migration ran')
}

async function openApp(config: Config, database: OpenDatabase, log: Logger): Promise<App> {
  const { createApp } = await import('../app.ts')
  const { smtpUrl, from } = config.mail
  return createApp(
    {
      issuer: config.issuer,
      production: config.production,
      listen: config.listen,
      trustProxy: config.trustProxy,
      opsPort: config.opsPort,
      database: { url: database.url },
      dataKeys: await openDataKeys(config, database.dataDir),
      ...(smtpUrl && { smtp: { url: smtpUrl, from } }),
    },
    { clock: processClock, random: systemRandom, log },
  )
}

async function useGroup(app: App, file: GroupFile | undefined, log: Logger): Promise<void> {
  const differences = file ? await app.groups.apply(app.store.db, file) : []
  if (differences.length > 0) log.info({ differences: differences.length }, 'the group file was applied')
  const weak = app.groups.demoSecrets()
  if (weak.length > 0) throw new StoreRefused(`these clients still have a demo's secret, which production refuses: ${weak.join(', ')}`)
}

async function startDemoSites({ issuer }: Config, log: Logger) {
  const { startDemoSites } = await import('../demo/index.ts')
  return startDemoSites({ issuer, log })
}
