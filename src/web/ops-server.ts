import { createServer, type Server, type ServerResponse } from 'node:http'

/** Whether this process can take requests, and if not why, in one word for an operator. */
export interface Readiness {
  readonly ready: boolean
  readonly checks: Readonly<Record<string, 'ok' | string>>
}

/**
 * Health for load balancers and operators, on a port of its own that is never public: `/healthz` says that the event loop turns, `/readyz` that
 * requests can be answered. Neither names anybody.
 */
export function createOpsServer(readiness: () => Promise<Readiness>): Server {
  return createServer({ headersTimeout: 5_000, requestTimeout: 5_000 }, (req, res) => {
    if (req.method !== 'GET' && req.method !== 'HEAD') return answer(res, 405, { error: 'method not allowed' })
    if (req.url === '/healthz') return answer(res, 200, { status: 'ok' })
    if (req.url !== '/readyz') return answer(res, 404, { error: 'not found' })
    readiness().then(
      (state) => answer(res, state.ready ? 200 : 503, state),
      () => answer(res, 503, { ready: false, checks: {} }),
    )
  })
}

function answer(res: ServerResponse, status: number, body: object): void {
  res.writeHead(status, { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' })
  res.end(JSON.stringify(body))
}
