import { type Command, Option } from 'commander'
import type { Surroundings } from './run-command.ts'

/** As `FORMATS` in src/import has them; said here so that `--help` need not load it. */
const FORMATS = ['auth0', 'keycloak', 'firebase', 'atrium']

/** What `atrium import` is told. */
export interface ImportFlags {
  readonly file: string
  readonly format: string
  readonly dryRun?: true
  readonly source: string
  readonly mapping?: string
  readonly hashConfig?: string
  readonly rpId?: string
}

/** `atrium import …` */
export function defineImport(program: Command, surroundings: Surroundings, exitWith: (status: number) => void): void {
  program
    .command('import')
    .description(
      'import accounts of another system, password hashes included; exits 3 when rows were refused. Run it again to go on after an end in the middle',
    )
    .requiredOption('-f, --file <file>', 'what the other system exported')
    .addOption(new Option('--format <format>', 'whose file it is').choices(FORMATS).makeOptionMandatory())
    .option('--dry-run', 'tell what would be imported and refused, and write nothing')
    .option('--source <recipient>', 'the brand or partner whose system it was; the values come from it', 'customer')
    .option('--mapping <file>', 'YAML: attribute → where it stands in a row')
    .option('--hash-config <file>', "Firebase: the project's password hash parameters")
    .option('--rp-id <domain>', 'the RP ID that the passkeys in the file were made for, where it does not say so')
    .action(async (flags: ImportFlags) => exitWith(await (await import('./import.ts')).importAccounts(surroundings, flags)))
}
