import { type Command, Option } from 'commander'
import type { Surroundings } from './run-command.ts'

/** `atrium keys …` */
export function defineKeys(program: Command, surroundings: Surroundings, exitWith: (status: number) => void): void {
  const keys = program.command('keys').description('list, rotate and remove signing keys and the keys that wrap data keys')
  const about = (command: Command): Command =>
    command
      .addOption(new Option('--signing', 'the keys that sign tokens (default)').conflicts('data'))
      .option('--data', 'the keys of ATRIUM_DATA_KEYS')
  about(keys.command('list'))
    .description('every key, its state, since and until when; with --data what it wraps')
    .option('--json', 'as one JSON document')
    .action(async (options: { signing?: true; data?: true; json?: true }) => (await import('./keys.ts')).listKeys(surroundings, options))
  about(keys.command('rotate'))
    .description('publish successors of the signing keys; with --data wrap every data key with a new key')
    .option('--now', 'the new signing keys sign at once, before clients have seen them')
    .option('--no-rewrap', 'with --data: only add the new key to the file')
    .action(async (options: { signing?: true; data?: true; now?: true; rewrap: boolean }) =>
      exitWith(await (await import('./keys.ts')).rotateKeys(surroundings, options)),
    )
  about(keys.command('remove'))
    .description('emergency: refuse a signing key everywhere at once; with --data take out a key that wraps nothing any more')
    .argument('<kid>', 'the name of the key')
    .option('--yes', 'do not ask')
    .action(async (kid: string, options: { signing?: true; data?: true; yes?: true }) =>
      exitWith(await (await import('./keys.ts')).removeKey(surroundings, kid, options)),
    )
}
