import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http'
import type Router from '@koa/router'
import Koa, { type Context } from 'koa'
import type { Logger } from '../ports/log.ts'
import type { Metrics } from '../ports/metrics.ts'
import type { Random } from '../ports/random.ts'
import type { Admission } from './admission.ts'
import type { AnswerError } from './answer-error.ts'
import type { ClientAddressOf } from './client-address.ts'
import { Refusal } from './refusal.ts'
import { guardRequest } from './request-guard.ts'
import { createRequestId } from './request-id.ts'
import { createRequestRecord } from './request-record.ts'
import { openRequestScope, pathOf, requestScope } from './request-scope.ts'
import { setSecurityHeaders } from './security-headers.ts'

export interface WebDeps {
  readonly issuer: string
  readonly log: Logger
  readonly metrics: Metrics
  readonly random: Random
  readonly clockMs: () => number
  readonly answerError: AnswerError
  readonly admission: Pick<Admission, 'turnAway'>
  readonly addressOf: ClientAddressOf
  /** The protocol's endpoints answer for themselves. */
  readonly protocol: Protocol
  readonly router: Router
  /** True once this process was asked to stop: every answer then asks its caller to connect anew, elsewhere. */
  readonly isDraining: () => boolean
  readonly limits?: Partial<HttpLimits>
}

export interface Protocol {
  /** The template of a path of the protocol's, bounded in number; undefined for any other path. */
  routeOf(path: string): string | undefined
  /** Answers without the app around. False: the app is needed. */
  answer(req: IncomingMessage, res: ServerResponse, path: string): boolean
  handle(ctx: Context): Promise<void>
  /** Answers what was refused before the protocol saw it, in the protocol's own form. */
  answerError(ctx: Context, error: unknown): void
}

/** How long a caller may take, in milliseconds. */
export interface HttpLimits {
  /** To send the head of a request. */
  readonly headMs: number
  /** To send a whole request. */
  readonly requestMs: number
  /** Between two requests on one connection. */
  readonly keepAliveMs: number
  /** Without a byte in either direction: who does not read its answer is cut too. */
  readonly silentMs: number
}

const LIMITS: HttpLimits = { headMs: 10_000, requestMs: 30_000, keepAliveMs: 65_000, silentMs: 70_000 }
const MAX_HEADER_BYTES = 16 * 1024
/** How often connections are looked at for those that take too long. */
const CHECK_MS = 2_000

/** A scope for each request and the guard, then the protocol or our own pages. Returns what makes a listener for each address. */
export function createWebServer(deps: WebDeps): () => Server {
  const { host, protocol: scheme } = new URL(deps.issuer)
  const requestIdOf = createRequestId(deps)
  const record = createRequestRecord(deps)
  const answer = createApp(deps).callback()
  const front: RequestListener = (req, res) => {
    const scope = openRequestScope(req, requestIdOf(req), deps.log)
    setSecurityHeaders(res, { https: scheme === 'https:' })
    res.setHeader('X-Request-Id', scope.requestId)
    record(req, res, scope)
    // A body whose length was not told is not waited for once the answer is clear.
    if (deps.isDraining() || req.headers['transfer-encoding'] !== undefined) res.shouldKeepAlive = false
    try {
      guardRequest(req, host)
    } catch (error) {
      scope.refused = error
    }
    // The protocol's engine is an app of its own: most requests are for it, and would pass through ours for nothing.
    if (scope.refused !== undefined || !deps.protocol.answer(req, res, pathOf(req))) void answer(req, res)
  }
  const admit: RequestListener = (req, res) => void (deps.admission.turnAway(req, res) || front(req, res))
  return () => listener(admit, { ...LIMITS, ...deps.limits })
}

/** The Koa app of our own pages, and of what was refused. */
function createApp(deps: WebDeps): Koa {
  const app = new Koa()
  app.silent = true // faults are logged where they are answered
  app.use(async (ctx, next) => {
    const scope = requestScope(ctx.req)
    try {
      if (scope.refused !== undefined) throw scope.refused
      await next()
    } catch (error) {
      if (!ctx.req.complete) ctx.res.shouldKeepAlive = false
      if (deps.protocol.routeOf(ctx.path) === undefined) deps.answerError(ctx, error)
      else deps.protocol.answerError(ctx, error)
    }
    if (typeof ctx._matchedRoute === 'string') scope.route = ctx._matchedRoute
  })
  app.use((ctx, next) => (deps.protocol.routeOf(ctx.path) === undefined ? next() : deps.protocol.handle(ctx)))
  app.use(deps.router.routes())
  app.use((ctx) => {
    const allowed = methodsAt(ctx)
    if (allowed.length > 0) ctx.set('Allow', allowed.join(', '))
    throw new Refusal(allowed.length > 0 ? 'method_not_allowed' : 'not_found')
  })
  return app
}

function listener(admit: RequestListener, limits: HttpLimits): Server {
  const server = createServer(
    {
      headersTimeout: limits.headMs,
      requestTimeout: limits.requestMs,
      keepAliveTimeout: limits.keepAliveMs,
      connectionsCheckingInterval: Math.min(CHECK_MS, limits.headMs / 2),
      maxHeaderSize: MAX_HEADER_BYTES,
    },
    admit,
  )
  server.maxHeadersCount = 0 // Node would leave out what is too many; the guard refuses it
  server.setTimeout(limits.silentMs)
  return server
}

/** What a path of ours may be called with, when it was called with something else. */
function methodsAt(ctx: Context): readonly string[] {
  const matched: unknown = ctx.matched
  return Array.isArray(matched) ? [...new Set(matched.flatMap((layer: { methods: string[] }) => layer.methods))] : []
}
