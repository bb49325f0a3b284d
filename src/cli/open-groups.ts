import { readFile } from 'node:fs/promises'
import type { Config } from '../config.ts'
import { createGroups, type GroupFile, type Groups, parseGroupFile } from '../group/index.ts'
import { processClock } from '../ports/clock.ts'
import { systemRandom } from '../ports/random.ts'
import { type Db, openStore } from '../store/db.ts'
import { pendingMigrations } from '../store/migrate.ts'
import { StoreRefused } from '../store/store-refused.ts'
import { createVault } from '../vault/index.ts'
import { badInput } from './command-failed.ts'
import { openDataKeys } from './data-keys.ts'
import { openDatabase } from './open-database.ts'

/** Reads and checks a group file. Nothing is asked of the database. */
export async function readGroupFile(path: string): Promise<GroupFile> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw badInput(error.code === 'ENOENT' ? `${path}: there is no such file` : `${path}: cannot be read (${error.code})`)
  })
  const parsed = parseGroupFile(text, path)
  if (!parsed.ok) throw badInput(...parsed.problems)
  return parsed.file
}

/** Opens what `plan`, `apply` and `export` need, for the time of one piece of work; beside a running Atrium its database is joined. */
export async function withGroups<T>(config: Config, work: (groups: Groups, db: Db) => Promise<T>): Promise<T> {
  const database = await openDatabase(config)
  try {
    await refusePending(database.url)
    const store = openStore({ url: database.url, maxConnections: 2 })
    try {
      const dataKeys = await openDataKeys(config, database.dataDir)
      const [clock, random] = [processClock, systemRandom]
      const vault = await createVault({ db: store.db, dataKeys, clock, random })
      const groups = await createGroups({ db: store.db, vault, random, clock, production: config.production })
      return await work(groups, store.db)
    } finally {
      await store.close()
    }
  } finally {
    await database.close()
  }
}

/** This version's statements need this version's schema. */
export async function refusePending(url: string): Promise<void> {
  const pending = await pendingMigrations(url)
  if (pending.length > 0) throw new StoreRefused(`the database lacks ${pending.join(', ')}: run atrium migrate first`)
}
