import type { IncomingMessage } from 'node:http'
import type { Logger } from '../ports/log.ts'

/** What belongs to one request: its id, which the customer may quote, and a log that carries it. */
export interface RequestScope {
  readonly requestId: string
  readonly log: Logger
}

/** Beside the request, not on it: two Koa apps (ours and the protocol engine's) see the same one. */
const scopes = new WeakMap<IncomingMessage, RequestScope>()

export const openRequestScope = (req: IncomingMessage, scope: RequestScope): void => void scopes.set(req, scope)

export function requestScope(req: IncomingMessage): RequestScope {
  const scope = scopes.get(req)
  if (!scope) throw new Error('a request without a scope: openRequestScope comes first')
  return scope
}
