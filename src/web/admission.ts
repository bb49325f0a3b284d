import type { IncomingMessage, ServerResponse } from 'node:http'
import { escapeMarkup } from './html.ts'
import { DEFAULT_LOCALE, LOCALES, type Locale, translator } from './i18n.ts'

export interface AdmissionDeps {
  /** Monotonic, in milliseconds. */
  readonly clockMs: () => number
  readonly https: boolean
  /** How many queries wait for a connection. */
  readonly queriesWaiting: () => number
  /** How much of the longest queue for a password's hash is there: 0 to 1. */
  readonly hashesFullness: () => number
  readonly onTurnedAway: () => void
}

/**
 * Turns requests away while there is more to do than this process can, before anything of them is looked at but method and path. What is accepted
 * is then answered soon, and who is not is told at once when to come back; without it everybody would wait until nobody does any more.
 */
export interface Admission {
  /** Answers 503 with `Retry-After`, or says false and leaves the request to the app. */
  turnAway(req: IncomingMessage, res: ServerResponse): boolean
  stop(): void
}

/** How often the event loop is asked whether it is on time. */
const TICK_MS = 10
/** A loop that was late for so long, and at each of so many turns, has too much to do: a slow moment is one turn. */
const PERSISTENTLY_MS = 250
const LATE_TURNS = 3
/** After somebody was turned away it stays strict for so long, or each pause would let a crowd in. */
const STRICT_MS = 1_000
/** With no more than these under way nobody waits for long, however slow the machine: then its processor is somebody else's. */
const FEW = 32
const RETRY_AFTER_S = 2

/** What is too much for each kind of request: how late the loop may be, how many queries may wait, how full the queue of hashes may be. */
const LIMITS = {
  /** Somebody new. */
  begin: { lateMs: 25, queries: 150, hashes: Number.POSITIVE_INFINITY },
  /** Somebody new who will have a password hashed: whoever is in the queue already shall get through. */
  sign_in: { lateMs: 25, queries: 150, hashes: 0.25 },
  /** In the middle of something that has cost work already, or ends something. */
  go_on: { lateMs: 200, queries: 300, hashes: Number.POSITIVE_INFINITY },
} as const

type Kind = keyof typeof LIMITS

/** Costs less than to turn it away. */
const FREE = /^\/(\.well-known|jwks|assets)(\/|$)/
const GO_ON = /^\/(sign-in|authorize|account)\/|^\/(sign-out|revoke)(\/|$)/
const SIGN_IN = /^\/(authorize|par|account)$/

/** Admission by what this process measures of itself, with refusals that were made beforehand. */
export function createAdmission(deps: AdmissionDeps): Admission {
  const { clockMs } = deps
  const answers = answersByLanguage(deps)
  let tickedAtMs = clockMs()
  let onTimeAtMs = tickedAtMs
  let lateTurns = 0
  let underWay = 0
  let strictUntilMs = Number.NEGATIVE_INFINITY
  const lateMs = () => clockMs() - tickedAtMs - TICK_MS
  const timer = setInterval(() => {
    const isLate = lateMs() > LIMITS.begin.lateMs
    tickedAtMs = clockMs()
    lateTurns = isLate ? lateTurns + 1 : 0
    if (!isLate) onTimeAtMs = tickedAtMs
  }, TICK_MS).unref()

  function isTooMuch(kind: Kind): boolean {
    const limit = LIMITS[kind]
    if (deps.queriesWaiting() > limit.queries || deps.hashesFullness() > limit.hashes) return true
    if (underWay < FEW) return false
    const nowMs = clockMs()
    if (lateTurns >= LATE_TURNS && nowMs - onTimeAtMs > PERSISTENTLY_MS) strictUntilMs = nowMs + STRICT_MS
    // The loop turns no faster than its work allows, so this is also how much of it has been let in since the last turn.
    const isLate = nowMs < strictUntilMs && lateMs() > limit.lateMs
    if (isLate) strictUntilMs = nowMs + STRICT_MS
    return isLate
  }

  return {
    turnAway(req, res) {
      const kind = kindOf(req.url ?? '/')
      if (!kind || !isTooMuch(kind)) {
        underWay++
        res.once('close', () => underWay--)
        return false
      }
      deps.onTurnedAway()
      sayComeBack(req, res, answers)
      return true
    },
    stop: () => clearInterval(timer),
  }
}

function kindOf(url: string): Kind | undefined {
  const end = url.indexOf('?')
  const path = end === -1 ? url : url.slice(0, end)
  if (FREE.test(path)) return undefined
  if (GO_ON.test(path)) return 'go_on'
  return SIGN_IN.test(path) ? 'sign_in' : 'begin'
}

interface Ready {
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
}

interface Answers {
  /** RFC 6749's form, which every caller of an endpoint reads. */
  readonly problem: Ready
  readonly pages: ReadonlyMap<string, Ready>
}

const MOST_BODY_BYTES = 64 * 1024

/** Without the app, its pages and its log: this must cost next to nothing. */
function sayComeBack({ headers }: IncomingMessage, res: ServerResponse, { problem, pages }: Answers): void {
  // A body is read to its end on a connection that is kept, so only a small one keeps it.
  if (headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > MOST_BODY_BYTES) res.shouldKeepAlive = false
  const wanted = (headers['accept-language'] ?? '').split(',').map((range) => range.trim().slice(0, 2).toLowerCase())
  const page = pages.get(wanted.find((language) => pages.has(language)) ?? DEFAULT_LOCALE)
  const ready = page && headers.accept?.includes('text/html') ? page : problem
  res.writeHead(503, ready.headers).end(ready.body)
}

/** Whole answers, made beforehand; nothing of a request stands in them. */
function answersByLanguage({ https }: { readonly https: boolean }): Answers {
  const answer = (type: string, text: string): Ready => {
    const body = Buffer.from(text)
    const headers = {
      ...(https && { 'Strict-Transport-Security': 'max-age=31536000; includeSubDomains' }),
      'Retry-After': String(RETRY_AFTER_S),
      'Cache-Control': 'no-store',
      'Content-Type': type,
      'Content-Length': String(body.length),
      'X-Content-Type-Options': 'nosniff',
      'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'",
    }
    return { headers, body }
  }
  const page = (locale: Locale): string => {
    const t = translator(locale)
    const [title, text] = [escapeMarkup(t('error.title.overloaded')), escapeMarkup(t('error.text.overloaded'))]
    const head = `<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${title}</title>`
    return `<!doctype html><html lang="${locale}">${head}<body data-page="error"><main><h1>${title}</h1><p role="alert">${text}</p></main>`
  }
  const problem = { error: 'temporarily_unavailable', error_description: 'too much to do; come back after Retry-After' }
  return {
    problem: answer('application/json', JSON.stringify(problem)),
    pages: new Map(LOCALES.map((locale) => [locale, answer('text/html; charset=utf-8', page(locale))])),
  }
}
