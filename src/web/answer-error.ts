import type { Context } from 'koa'
import { type ErrorKind, errorPage } from '../../views/index.ts'
import { Overloaded } from '../ports/overloaded.ts'
import { databaseUnavailable } from '../store/unavailable.ts'
import type { Pages } from './pages.ts'
import { sendProblem } from './problem.ts'
import { Refusal, type RefusalReason } from './refusal.ts'
import { requestScope } from './request-scope.ts'

/** What a refusal is to the customer. */
const KINDS: Readonly<Record<RefusalReason, ErrorKind>> = {
  csrf_missing: 'stale_page',
  cross_site: 'stale_page',
  body_too_large: 'refused',
  malformed_body: 'refused',
  unsupported_media_type: 'refused',
  malformed_url: 'refused',
  malformed_request: 'refused',
  headers_too_large: 'refused',
  misdirected: 'other_host',
  not_found: 'not_found',
  method_not_allowed: 'not_found',
  expired: 'expired',
  other_browser: 'other_browser',
  overloaded: 'overloaded',
  not_signed_in: 'expired',
  insufficient_user_authentication: 'expired',
  held: 'held',
}

export type AnswerError = (ctx: Context, error: unknown) => void

/**
 * Turns what was thrown into an answer: a page for browsers, an RFC 9457 problem document for everybody else. It alone chooses what leaves; a
 * fault is logged here, once, and says nothing but its request id.
 */
export function createAnswerError(pages: Pages): AnswerError {
  return (ctx, error) => {
    const refusal = asRefusal(error)
    if (!refusal) requestScope(ctx.req).log.error({ err: error }, 'a request failed')
    const status = refusal?.status ?? 500
    if (refusal?.retryAfterS !== undefined) ctx.set('Retry-After', String(refusal.retryAfterS))
    if (refusal?.needed) ctx.set('WWW-Authenticate', stepUpChallenge(refusal))
    // Whoever takes anything (curl, a library) is a program: browsers ask for HTML by name.
    if (ctx.accepts('json', 'html') === 'html') {
      const kind = refusal ? KINDS[refusal.reason] : 'fault'
      pages.send(ctx, (page) => errorPage(page, { kind, ...(kind === 'fault' || kind === 'overloaded' ? { againHref: ctx.path } : {}) }), {
        status,
      })
      return
    }
    sendProblem(ctx, { reason: refusal?.reason ?? 'fault', status })
  }
}

/** RFC 9470 §3. The scheme has no name there for a session; programs read the error. */
const stepUpChallenge = ({ reason, needed }: Refusal): string =>
  `Bearer ${Object.entries({ error: reason, ...needed })
    .map(([name, value]) => `${name}="${value}"`)
    .join(', ')}`

function asRefusal(error: unknown): Refusal | undefined {
  if (error instanceof Refusal) return error
  const overloaded = error instanceof Overloaded ? error : databaseUnavailable(error)
  if (overloaded) return new Refusal('overloaded', { retryAfterS: overloaded.retryAfterS, cause: overloaded })
  // Koa and its router throw errors with a status for what a client sent (a path that does not decode).
  const status = error instanceof Error && 'status' in error ? Number(error.status) : 500
  return status >= 400 && status < 500 ? new Refusal('malformed_url', { cause: error }) : undefined
}
