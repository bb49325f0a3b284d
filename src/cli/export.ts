import { withGroups } from './open-groups.ts'
import { readConfig } from './read-config.ts'
import type { Surroundings } from './run-command.ts'

/** `atrium export`: the database's group as a group file. A secret is written `{kept: KEY}`, which `apply` leaves as it is. */
export async function exportGroup(surroundings: Surroundings): Promise<void> {
  const config = readConfig(surroundings)
  const text = await withGroups(config, (groups, db) => groups.exportFile(db))
  surroundings.print(text.trimEnd())
}
