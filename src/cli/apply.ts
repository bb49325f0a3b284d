import { readGroupFile, withGroups } from './open-groups.ts'
import { readConfig } from './read-config.ts'
import type { Surroundings } from './run-command.ts'

/** `atrium apply -f FILE`: makes the database say what the file says, wholly or not at all. A running Atrium follows within a second. */
export async function apply(surroundings: Surroundings, path: string): Promise<void> {
  const config = readConfig(surroundings)
  const file = await readGroupFile(path)
  const differences = await withGroups(config, (groups, db) => groups.apply(db, file))
  for (const { line } of differences) surroundings.print(line)
  surroundings.print(differences.length === 0 ? 'Nothing to change.' : `Applied ${path}.`)
}
