import { type LoggerOptions, type Logger as PinoLogger, pino, stdSerializers, stdTimeFunctions } from 'pino'

/** `log.info({ duration_ms }, 'One sentence that stands alone')`: no personal data, no secret. */
export type Logger = PinoLogger

export const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const
export type LogLevel = (typeof LOG_LEVELS)[number]

/** Fields that must not be logged; should one arrive by accident, one level deep or two, its value does not leave. */
const NEVER = [
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
]

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
    formatters: { level: (label: string) => ({ level: label }) },
    redact: { paths: NEVER.flatMap((field) => [field, `*.${field}`]), censor: '[secret]' },
    serializers: { err: describeError },
  }
  return destination ? pino(options, destination) : pino(options)
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
