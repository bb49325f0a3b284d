/** Why a guard turned a request away. The word is the last part of the problem document's `type` and of the page's message key. */
export type RefusalReason =
  | 'csrf_missing'
  | 'cross_site'
  | 'body_too_large'
  | 'malformed_body'
  | 'unsupported_media_type'
  | 'misdirected'
  | 'malformed_url'
  | 'malformed_request'
  | 'headers_too_large'
  | 'not_found'
  | 'method_not_allowed'
  | 'expired'
  | 'other_browser'
  | 'overloaded'
  | 'not_signed_in'
  | 'insufficient_user_authentication'
  | 'held'

const STATUS: Readonly<Record<RefusalReason, number>> = {
  csrf_missing: 403,
  cross_site: 403,
  body_too_large: 413,
  malformed_body: 400,
  unsupported_media_type: 415,
  misdirected: 421,
  malformed_url: 400,
  malformed_request: 400,
  headers_too_large: 431,
  not_found: 404,
  method_not_allowed: 405,
  expired: 410,
  other_browser: 403,
  overloaded: 503,
  not_signed_in: 401,
  held: 403,
  insufficient_user_authentication: 401,
}

/** A level of assurance and how old the sign-in may be, in seconds. */
export interface StepUp {
  readonly acr_values?: string
  readonly max_age?: number
}

/** Thrown by guards in `web/` and the doors; answered by `answer-error.ts` and nowhere else. */
export class Refusal extends Error {
  readonly reason: RefusalReason
  readonly status: number
  readonly retryAfterS: number | undefined
  /** What the customer must prove before it would work (RFC 9470 §3). */
  readonly needed: StepUp | undefined

  constructor(reason: RefusalReason, options: { retryAfterS?: number; needed?: StepUp; cause?: unknown } = {}) {
    super(reason, options.cause === undefined ? undefined : { cause: options.cause })
    this.reason = reason
    this.status = STATUS[reason]
    this.retryAfterS = options.retryAfterS
    this.needed = options.needed
  }
}
