import { createServer, type Server, type ServerResponse } from 'node:http'
import { METRICS_TYPE } from '../ports/metrics-text.ts'

/** Whether requests can be taken, and if not why, in one word for an operator. */
export interface Readiness {
  readonly ready: boolean
  readonly checks: Readonly<Record<string, 'ok' | string>>
}

export interface OpsDeps {
  readonly readiness: () => Promise<Readiness>
  /** In Prometheus' text format. */
  readonly metrics: () => Promise<string>
}

/**
 * Health and metrics for load balancers and operators, on a port of its own that is never public: `/healthz` says that the event loop turns,
 * `/readyz` that requests can be answered. None of it names anybody.
 */
export function createOpsServer({ readiness, metrics }: OpsDeps): Server {
  return createServer({ headersTimeout: 5_000, requestTimeout: 5_000 }, (req, res) => {
    if (req.method !== 'GET' && req.method !== 'HEAD') return answer(res, 405, { error: 'method not allowed' }, { Allow: 'GET, HEAD' })
    if (req.url === '/healthz') return answer(res, 200, { status: 'ok' })
    if (req.url === '/metrics') {
      metrics().then(
        (text) => res.writeHead(200, { 'Content-Type': METRICS_TYPE, 'Cache-Control': 'no-store' }).end(text),
        () => answer(res, 503, { error: 'metrics could not be read' }),
      )
      return
    }
    if (req.url !== '/readyz') return answer(res, 404, { error: 'not found' })
    readiness().then(
      (state) => answer(res, state.ready ? 200 : 503, state),
      () => answer(res, 503, { ready: false, checks: {} }),
    )
  })
}

function answer(res: ServerResponse, status: number, body: object, headers: Record<string, string> = {}): void {
  res.writeHead(status, { 'Content-Type': 'application/json', 'Cache-Control': 'no-store', ...headers })
  res.end(JSON.stringify(body))
}
