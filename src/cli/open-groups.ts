import { readFile } from 'node:fs/promises'
import type { Config } from '../config.ts'
import { type GroupFile, type Groups, parseGroupFile } from '../group/index.ts'
import type { Db } from '../store/db.ts'
import { badInput } from './command-failed.ts'
import type { OpenDatabase } from './open-database.ts'
import { withVault, withVaultOf } from './open-vault.ts'

/** Reads and checks a group file. Nothing is asked of the database. */
export async function readGroupFile(path: string): Promise<GroupFile> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw badInput(error.code === 'ENOENT' ? `${path}: there is no such file` : `${path}: cannot be read (${error.code})`)
  })
  const parsed = parseGroupFile(text, path)
  if (!parsed.ok) throw badInput(...parsed.problems)
  return parsed.file
}

/** Opens what `plan`, `apply` and `export` need. */
export const withGroups = <T>(config: Config, work: (groups: Groups, db: Db) => Promise<T>): Promise<T> =>
  withVault(config, ({ groups, store }) => work(groups, store.db))

/** The same on a database that is open. */
export const withGroupsOf = <T>(config: Config, database: OpenDatabase, work: (groups: Groups, db: Db) => Promise<T>): Promise<T> =>
  withVaultOf(config, database, ({ groups, store }) => work(groups, store.db))
