import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Logger } from '../ports/log.ts'
import type { Metrics } from '../ports/metrics.ts'
import type { ClientAddressOf } from './client-address.ts'
import { pathOf, type RequestScope } from './request-scope.ts'

export interface RecordDeps {
  readonly log: Logger
  readonly metrics: Metrics
  readonly clockMs: () => number
  readonly addressOf: ClientAddressOf
  readonly protocol: { routeOf(path: string): string | undefined }
}

/** Node knows some thirty more; with each of them at each route anybody could fill what is kept of a metric. Named as OpenTelemetry does. */
const METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])
const OTHER_METHOD = '_OTHER'

/**
 * One line in the log and one observation for each request, when its answer has left or its caller has: route, not address; who asked is told by
 * ids of the group file and a block of addresses, never by name.
 */
export function createRequestRecord(deps: RecordDeps): (req: IncomingMessage, res: ServerResponse, scope: RequestScope) => void {
  // Its fields are all our own: to look for secrets among them would cost ten times as much as the line.
  const lines = deps.log.child({}, { redact: [] })
  let toldOfProxy = false
  return (req, res, scope) => {
    const startedMs = deps.clockMs()
    const { prefix } = deps.addressOf(req)
    if (!toldOfProxy && req.headers['x-forwarded-for'] !== undefined && !deps.addressOf.isProxy(req)) {
      toldOfProxy = true // once: anybody can send this header
      deps.log.warn('an X-Forwarded-For came from an address that TRUST_PROXY does not name, and is not believed')
    }
    res.once('close', () => {
      const durationMs = deps.clockMs() - startedMs
      const { method = '' } = req
      const route = scope.route ?? deps.protocol.routeOf(pathOf(req)) ?? 'unmatched'
      const { statusCode } = res
      const known = METHODS.has(method) ? method : OTHER_METHOD
      deps.metrics.observe('http_server_request_duration_seconds', [known, route, String(statusCode)], durationMs / 1000)
      if (!lines.isLevelEnabled('info')) return
      const fields = {
        request_id: scope.requestId,
        method,
        route,
        status: statusCode,
        duration_ms: Math.round(durationMs * 100) / 100,
        ...scope.caller,
        address: prefix,
      }
      lines.info(fields, res.writableFinished ? 'request answered' : 'request given up by its caller')
    })
  }
}
