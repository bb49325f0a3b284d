import { hash } from 'node:crypto'
import type { Clock } from '../ports/clock.ts'
import type { GuardedFetch } from '../ports/guarded-fetch.ts'
import { type BreachedFile, openBreachedFile } from './breached-file.ts'

/** Where stolen passwords are looked up; both may be absent. */
export interface BreachedSources {
  /** Of the file, see {@link openBreachedFile}. */
  readonly file?: string
  /** Of a service with the range API of "Pwned Passwords"; five hex digits of a hash are put behind it. */
  readonly url?: string
}

/** Passwords that are known from thefts: of a file, a service, both or neither. */
export interface BreachedPasswords {
  /** Whether a password is among the stolen ones (MFA-29). A source that does not answer is left out: it must not keep anybody from signing up. */
  has(password: string): Promise<boolean>
  close(): Promise<void>
}

export interface BreachedDeps {
  readonly fetch: GuardedFetch
  readonly clock: Clock
  readonly log: { warn(fields: object, sentence: string): void }
}

const PREFIX_LENGTH = 5
const TIMEOUT_MS = 2_000
/** A service that failed is asked again after this. */
const PAUSE_MS = 30_000
const RANGE_LINE = /^([0-9A-F]{35}):(\d+)$/

/** Opens the file, if there is one. @throws BreachedFileError */
export async function createBreachedPasswords(deps: BreachedDeps, { file, url }: BreachedSources): Promise<BreachedPasswords> {
  const opened = file === undefined ? undefined : await openBreachedFile(file)
  const askService = url === undefined ? undefined : rangeService(deps, url)
  return {
    async has(password) {
      const sha1 = hash('sha1', password, 'hex').toUpperCase() // what the collections are kept by; nothing is protected by it
      return (opened !== undefined && (await isInFile(deps, opened, sha1))) || (askService !== undefined && (await askService(sha1)))
    },
    close: async () => opened?.close(),
  }
}

async function isInFile({ log }: BreachedDeps, file: BreachedFile, sha1: string): Promise<boolean> {
  try {
    return await file.has(sha1)
  } catch (error) {
    log.warn({ error_code: codeOf(error) }, 'the file of breached passwords could not be read; a new password was not looked up there')
    return false
  }
}

/** k-anonymity: the service learns five hex digits of a hash that hundreds share, and the padding hides how many it answered with. */
function rangeService({ clock, log, ...deps }: BreachedDeps, url: string): (sha1: string) => Promise<boolean> {
  let pausedUntilMs = 0
  return async (sha1) => {
    if (clock().getTime() < pausedUntilMs) return false
    try {
      const headers = { 'Add-Padding': 'true', 'User-Agent': 'atrium' }
      const answer = await deps.fetch(url + sha1.slice(0, PREFIX_LENGTH), { headers, signal: AbortSignal.timeout(TIMEOUT_MS) })
      if (answer.status !== 200) throw Object.assign(new Error('no range'), { code: `status_${answer.status}` })
      return isInRange(await answer.text(), sha1.slice(PREFIX_LENGTH))
    } catch (error) {
      pausedUntilMs = clock().getTime() + PAUSE_MS
      log.warn(
        { error_code: codeOf(error) },
        'the service of breached passwords did not answer; new passwords are not looked up there for a while',
      )
      return false
    }
  }
}

/** Padding has the count 0. */
function isInRange(text: string, suffix: string): boolean {
  return text.split(/\r?\n/).some((line) => {
    const [, found, count] = RANGE_LINE.exec(line.toUpperCase()) ?? []
    return found === suffix && Number(count) > 0
  })
}

/** A word for what went wrong; messages may quote the address, which ends with a part of the hash. */
const codeOf = (error: unknown): string => (error instanceof Error && 'code' in error ? String(error.code) : 'unknown')
