import { Overloaded } from '../ports/overloaded.ts'

/** When a database that failed is worth asking again, in seconds. */
const RETRY_AFTER_S = 5

/**
 * SQLSTATEs (PostgreSQL, appendix A) that tell of the server's state and not of the statement: a lost connection (08), no more connections, memory or
 * disk (53), ended by an operator, a time limit or a restart (57), a file that cannot be read or written (58), a replica that takes no writes (25006),
 * a lock that was not to be had (55P03), and a conflict with another transaction (40).
 */
const STATES = /^(?:08|40|53|57|58)...$|^25006$|^55P03$/

/** The operating system's words for a server that cannot be reached. */
const SYSTEM_CODES = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
])

/** What the driver itself says, without a code. */
const DRIVER_WORDS =
  /^(?:Connection terminated|timeout exceeded when trying to connect|Query read timeout|Client (?:has encountered|was closed)|Postgres connection has been discarded)/

/**
 * Whether something failed because the database did not serve: away, overloaded, full, read-only, or too slow. Nothing is known of what was asked for
 * then, least of all of a commit; whoever asked is told to come back.
 *
 * @returns what to answer with; undefined for any other error, which is a fault
 */
export function databaseUnavailable(error: unknown): Overloaded | undefined {
  const code = unavailableCode(error)
  return code === undefined ? undefined : new Overloaded(`the database does not serve: ${code}`, RETRY_AFTER_S, { cause: error })
}

/** How far a chain of causes is followed. */
const MOST_CAUSES = 5

/** A word for why the database did not serve; undefined for any other error. */
export function unavailableCode(error: unknown, depth = 0): string | undefined {
  if (!(error instanceof Error) || depth > MOST_CAUSES) return undefined
  const code = 'code' in error && typeof error.code === 'string' ? error.code : ''
  if (STATES.test(code) || SYSTEM_CODES.has(code)) return code
  if (code === 'ENOENT' && 'syscall' in error && error.syscall === 'connect') return code // no socket: PostgreSQL is not there
  if (DRIVER_WORDS.test(error.message)) return 'no_answer'
  const within: unknown[] = error instanceof AggregateError ? error.errors : [error.cause]
  return within.map((cause) => unavailableCode(cause, depth + 1)).find((found) => found !== undefined)
}

/** SQLSTATEs after which another connection may do better: this one leads to a server that was demoted, or is about to stop. */
const LEAVE = /^(?:08|57P)|^25006$/

/** Whether a connection must not be used again after this error. */
export function endsConnection(error: unknown): boolean {
  const code = unavailableCode(error)
  return code !== undefined && (!/^\d/.test(code) || LEAVE.test(code)) // of what is told here SQLSTATEs alone begin with a digit
}
