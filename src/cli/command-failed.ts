/** What a command ends with when it cannot do what was asked; each line stands alone on stderr. */
export class CommandFailed extends Error {
  readonly lines: readonly string[]
  readonly exitCode: number

  constructor(lines: readonly string[], exitCode: number) {
    super(lines.join('\n'))
    this.name = 'CommandFailed'
    this.lines = lines
    this.exitCode = exitCode
  }
}

/** A wrong flag, a bad file, a bad setting. */
export const badInput = (...lines: string[]): CommandFailed => new CommandFailed(lines, 2)

/** Refusals of the features below, by name so that `--help` need not load them: what was given is wrong (2) or the world is (1). */
const EXIT_CODES: Readonly<Record<string, number>> = {
  GroupFileRefused: 2,
  DataKeysError: 2,
  BreachedFileError: 2,
  ImportFileRefused: 2,
  DataKeyRefused: 1,
  StoreRefused: 1,
  VaultError: 1,
}

/** Errors of the network and of PostgreSQL's door: the database named by `DATABASE_URL` is not there, or not for us. */
const UNREACHABLE = /^(ECONN|ENOTFOUND|EAI_|EHOST|ENETUNREACH|ETIMEDOUT|28\w{3}$|3D000$|57P03$)/

/** What to print for an error and what to exit with. A fault of ours keeps its stack. */
export function describeFailure(error: unknown): { readonly lines: readonly string[]; readonly exitCode: number } {
  if (error instanceof CommandFailed) return error
  if (!(error instanceof Error)) return { lines: [String(error)], exitCode: 1 }
  const exitCode = EXIT_CODES[error.name]
  if (exitCode !== undefined) return { lines: error.message.split('\n'), exitCode }
  const code = 'code' in error && typeof error.code === 'string' ? error.code : ''
  if (UNREACHABLE.test(code)) return { lines: [`the database cannot be reached: ${error.message || code}`], exitCode: 1 }
  if (code === 'EADDRINUSE')
    return {
      lines: [`${error.message.replace(/^listen /, '')}: stop what listens there, or set another ATRIUM_ISSUER or PORT`],
      exitCode: 1,
    }
  return { lines: [error.stack ?? error.message, ...causes(error)], exitCode: 1 }
}

function causes(error: Error): string[] {
  return error.cause instanceof Error ? [`caused by: ${error.cause.stack ?? error.cause.message}`, ...causes(error.cause)] : []
}
