import { Command, CommanderError } from 'commander'
import { ownVersion } from '../ports/own-version.ts'
import { badInput, describeFailure } from './command-failed.ts'
import { defineClients } from './define-clients.ts'
import { defineImport } from './define-import.ts'
import { defineKeys } from './define-keys.ts'

/** What every command is given. */
export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>
  /** One line for people, or the document asked for, on standard output. */
  print(text: string): void
}

/**
 * `atrium …`: finds the command and runs it.
 *
 * Commands are loaded when they run, so that `--help` is instant.
 *
 * @returns the exit status: 2 when what was given is wrong, 3 when `plan` finds a difference, 1 when something else fails
 */
export async function runCommand(args: readonly string[], env: Surroundings['env']): Promise<number> {
  let status = 0
  const surroundings: Surroundings = { env, print: (text) => void process.stdout.write(`${text}\n`) }
  const program = defineCommands(surroundings, (code) => {
    status = code
  })
  try {
    await program.parseAsync(args.length > 0 ? args : ['--help'], { from: 'user' })
    return status
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return 0
    const { lines, exitCode } = describeFailure(error instanceof CommanderError ? badInput(oneLine(error.message)) : error)
    for (const line of lines) process.stderr.write(`${line}\n`)
    return exitCode
  }
}

/** Commander puts its suggestion on a line of its own. */
const oneLine = (message: string): string => message.replace(/^error: /, '').replace(/\s*\n\s*/g, ' ')

function defineCommands(surroundings: Surroundings, exitWith: (status: number) => void): Command {
  const program = new Command('atrium')
    .description('Customer identity: one sign-in across sister brands, on the terms of the customer.')
    .version(ownVersion(), '-v, --version')
    .exitOverride()
    .configureOutput({ outputError: () => {} }) // told by runCommand, in one line
    .showSuggestionAfterError()
    .helpCommand(false)
  program
    .command('start')
    .description('serve; runs pending migrations first')
    .option('--demo', 'with the demo group and the demo sites')
    .option('--no-migrate', 'do not run migrations; fails when some are pending')
    .action(async (options: { demo?: true; migrate: boolean }) => (await import('./start.ts')).start(surroundings, options))
  program
    .command('migrate')
    .description('migrate the database and stop')
    .option('--to <name>', 'stop after this migration')
    .option('--dry-run', 'tell what would run, and run nothing')
    .action(async (options: { to?: string; dryRun?: true }) => (await import('./migrate.ts')).migrateCommand(surroundings, options))
  program
    .command('plan')
    .description('show the difference between a group file and the database; exits 3 when there is one')
    .requiredOption('-f, --file <file>', 'group file')
    .action(async ({ file }: { file: string }) => exitWith(await (await import('./plan.ts')).plan(surroundings, file)))
  program
    .command('apply')
    .description('make the database say what a group file says')
    .requiredOption('-f, --file <file>', 'group file')
    .action(async ({ file }: { file: string }) => (await import('./apply.ts')).apply(surroundings, file))
  program
    .command('export')
    .description("write the database's group as a group file to standard output, without secrets")
    .action(async () => (await import('./export.ts')).exportGroup(surroundings))
  program
    .command('doctor')
    .description('check configuration, database, clock, keys and mail; exits 1 on an error')
    .action(async () => exitWith(await (await import('./doctor.ts')).doctor(surroundings)))
  defineImport(program, surroundings, exitWith)
  defineKeys(program, surroundings, exitWith)
  defineClients(program, surroundings)
  for (const command of program.commands.flatMap((command) => [command, ...command.commands]))
    command
      .exitOverride()
      .configureOutput({ outputError: () => {} })
      .allowExcessArguments(false)
  return program
}
