import { type LoggerOptions, type Logger as PinoLogger, pino, stdSerializers, stdTimeFunctions } from 'pino'

/** `log.info({ duration_ms }, 'One sentence that stands alone')`: no personal data, no secret. */
export type Logger = PinoLogger

export const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const
export type LogLevel = (typeof LOG_LEVELS)[number]

/** Fields that must not be logged; should one arrive by accident, one level deep or two, its value does not leave. */
const NEVER: ReadonlySet<string> = new Set([
  'password',
  'secret',
  'client_secret',
  'code',
  'code_verifier',
  'token',
  'access_token',
  'refresh_token',
  'id_token',
  'id_token_hint',
  'assertion',
  'authorization',
  'cookie',
  'email',
  'phone_number',
])
const LEVELS_DEEP = 2

/** What a system writes to a pipe in one piece: several processes share it, and their lines must not be torn. */
const PIPE_BUF = 4_096

/**
 * Lines leave in blocks, a system call for each would be a tenth of what a small request costs; at the latest after this time, when the process
 * ends however it ends by itself, and at once when something is fatal. A reader that stands still holds up nobody: beyond the bound lines are lost.
 */
const IN_BLOCKS = { sync: false, minLength: 2_048, maxWrite: PIPE_BUF, periodicFlush: 100, maxLength: 16 * 1024 * 1024 } as const

/**
 * JSON lines, one per event, with ISO time and the level's name.
 *
 * @param destination where the lines go; standard output unless a test listens
 */
export function createLogger(level: LogLevel, destination?: { write(line: string): void }): Logger {
  const options: LoggerOptions = {
    level,
    base: null,
    timestamp: stdTimeFunctions.isoTime,
    formatters: {
      level: (label: string) => ({ level: label }),
      log: (fields) => withoutSecrets(fields, LEVELS_DEEP),
    },
    serializers: { err: describeError },
  }
  return pino(options, destination ?? pino.destination(IN_BLOCKS))
}

/**
 * Name, message, stack, code and causes. The rest stays: errors of PostgreSQL carry the row that failed, others the request with its credentials.
 */
function describeError(error: unknown): unknown {
  if (!(error instanceof Error)) return { message: String(error) }
  const { type, message, stack } = stdSerializers.err(error)
  const { code, constraint } = error as { code?: unknown; constraint?: unknown } // errors of Node and pg have them
  return { type, message, stack, ...(code !== undefined && { error_code: code }), ...(constraint !== undefined && { constraint }) }
}

/** The same fields where nothing is secret, else a copy. By hand: pino's own redaction costs more than the rest of a line. */
function withoutSecrets(fields: Record<string, unknown>, levels: number): Record<string, unknown> {
  let clean = fields
  for (const [name, value] of Object.entries(fields)) {
    const told = NEVER.has(name) ? '[secret]' : levels > 1 && hasFields(value) ? withoutSecrets(value, levels - 1) : value
    if (told !== value) clean = { ...clean, [name]: told }
  }
  return clean
}

const hasFields = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !(value instanceof Error) && !Array.isArray(value) && !ArrayBuffer.isView(value)
