import { readGroupFile, withGroups } from './open-groups.ts'
import { readConfig } from './read-config.ts'
import type { Surroundings } from './run-command.ts'

const DIFFERENT = 3

/** `atrium plan -f FILE`: what `apply` would change, one line each. Returns the exit status. */
export async function plan(surroundings: Surroundings, path: string): Promise<number> {
  const config = readConfig(surroundings)
  const file = await readGroupFile(path)
  const differences = await withGroups(config, (groups, db) => groups.plan(db, file))
  for (const { line } of differences) surroundings.print(line)
  if (differences.length === 0) surroundings.print('The database says what the file says.')
  return differences.length === 0 ? 0 : DIFFERENT
}
