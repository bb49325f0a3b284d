import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import type { App } from '../app.ts'
import type { Config } from '../config.ts'
import type { GroupFile, Groups } from '../group/index.ts'
import { processClock } from '../ports/clock.ts'
import type { Logger } from '../ports/log.ts'
import { createMetrics } from '../ports/metrics.ts'
import { measureProcess } from '../ports/process-metrics.ts'
import { systemRandom } from '../ports/random.ts'
import type { Db } from '../store/db.ts'
import { LOOK_UP_CONNECTIONS } from '../store/look-ups.ts'
import { StoreRefused } from '../store/store-refused.ts'
import { openDataKeys } from './data-keys.ts'
import type { OpenDatabase } from './open-database.ts'
import { proxyWarnings } from './proxy-warnings.ts'
import { readyText } from './ready-text.ts'
import type { Surroundings } from './run-command.ts'

/** Of PostgreSQL's hundred connections the embedded server keeps some for commands that join it, and each process has some for look-ups. */
const EMBEDDED_CONNECTIONS = 80
const CONNECTIONS = 10

/** The app as the configuration wants it, with the real clock, chance and a set of metrics for this process. */
export async function openApp(
  config: Config,
  database: OpenDatabase,
  { log, processes = 1, opsPort }: { log: Logger; processes?: number; opsPort?: number },
): Promise<App> {
  const { createApp } = await import('../app.ts')
  const { smtpUrl, from } = config.mail
  const metrics = createMetrics()
  measureProcess(metrics)
  const ofEmbedded = Math.floor(EMBEDDED_CONNECTIONS / processes) - LOOK_UP_CONNECTIONS
  const share = config.database.url ? CONNECTIONS : Math.min(CONNECTIONS, Math.max(2, ofEmbedded))
  return createApp(
    {
      issuer: config.issuer,
      production: config.production,
      listen: config.listen,
      trustProxy: config.trustProxy,
      drainMs: opsPort === undefined ? 0 : config.drainS * 1000,
      database: { url: database.url, maxConnections: share },
      dataKeys: await openDataKeys(config, database.dataDir),
      breachedPasswords: config.breachedPasswords,
      erasureList: erasureListOf(config, database),
      ...(opsPort !== undefined && { opsPort }),
      ...(smtpUrl && { smtp: { url: smtpUrl, from } }),
      ...(config.sms && { sms: config.sms }),
    },
    { clock: processClock, random: systemRandom, log, metrics },
  )
}

/** Where the list of erased accounts is kept beside the database. */
export const erasureListOf = ({ erasureList }: Config, { dataDir }: Pick<OpenDatabase, 'dataDir'>): string =>
  erasureList ?? join(dataDir, 'erased-accounts')

/** Makes the database say what the group file says. @throws StoreRefused when production would run with a demo's secrets */
export async function useGroup(groups: Groups, db: Db, file: GroupFile | undefined, log: Logger): Promise<void> {
  const differences = file ? await groups.apply(db, file) : []
  if (differences.length > 0) log.info({ differences: differences.length }, 'the group file was applied')
  const weak = groups.demoSecrets()
  if (weak.length > 0) throw new StoreRefused(`these clients still have a demo's secret, which production refuses: ${weak.join(', ')}`)
}

/** The demo sites, where they are wanted; then tells that all of it is ready. */
export async function announce(config: Config, { print }: Surroundings, log: Logger): Promise<{ close(): Promise<void> }> {
  const sites = config.demo ? await startDemoSites(config, log) : undefined
  for (const warning of proxyWarnings(config)) log.warn(warning)
  const readyMs = Math.round(performance.now())
  if (config.production) log.info({ issuer: config.issuer, duration_ms: readyMs }, 'Atrium is ready')
  else print(readyText(config, sites?.urls ?? [], readyMs))
  return { close: async () => sites?.close() }
}

async function startDemoSites({ issuer }: Config, log: Logger) {
  const { startDemoSites } = await import('../demo/index.ts')
  return startDemoSites({ issuer, log })
}
