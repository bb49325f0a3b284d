import type { Context } from 'koa'
import { ACR_LEVELS, type Client, type Level } from '../group/group.ts'
import type { ApiCaller, ApiTokenRefusal } from '../oidc/index.ts'
import { epochSeconds } from '../ports/clock.ts'
import { type Problem, sendProblem } from '../web/problem.ts'
import { Refusal } from '../web/refusal.ts'
import { noteCaller } from '../web/request-scope.ts'
import type { CustomersDeps } from './deps.ts'

export const RESOURCE_PATH = '/customers'

type Scheme = 'Bearer' | 'DPoP'
export type ApiHandler = (deps: CustomersDeps, ctx: Context, caller: ApiCaller) => Promise<void>

const SAID: Readonly<Record<Exclude<ApiTokenRefusal, 'no_token'>, string>> = {
  invalid_request: 'the Authorization header must be a scheme and a token',
  invalid_token: 'the token is unknown, over, for another API, or not the caller’s',
  invalid_dpop_proof: 'the DPoP proof is not for this request',
  use_dpop_nonce: 'the DPoP proof is not recent; put the nonce of DPoP-Nonce into it',
}

/**
 * Lets a handler see only who may call it: a token for this API that is alive (OIDC-4), with the scope (RFC 6750), of a customer who proved enough
 * (RFC 9470), and not more often than anybody may. What is thrown on the way is answered as a problem document, whatever the caller accepts.
 */
export const guarded =
  (deps: CustomersDeps, scope: string, handler: ApiHandler) =>
  async (ctx: Context): Promise<void> => {
    try {
      const caller = await admitted(deps, ctx, scope)
      if (caller) await handler(deps, ctx, caller)
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      if (!ctx.req.complete) ctx.res.shouldKeepAlive = false
      sendProblem(ctx, error)
    }
  }

/** The caller, or nothing when the answer has been given. */
async function admitted(deps: CustomersDeps, ctx: Context, scope: string): Promise<ApiCaller | undefined> {
  const result = await deps.verifyApiToken(ctx.req, RESOURCE_PATH)
  if (!result.ok) {
    refuseToken(deps, ctx, result, scope)
    return undefined
  }
  const { caller, scheme } = result
  noteCaller(ctx.req, { client_id: caller.client.id, brand: caller.recipient.key })
  const take = await deps.limits.apis.take(deps.db, caller.client.id, deps.clock())
  if (!take.ok) {
    ctx.set('Retry-After', String(take.retryAfterS))
    sendProblem(ctx, { reason: 'too_many_requests', status: 429 })
    return undefined
  }
  if (!caller.scopes.has(scope)) {
    refuse(deps, ctx, scheme, { reason: 'insufficient_scope', status: 403, detail: 'the token lacks the scope of this call' }, { scope })
    return undefined
  }
  const wanted = missingProof(caller, deps.clock())
  if (!wanted) return caller
  const detail = 'the customer must prove more, or anew'
  refuse(deps, ctx, scheme, { reason: 'insufficient_user_authentication', status: 401, detail }, wanted)
  return undefined
}

function refuseToken(
  deps: CustomersDeps,
  ctx: Context,
  { reason, scheme }: { reason: ApiTokenRefusal; scheme: Scheme },
  scope: string,
): void {
  if (reason === 'no_token') {
    // RFC 6750 §3.1: who brings nothing is told the way, and no error.
    ctx.append('WWW-Authenticate', challenge('Bearer', { realm: deps.issuer, scope }))
    ctx.append('WWW-Authenticate', challenge('DPoP', { realm: deps.issuer, scope, algs: deps.dpop.algs.join(' ') }))
    sendProblem(ctx, { reason, status: 401 })
    return
  }
  if (reason === 'use_dpop_nonce') ctx.set('DPoP-Nonce', deps.dpop.nonce())
  refuse(deps, ctx, scheme, { reason, status: reason === 'invalid_request' ? 400 : 401, detail: SAID[reason] })
}

/** The error in the header, for OAuth libraries, and as a document. */
function refuse(deps: CustomersDeps, ctx: Context, scheme: Scheme, problem: Problem, more: Readonly<Record<string, string>> = {}): void {
  const algs = scheme === 'DPoP' ? { algs: deps.dpop.algs.join(' ') } : {}
  const said = {
    realm: deps.issuer,
    error: problem.reason,
    error_description: (problem.detail ?? '').replaceAll('’', "'"),
    ...more,
    ...algs,
  }
  ctx.append('WWW-Authenticate', challenge(scheme, said))
  sendProblem(ctx, problem)
}

const challenge = (scheme: Scheme, parameters: Readonly<Record<string, string>>): string =>
  `${scheme} ${Object.entries(parameters)
    .map(([name, value]) => `${name}="${value}"`)
    .join(', ')}`

/**
 * What the customer behind a token has not proved that its client is registered for: the least level, and how old a sign-in may be
 * (`minimum_acr`, `default_max_age`). Pure. A client that calls by itself has nobody who could prove anything.
 */
export function missingProof({ client, customer }: Pick<ApiCaller, 'client' | 'customer'>, now: Date): Record<string, string> | undefined {
  if (!customer) return undefined
  const level = client.minimumAcr
  const isLow = level !== undefined && placeOf(customer.acr) < placeOf(level)
  const maxAgeS = maxAgeOf(client)
  const isOld = maxAgeS !== undefined && epochSeconds(now) - (customer.auth_time ?? 0) > maxAgeS
  if (!isLow && !isOld) return undefined
  return { ...(isLow ? { acr_values: level } : {}), ...(isOld ? { max_age: String(maxAgeS) } : {}) }
}

const placeOf = (level: string | undefined): number => ACR_LEVELS.indexOf(level as Level) // an unknown level has no place: -1

const maxAgeOf = ({ metadata }: Client): number | undefined =>
  typeof metadata.default_max_age === 'number' ? metadata.default_max_age : undefined
