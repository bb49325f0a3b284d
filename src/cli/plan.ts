import { MOST_LABELS, registrableLabels, relatedOrigins } from '../authenticators/index.ts'
import type { GroupFile } from '../group/index.ts'
import { readGroupFile, withGroups } from './open-groups.ts'
import { readConfig } from './read-config.ts'
import type { Surroundings } from './run-command.ts'

const DIFFERENT = 3

/** Brands whose own pages some browsers would not let use the group's passkeys (MFA-11). */
export function relatedOriginWarnings(issuer: string, { document }: Pick<GroupFile, 'document'>): string[] {
  const homes = document.recipients.flatMap(({ kind, uri }) => (kind === 'brand' && uri ? [uri] : []))
  const labels = registrableLabels(relatedOrigins(issuer, homes))
  const beyond = labels.slice(MOST_LABELS)
  if (beyond.length === 0) return []
  return [
    `browsers need not take passkeys at more than ${MOST_LABELS} registrable names, and the issuer and the brands have ${labels.length}: not everywhere at ${beyond.join(', ')}`,
  ]
}

/** `atrium plan -f FILE`: what `apply` would change, one line each. Returns the exit status. */
export async function plan(surroundings: Surroundings, path: string): Promise<number> {
  const config = readConfig(surroundings)
  const file = await readGroupFile(path)
  const differences = await withGroups(config, (groups, db) => groups.plan(db, file))
  for (const { line } of differences) surroundings.print(line)
  for (const warning of relatedOriginWarnings(config.issuer, file)) surroundings.print(`warning: ${warning}`)
  if (differences.length === 0) surroundings.print('The database says what the file says.')
  return differences.length === 0 ? 0 : DIFFERENT
}
