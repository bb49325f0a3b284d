import { migrate, ownMigrations } from '../store/migrate.ts'
import { badInput } from './command-failed.ts'
import { openDatabase } from './open-database.ts'
import { readConfig } from './read-config.ts'
import type { Surroundings } from './run-command.ts'

/** `atrium migrate [--to NAME] [--dry-run]` */
export async function migrateCommand(
  surroundings: Surroundings,
  { to, dryRun = false }: { to?: string; dryRun?: true | false },
): Promise<void> {
  const config = readConfig(surroundings)
  const known = await ownMigrations()
  if (to !== undefined && !known.includes(to)) throw badInput(`--to ${to}: there is no such migration, the last one is ${known.at(-1)}`)
  const database = await openDatabase(config)
  try {
    const ran = await migrate(database.url, { dryRun, ...(to !== undefined && { to }) })
    for (const { name } of ran) surroundings.print(`${dryRun ? 'would run' : 'ran'} ${name}`)
    if (ran.length === 0) surroundings.print('The schema is up to date.')
  } finally {
    await database.close()
  }
}
