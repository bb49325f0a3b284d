import type { ListedDataKey, ListedSigningKey } from '../vault/index.ts'
import { withVault } from './open-vault.ts'
import { readConfig } from './read-config.ts'
import type { Surroundings } from './run-command.ts'
import { table } from './table.ts'

/** Which keys a command is about: those that sign tokens, or those that wrap data keys. */
export interface Kind {
  readonly signing?: true
  readonly data?: true
}

/** One key as `--json` prints it; times are RFC 3339. */
type Listed = (ListedSigningKey & { readonly use: 'sig' }) | (ListedDataKey & { readonly use: 'wrap'; readonly until: null })

/** `atrium keys list [--signing|--data] [--json]` */
export async function listKeys(surroundings: Surroundings, options: Kind & { readonly json?: true }): Promise<void> {
  const config = readConfig(surroundings)
  const keys = await withVault(config, async (opened): Promise<Listed[]> => {
    const signing = options.data ? [] : await (await import('./keys-signing.ts')).signingKeysOf(opened)
    const data = options.signing ? [] : await (await import('./keys-data.ts')).dataKeysOf(opened)
    return [
      ...signing.map((key) => ({ ...key, use: 'sig' as const })),
      ...data.map((key) => ({ ...key, use: 'wrap' as const, until: null })),
    ]
  })
  if (options.json) return surroundings.print(JSON.stringify({ keys }, null, 2))
  const columns = ['kid', 'use', 'alg', 'state', 'since', 'until', ...(options.signing ? [] : ['wraps'])]
  surroundings.print(table(columns, keys.map(cells)))
}

function cells(key: Listed): string[] {
  const wraps = key.use === 'wrap' ? [`${key.wraps.accounts} accounts, ${key.wraps.system} system keys`] : []
  return [key.kid, key.use, key.alg, key.state, minute(key.since), minute(key.until), ...wraps]
}

const minute = (at: Date | null): string => at?.toISOString().replace(/:\d\d\.\d+Z$/, 'Z') ?? '-'

/** `atrium keys rotate [--signing|--data] [--now] [--no-rewrap]`. Returns the exit status: 3 when something is left to be set by hand. */
export async function rotateKeys(surroundings: Surroundings, options: Kind & { now?: true; rewrap: boolean }): Promise<number> {
  const config = readConfig(surroundings)
  if (options.data) return (await import('./keys-data.ts')).rotateDataKeys(surroundings, config, options)
  return (await import('./keys-signing.ts')).rotateSigningKeys(surroundings, config, { immediately: options.now ?? false })
}

/** `atrium keys remove KID [--signing|--data] [--yes]`. Returns the exit status: 3 when something is left to be set by hand. */
export async function removeKey(surroundings: Surroundings, kid: string, options: Kind & { yes?: true }): Promise<number> {
  const config = readConfig(surroundings)
  const removal = { kid, yes: options.yes ?? false }
  if (options.data) return (await import('./keys-data.ts')).removeDataKey(surroundings, config, removal)
  return (await import('./keys-signing.ts')).removeSigningKey(surroundings, config, removal)
}
