import { type ChildProcess, spawn } from 'node:child_process'
import { open, readFile, rmdir, stat } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { realNowMs } from '../ports/clock.ts'
import type { PostgresBinaries } from './postgres-binaries.ts'
import {
  type Cluster,
  isAlive,
  makeSocketDir,
  OWNER,
  readPassword,
  readPostmaster,
  removeStaleLocks,
  runs,
  SERVER_ENV,
} from './postgres-cluster.ts'
import { StoreRefused } from './store-refused.ts'

/** A server that answers. */
export interface Running {
  /** A session in the database `postgres`. */
  readonly owner: pg.Client
  readonly socketDir: string
  /** `18.4` */
  readonly version: string
}

export interface ServerOptions {
  readonly binaries: PostgresBinaries
  /** False: a crash of the machine may lose data. */
  readonly durable: boolean
}

/** Recovery after a crash of the machine replays at most `max_wal_size`. */
const START_TIMEOUT_MS = 60_000
const POLL_MS = 10
const RETRY_MS = 300
const MAX_FAILED_STARTS = 3

/** Connects to the cluster's server and starts it first if none runs. PostgreSQL itself sees to it that only one can. */
export async function runServer(cluster: Cluster, options: ServerOptions): Promise<Running> {
  const deadline = realNowMs() + START_TIMEOUT_MS
  let child: Child | undefined
  const failures: string[] = []
  for (; realNowMs() < deadline; await sleep(POLL_MS)) {
    const postmaster = await readPostmaster(cluster)
    const session = postmaster && (await connect(cluster, postmaster.socketDir))
    if (session) return { ...session, socketDir: postmaster.socketDir }
    if (child && !child.failed()) continue
    if (child) failures.push(await child.reason())
    child = undefined
    if (postmaster && (await runs(postmaster))) continue // another process starts or stops it
    if (failures.length >= MAX_FAILED_STARTS) throw new StoreRefused(`PostgreSQL does not start: ${failures.at(-1)}`)
    if (failures.length > 0) await sleep(RETRY_MS)
    const socketDir = await makeSocketDir(cluster) // each time: whoever stopped the server before us removed it
    await removeStaleLocks(cluster, socketDir)
    child = await spawnServer(cluster, socketDir, options)
  }
  throw new StoreRefused(`PostgreSQL did not become ready within ${START_TIMEOUT_MS / 1000} s, see ${cluster.logFile}`)
}

/** A session of the server behind the socket; undefined while there is none, or it is still starting or already stopping. */
export async function connect(cluster: Cluster, socketDir: string): Promise<Omit<Running, 'socketDir'> | undefined> {
  const client = new pg.Client({
    host: socketDir,
    user: OWNER,
    password: await readPassword(cluster),
    database: 'postgres',
    application_name: `atrium ${process.pid}`,
    connectionTimeoutMillis: 5_000,
  })
  client.on('error', () => {}) // told by 'end', which follows
  try {
    await client.connect()
    await createDatabase(client)
    return { owner: client, version: await versionOf(client) }
  } catch (error) {
    await client.end().catch(() => {}) // never connected
    if (isNotReady(error)) return undefined
    throw error
  }
}

/** No socket, nobody at the socket, the other side hung up, starting up or shutting down. */
const NOT_READY = new Set(['ENOENT', 'ECONNREFUSED', 'ECONNRESET', 'EPIPE', '57P03', '57P01'])

function isNotReady(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  // pg's own word for a connection that closed in the middle has no code
  return 'code' in error ? NOT_READY.has(String(error.code)) : error.message.startsWith('Connection terminated')
}

const DUPLICATE_DATABASE = '42P04'
const UNIQUE_VIOLATION = '23505'

async function createDatabase(client: pg.Client): Promise<void> {
  const { rowCount } = await client.query('select from pg_database where datname = $1', [OWNER])
  if (rowCount) return
  await client.query(`create database ${OWNER}`).catch((error: { code?: string }) => {
    if (error.code !== DUPLICATE_DATABASE && error.code !== UNIQUE_VIOLATION) throw error // else another process was faster
  })
}

async function versionOf(client: pg.Client): Promise<string> {
  const { rows } = await client.query<{ server_version: string }>('show server_version')
  return /^[\d.]+/.exec(rows[0]?.server_version ?? '')?.[0] ?? ''
}

interface Child {
  failed(): boolean
  /** What the server wrote as it gave up. */
  reason(): Promise<string>
}

/** Sized for a small machine; a bigger one sets `DATABASE_URL`. */
const SETTINGS = {
  listen_addresses: '',
  unix_socket_permissions: '0700',
  cluster_name: 'atrium',
  shared_buffers: '64MB',
  max_connections: '100',
  max_wal_size: '512MB',
  jit: 'off',
  timezone: 'UTC',
  log_timezone: 'UTC',
  log_checkpoints: 'off',
  // never the text of a statement, nor the key that was a duplicate: the log is not for personal data
  log_min_messages: 'log',
  log_min_error_statement: 'panic',
}

const NOT_DURABLE = { fsync: 'off', full_page_writes: 'off' }

async function spawnServer(cluster: Cluster, socketDir: string, { binaries, durable }: ServerOptions): Promise<Child> {
  const settings = Object.entries({ ...SETTINGS, ...(durable ? {} : NOT_DURABLE) }).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  const { log, offset } = await openLog(cluster)
  const child: ChildProcess = spawn(binaries.postgres, ['-D', cluster.folder, '-k', socketDir, ...settings], {
    // a file rather than a pipe, and a session of its own: neither our death nor a Ctrl-C meant for us reaches the server
    stdio: ['ignore', log.fd, log.fd],
    detached: true,
    env: SERVER_ENV,
    cwd: cluster.dataDir,
    ...cluster.user,
  })
  let failure: Error | undefined
  child.on('error', (error) => {
    failure = error
  })
  child.unref()
  await log.close()
  return {
    failed: () => failure !== undefined || child.exitCode !== null || child.signalCode !== null,
    reason: async () => failure?.message ?? lastFatal((await readFile(cluster.logFile, 'utf8')).slice(offset)),
  }
}

const LONGEST_LOG_BYTES = 1_000_000

async function openLog({ logFile: file, user }: Cluster) {
  const size = await stat(file).then(
    (s) => s.size,
    () => 0,
  )
  const log = await open(file, size > LONGEST_LOG_BYTES ? 'w' : 'a', 0o600)
  if (user) await log.chown(user.uid, user.gid) // so that whoever owns the data can start without us, too
  return { log, offset: size > LONGEST_LOG_BYTES ? 0 : size }
}

function lastFatal(log: string): string {
  const lines = log.trim().split('\n')
  return lines.findLast((line) => /FATAL|PANIC/.test(line))?.replace(/^.*(FATAL|PANIC): +/, '') ?? lines.at(-1) ?? ''
}

const STOP_TIMEOUT_MS = 10_000

/** Asks the server to end its sessions and stop (SIGINT, "fast"), then insists (SIGQUIT, "immediate": the next start recovers). */
export async function stopServer(cluster: Cluster): Promise<void> {
  const postmaster = await readPostmaster(cluster)
  if (!postmaster || !(await runs(postmaster))) return
  for (const signal of ['SIGINT', 'SIGQUIT', 'SIGKILL'] as const) {
    if (await stoppedBy(signal, postmaster.pid)) break
  }
  await rmdir(postmaster.socketDir).catch(() => {}) // not empty after a hard stop; the next start uses it again
}

async function stoppedBy(signal: NodeJS.Signals, pid: number): Promise<boolean> {
  if (isAlive(pid)) process.kill(pid, signal)
  for (const deadline = realNowMs() + STOP_TIMEOUT_MS; realNowMs() < deadline; await sleep(POLL_MS)) {
    if (!isAlive(pid)) return true
  }
  return false
}
