import type { Config } from '../config.ts'
import { followClock } from '../dev-clock.ts'
import { createGroups, type Groups } from '../group/index.ts'
import { type Clock, processClock } from '../ports/clock.ts'
import { type Random, systemRandom } from '../ports/random.ts'
import { openStore, type Store } from '../store/db.ts'
import { createVault, type DataKeys, type Vault } from '../vault/index.ts'
import { openDataKeys } from './data-keys.ts'
import { type OpenDatabase, openDatabase } from './open-database.ts'
import { refusePending } from './refuse-pending.ts'

/** What a command that works on the database needs. */
export interface OpenVault {
  readonly store: Store
  readonly dataDir: string
  readonly dataKeys: DataKeys
  readonly vault: Vault
  readonly groups: Groups
  /** The time of the servers on this database. */
  readonly clock: Clock
  readonly random: Random
}

/** Opens database, keys and group for the time of one piece of work; beside a running Atrium its database is joined. */
export async function withVault<T>(config: Config, work: (opened: OpenVault) => Promise<T>): Promise<T> {
  const database = await openDatabase(config)
  try {
    await refusePending(database.url)
    return await withVaultOf(config, database, work)
  } finally {
    await database.close()
  }
}

/** The same on a database that is open. */
export async function withVaultOf<T>(
  config: Config,
  { url, dataDir }: Pick<OpenDatabase, 'url' | 'dataDir'>,
  work: (opened: OpenVault) => Promise<T>,
  options?: { readonly generate: boolean },
): Promise<T> {
  const store = openStore({ url, maxConnections: 3 })
  try {
    if (!config.production) await followClock(store)
    const [clock, random, db] = [processClock, systemRandom, store.db]
    const dataKeys = await openDataKeys(config, dataDir, options)
    const vault = await createVault({ db, dataKeys, clock, random })
    const groups = await createGroups({ db, vault, random, clock, production: config.production })
    return await work({ store, dataDir, dataKeys, vault, groups, clock, random })
  } finally {
    await store.close()
  }
}
