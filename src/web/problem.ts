import type { Context } from 'koa'
import { requestScope } from './request-scope.ts'

/** What went wrong, for a program: one word, the status, and what else helps it (RFC 9457). Never a value that was sent. */
export interface Problem {
  /** One word in `snake_case`: the last part of the document's `type`. */
  readonly reason: string
  readonly status: number
  /** One sentence for who reads the log. */
  readonly detail?: string | undefined
  /** The member of the body it is about. */
  readonly field?: string | undefined
}

/** Answers with an RFC 9457 problem document. */
export function sendProblem(ctx: Context, { reason, status, detail, field }: Problem): void {
  ctx.status = status
  ctx.body = {
    type: `urn:atrium:problem:${reason}`,
    title: reason.replaceAll('_', ' '),
    status,
    ...(detail === undefined ? {} : { detail }),
    ...(field === undefined ? {} : { field }),
    instance: `urn:request:${requestScope(ctx.req).requestId}`,
  }
  ctx.type = 'application/problem+json'
}
