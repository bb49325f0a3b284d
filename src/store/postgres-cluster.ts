import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readFileSync, type Stats } from 'node:fs'
import { chmod, chown, lstat, mkdir, mkdtemp, open, readdir, readFile, realpath, rename, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { systemRandom } from '../ports/random.ts'
import type { PostgresBinaries } from './postgres-binaries.ts'
import type { SystemUser } from './postgres-user.ts'
import { StoreRefused } from './store-refused.ts'

const run = promisify(execFile)

/** The superuser of the embedded server, and the name of the database in it. */
export const OWNER = 'atrium'

/** Where everything of one embedded server is. */
export interface Cluster {
  readonly dataDir: string
  /** PostgreSQL's own data directory, in `dataDir`. */
  readonly folder: string
  readonly logFile: string
  readonly user: SystemUser | undefined
}

/** What is in `dataDir`; nothing is touched. */
export const clusterIn = (dataDir: string, user: SystemUser | undefined): Cluster => ({
  dataDir,
  folder: join(dataDir, 'postgres'),
  logFile: join(dataDir, 'postgres.log'),
  user,
})

/**
 * Makes the cluster unless it is there. It is made aside and moved into place as its last act: a process that dies half-way leaves nothing that looks
 * finished, and of two that race one wins.
 */
export async function ensureCluster(cluster: Cluster, binaries: PostgresBinaries, options: { durable: boolean }): Promise<void> {
  const made = await readFile(join(cluster.folder, 'PG_VERSION'), 'utf8').catch(whenMissing)
  if (made === undefined) return makeCluster(cluster, binaries, options)
  if (Number(made) === binaries.major) return
  throw new StoreRefused(
    `${cluster.folder} holds data of PostgreSQL ${made.trim()} and this version of Atrium brings ${binaries.major}: dump it with the old version and restore it into a new ATRIUM_DATA_DIR, or set DATABASE_URL`,
  )
}

/** Undefined where a file is missing; any other failure (a folder of another user) is told in words. */
function whenMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code === 'ENOENT') return undefined
  throw new StoreRefused(`the database's files cannot be read (${error.message}): start as the user who made them, or set ATRIUM_DATA_DIR`)
}

async function makeCluster(cluster: Cluster, binaries: PostgresBinaries, { durable }: { durable: boolean }): Promise<void> {
  await removeAbandoned(cluster.dataDir)
  const aside = join(cluster.dataDir, `.initdb-${process.pid}`)
  await mkdir(aside, { mode: 0o700 })
  const passwordFile = join(aside, 'password')
  await writeFile(passwordFile, systemRandom.bytes(32).toString('base64url'), { mode: 0o600 })
  await own([aside, passwordFile], cluster.user)
  const made = join(aside, 'postgres')
  await run(binaries.initdb, initdbFlags(made, passwordFile, binaries, durable), {
    env: SERVER_ENV,
    cwd: cluster.dataDir,
    ...cluster.user,
  }).catch(cannotMake)
  await rename(passwordFile, join(made, PASSWORD_FILE))
  await rename(made, cluster.folder).catch(async (error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error // else another process was faster: its cluster is as good
  })
  if (durable) await syncFolder(cluster.dataDir)
  await rm(aside, { recursive: true, force: true })
}

function cannotMake(error: Error & { stderr?: string }): never {
  const reason =
    error.stderr
      ?.trim()
      .split('\n')
      .at(-1)
      ?.replace(/^initdb: (error: )?/, '') || error.message
  throw new StoreRefused(`PostgreSQL cannot make its database here (${reason}): set DATABASE_URL to a PostgreSQL 15 or newer`, {
    cause: error,
  })
}

function initdbFlags(folder: string, passwordFile: string, { major }: PostgresBinaries, durable: boolean): string[] {
  const flags = ['-D', folder, '-U', OWNER, `--pwfile=${passwordFile}`, '--auth=scram-sha-256', '--encoding=UTF8', '--locale=C']
  // the built-in provider (17 and newer) sorts the same on every system, whatever locales it has
  if (major >= 17) flags.push('--locale-provider=builtin', '--builtin-locale=C.UTF-8')
  return durable ? flags : [...flags, '--no-sync']
}

/** What processes that died while making a cluster left behind. */
async function removeAbandoned(dataDir: string): Promise<void> {
  for (const name of await readdir(dataDir)) {
    const pid = Number(/^\.initdb-(\d+)$/.exec(name)?.[1] ?? 0)
    if (pid && (pid === process.pid || !isAlive(pid))) await rm(join(dataDir, name), { recursive: true, force: true })
  }
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder)
  await handle.sync()
  await handle.close()
}

async function own(paths: readonly string[], user: SystemUser | undefined): Promise<void> {
  if (user) await Promise.all(paths.map((path) => chown(path, user.uid, user.gid)))
}

const PASSWORD_FILE = 'atrium.password'

/** The password every connection of Atrium uses. Kept beside the data: whoever reads this file could read the data itself. */
export const readPassword = (cluster: Cluster): Promise<string> => readFile(join(cluster.folder, PASSWORD_FILE), 'utf8')

/** What PostgreSQL's programs see of our environment: nothing (`PGPORT`, `PGOPTIONS` and the like would change the server). */
export const SERVER_ENV = { LC_ALL: 'C', TZ: 'UTC', PATH: '/usr/local/bin:/usr/bin:/bin' }

/** What a lock file of PostgreSQL (`postmaster.pid`, and the one beside the socket) tells of the server that wrote it. */
export interface Postmaster {
  readonly pid: number
  /** The data directory as the server was told it: the same folder may have several paths. */
  readonly folder: string
  readonly socketDir: string
}

/** The server that runs, or ran when everything stopped at once. Undefined: none, as far as the files tell. */
export const readPostmaster = (cluster: Cluster): Promise<Postmaster | undefined> => readLock(postmasterPid(cluster))

const postmasterPid = (cluster: Cluster): string => join(cluster.folder, 'postmaster.pid')

async function readLock(file: string): Promise<Postmaster | undefined> {
  const text = await readFile(file, 'utf8').catch(whenMissing)
  const [pid = '', folder = '', , , socketDir = ''] = text?.split('\n') ?? []
  return /^\d+$/.test(pid) ? { pid: Number(pid), folder, socketDir } : undefined
}

/**
 * Removes locks that nobody holds and that PostgreSQL would respect all the same: their id belongs to another process now (after a crash of the machine or
 * the container), or to a dead one whose parent has not noticed.
 */
export async function removeStaleLocks(cluster: Cluster, socketDir: string): Promise<void> {
  for (const file of [postmasterPid(cluster), join(socketDir, '.s.PGSQL.5432.lock')]) {
    const lock = await readLock(file)
    if (lock && hasProcess(lock.pid) && !(await runs(lock))) await rm(file, { force: true })
  }
}

/** Whether the server that wrote a lock file still runs. */
export async function runs({ pid, folder }: Postmaster): Promise<boolean> {
  if (!isAlive(pid)) return false
  const command =
    process.platform === 'linux'
      ? await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')
      : await run('ps', ['-o', 'args=', '-p', String(pid)]).then(
          (r) => r.stdout,
          () => '',
        )
  return command.includes('postgres') && command.includes(folder)
}

/** Whether a process with this id works. One that is dead and not yet collected by its parent (as in a container without init) does not. */
export function isAlive(pid: number): boolean {
  if (!hasProcess(pid)) return false
  if (process.platform !== 'linux') return true
  try {
    return !/\) [ZX] [^)]*$/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    return false // gone meanwhile
  }
}

/** Whether the id is taken, also by a process of another user. */
function hasProcess(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM' // what kill(2) fails with is always an errno
  }
}

/** Socket paths are limited to 107 bytes (103 on macOS); this leaves room for `/.s.PGSQL.5432.lock`. */
const LONGEST_SOCKET_DIR = 84

/**
 * The folder of the server's socket, open to the database's user only. Its name comes from the data directory; where somebody else has taken that name, a
 * random one is made, which other processes read from `postmaster.pid`.
 */
export async function makeSocketDir(cluster: Cluster): Promise<string> {
  const name = `atrium-${createHash('sha256')
    .update(await realpath(cluster.folder))
    .digest('hex')
    .slice(0, 12)}`
  const base = Buffer.byteLength(join(tmpdir(), name)) <= LONGEST_SOCKET_DIR ? tmpdir() : '/tmp'
  const wanted = join(base, name)
  const uid = cluster.user?.uid ?? process.getuid?.()
  const found = await madeOrFound(wanted, cluster.user)
  if (found.isDirectory() && found.uid === uid && (found.mode & 0o777) === 0o700) return wanted
  const other = await mkdtemp(`${wanted}-`)
  await own([other], cluster.user)
  return other
}

/** Whoever stopped the server before us may remove the folder after we found it and before we look at it: then it is made anew. */
async function madeOrFound(folder: string, user: SystemUser | undefined): Promise<Stats> {
  for (;;) {
    const made = await mkdir(folder, { mode: 0o700 }).then(() => true, unless('EEXIST'))
    if (made) await own([folder], user).catch(unless('ENOENT'))
    const found = await lstat(folder).catch(unless('ENOENT'))
    if (found) return found
  }
}

/** Takes one kind of failure for an answer and throws every other. */
const unless =
  (code: string) =>
  (error: NodeJS.ErrnoException): undefined => {
    if (error.code !== code) throw error
  }

/** Makes `dataDir`, passable (but not listable) by the database's user when that is not us. */
export async function makeDataDir(dataDir: string, user: SystemUser | undefined): Promise<void> {
  if (await stat(dataDir).catch(() => undefined)) return
  await mkdir(dirname(dataDir), { recursive: true })
  await mkdir(dataDir, { recursive: true })
  await chmod(dataDir, user ? 0o711 : 0o700)
}
