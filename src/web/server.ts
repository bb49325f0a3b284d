import { createServer, type Server } from 'node:http'
import type Router from '@koa/router'
import Koa, { type Context } from 'koa'
import type { Logger } from '../ports/log.ts'
import type { Random } from '../ports/random.ts'
import type { AnswerError } from './answer-error.ts'
import { guardHost } from './host-guard.ts'
import { Refusal } from './refusal.ts'
import { openRequestScope, requestScope } from './request-scope.ts'
import { setSecurityHeaders } from './security-headers.ts'

export interface WebDeps {
  readonly issuer: string
  readonly log: Logger
  readonly random: Random
  readonly clockMs: () => number
  readonly answerError: AnswerError
  /** The protocol's endpoints answer for themselves. */
  readonly protocol: { owns(path: string): boolean; handle(ctx: Context): Promise<void> }
  readonly router: Router
}

/** Slow or endless senders are cut: a request has its head within 10 s and is whole within 30 s. */
const HEAD_MS = 10_000
const REQUEST_MS = 30_000
const KEEP_ALIVE_MS = 65_000
const MAX_HEADER_BYTES = 16 * 1024

/** The one Koa app: a scope for each request, the host guard, our routes, then the protocol's. */
export function createWebServer(deps: WebDeps): Server {
  const app = new Koa()
  app.silent = true // faults are logged where they are answered
  const https = deps.issuer.startsWith('https:')
  app.use(async (ctx, next) => {
    const startedMs = deps.clockMs()
    const requestId = deps.random.bytes(9).toString('base64url')
    openRequestScope(ctx.req, { requestId, log: deps.log.child({ request_id: requestId }) })
    setSecurityHeaders(ctx.res, { https })
    ctx.set('X-Request-Id', requestId)
    ctx.res.once('finish', () => logRequest(ctx, deps.protocol, deps.clockMs() - startedMs))
    try {
      guardHost(ctx.req, deps.issuer)
      await next()
    } catch (error) {
      deps.answerError(ctx, error)
    }
  })
  app.use((ctx, next) => (deps.protocol.owns(ctx.path) ? deps.protocol.handle(ctx) : next()))
  app.use(deps.router.routes())
  app.use((ctx) => {
    const methods: unknown = ctx.matched
    const known = Array.isArray(methods) && methods.some((layer: { methods: unknown[] }) => layer.methods.length > 0)
    throw new Refusal(known ? 'method_not_allowed' : 'not_found')
  })
  const limits = { headersTimeout: HEAD_MS, requestTimeout: REQUEST_MS, keepAliveTimeout: KEEP_ALIVE_MS, maxHeaderSize: MAX_HEADER_BYTES }
  return createServer(limits, app.callback())
}

/** One line a request: route, not address; who asked is told by ids only. */
function logRequest(ctx: Context, protocol: WebDeps['protocol'], durationMs: number): void {
  const route: unknown = ctx._matchedRoute
  const fields = {
    method: ctx.method,
    route: typeof route === 'string' ? route : protocol.owns(ctx.path) ? `/${ctx.path.split('/')[1]}` : 'unmatched',
    status: ctx.res.statusCode,
    duration_ms: durationMs,
  }
  requestScope(ctx.req).log.info(fields, 'request answered')
}
