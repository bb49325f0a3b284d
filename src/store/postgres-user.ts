import { execFile } from 'node:child_process'
import { stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { promisify } from 'node:util'
import { StoreRefused } from './store-refused.ts'

const run = promisify(execFile)

/** The system user that PostgreSQL runs as. */
export interface SystemUser {
  readonly uid: number
  readonly gid: number
}

/** Undefined unless this process is root: PostgreSQL refuses to run as root, and runs as whoever started us otherwise. */
export async function databaseUser(clusterDir: string): Promise<SystemUser | undefined> {
  if (process.getuid?.() !== 0) return undefined
  const owner = await stat(clusterDir).catch(() => undefined)
  if (owner && owner.uid !== 0) return { uid: owner.uid, gid: owner.gid } // whoever made the data keeps it
  return (await findUser('atrium')) ?? (await findUser('postgres')) ?? (await makeUser('atrium'))
}

async function findUser(name: string): Promise<SystemUser | undefined> {
  try {
    const [uid, gid] = await Promise.all(['-u', '-g'].map(async (flag) => Number((await run('id', [flag, name])).stdout)))
    return uid && gid ? { uid, gid } : undefined
  } catch {
    return undefined // `id` fails for a name that does not exist
  }
}

async function makeUser(name: string): Promise<SystemUser> {
  const flags = ['--system', '--user-group', '--no-create-home', '--home-dir', '/nonexistent', '--shell', '/usr/sbin/nologin']
  const env = { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' }
  await run('useradd', [...flags, name], { env }).catch(() => {}) // another process may have made it meanwhile: what counts is that it is there
  const user = await findUser(name)
  if (user) return user
  throw new StoreRefused(
    'PostgreSQL does not run as root and no system user for it could be made: start as another user, or set DATABASE_URL to a PostgreSQL 15 or newer',
  )
}

/** Whether `user` may pass through every folder above `path` and, if `path` exists, through or into `path` itself. */
export async function canReach(path: string, user: SystemUser | undefined): Promise<boolean> {
  if (user === undefined) return true
  for (let at = path; ; at = dirname(at)) {
    const found = await stat(at).catch(() => undefined)
    if (found && !(found.mode & executeBitFor(found, user))) return false
    if (at === dirname(at)) return true
  }
}

function executeBitFor(file: SystemUser, user: SystemUser): number {
  if (file.uid === user.uid) return 0o100
  return file.gid === user.gid ? 0o010 : 0o001
}
