import type { IncomingMessage } from 'node:http'
import type { Logger } from '../ports/log.ts'

/** What belongs to one request: its id, which the customer may quote, and a log that carries it. */
export interface RequestScope {
  readonly requestId: string
  readonly log: Logger
  /** Who asked and for which brand, once known: ids of the group file, never of a person. */
  caller: Caller
  /** The template of our own route that matched. */
  route?: string
  /** Why the request goes no further. */
  refused?: unknown
}

export interface Caller {
  readonly client_id?: string
  readonly brand?: string
}

/** Beside the request, not on it: two Koa apps (ours and the protocol engine's) see the same one. */
const scopes = new WeakMap<IncomingMessage, RequestScope>()

/** The path a request asks for, as it was sent. */
export function pathOf({ url = '/' }: IncomingMessage): string {
  const end = url.indexOf('?')
  return end === -1 ? url : url.slice(0, end)
}

/** Gives a request its id; the log is made when something is logged, which most requests never do. */
export function openRequestScope(req: IncomingMessage, requestId: string, log: Logger): RequestScope {
  let own: Logger | undefined
  const scope: RequestScope = {
    requestId,
    caller: {},
    get log() {
      own ??= log.child({ request_id: requestId })
      return own
    },
  }
  scopes.set(req, scope)
  return scope
}

/** What is known of the request under way. Throws when it was never opened, which is a fault of ours. */
export function requestScope(req: IncomingMessage): RequestScope {
  const scope = scopes.get(req)
  if (!scope) throw new Error('a request without a scope: openRequestScope comes first')
  return scope
}

/** For the request's line in the log. */
export const noteCaller = (req: IncomingMessage, caller: Caller): void => {
  const scope = requestScope(req)
  scope.caller = { ...scope.caller, ...caller }
}
