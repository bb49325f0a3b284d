import type { IncomingMessage } from 'node:http'
import type { Context } from 'koa'
import type Provider from 'oidc-provider'
import type { KoaContextWithOIDC } from 'oidc-provider'
import { JOURNEY_PATH } from '../journey/index.ts'
import type { AccountId } from '../store/ids.ts'
import { Refusal } from '../web/refusal.ts'
import { noteCaller } from '../web/request-scope.ts'
import { formTarget } from '../web/security-headers.ts'
import { answerInProtocolForm, answerRefusal } from './answer-refusal.ts'
import type { OidcDeps } from './deps.ts'
import { countClientFailure } from './limit-client-secrets.ts'
import { recordSignIn } from './record-sign-in.ts'
import { renderError } from './render-error.ts'
import { signedIn } from './storage/sessions.ts'
import { inUnitOfWork, type Spent, UnitOfWork } from './storage/unit-of-work.ts'
import { stricterRefusal } from './stricter.ts'

const MAX_USER_AGENT = 300

export interface Surroundings {
  readonly answerError: (ctx: Context, error: unknown) => void
  /** What an endpoint may be called with; nothing where there is none. */
  readonly methodsAt: (path: string) => string | undefined
  /** After a session of this account has begun. */
  readonly onSignIn: (accountId: AccountId, uid: string) => Promise<void>
}

/**
 * Puts every request of the protocol engine into a unit of work, and writes what it holds before the answer leaves. Also tells the engine whose
 * host and scheme it has: the issuer's, whatever the request says (OIDC-17).
 */
export function withUnitOfWork(provider: Provider, deps: OidcDeps, { answerError, methodsAt, onSignIn }: Surroundings): void {
  const { host, protocol } = new URL(deps.issuer)
  Object.defineProperties(provider.request, {
    host: { get: () => host },
    protocol: { get: () => protocol.slice(0, -1) },
  })
  provider.silent = true // what Koa itself would print; faults are logged where they are answered
  const faults = new WeakMap<IncomingMessage, Error>()
  provider.on('server_error', (ctx, err) => void faults.set(ctx.req, err))
  provider.use(async (ctx, next) => {
    const work = new UnitOfWork()
    work.userAgent = ctx.get('user-agent').slice(0, MAX_USER_AGENT)
    work.arrivedAt = deps.clock()
    try {
      await inUnitOfWork(work, async () => {
        await next()
        if (!isProtocolContext(ctx)) throw unmatched(ctx, methodsAt(ctx.path))
        const fault = faults.get(ctx.req)
        if (fault) throw fault // and nothing of the work is written: what was to be spent stays good
        if (ctx.oidc.client) noteCaller(ctx.req, { client_id: ctx.oidc.client.clientId })
        const refused = ctx.status < 400 && stricterRefusal(ctx, deps.group())
        if (refused) return answerRefusal(ctx, refused, renderError(deps)) // and nothing of the work is written
        await write(deps, ctx, work)
        const begun = signedIn(work)
        if (begun) await onSignIn(begun.accountId, begun.uid)
        await countClientFailure(deps, ctx)
        allowFormTarget(ctx)
        countTokens(deps, ctx)
      })
    } catch (error) {
      forget(ctx)
      answerInProtocolForm(ctx, error, answerError)
    }
  })
}

/** A grant type that was answered is one the engine knows: the label is bounded. */
function countTokens({ metrics }: OidcDeps, { oidc, status }: KoaContextWithOIDC): void {
  if (oidc.route === 'token' && status === 200) metrics.count('atrium_tokens_issued_total', [String(oidc.params?.grant_type)])
}

function unmatched(ctx: Context, methods: string | undefined): Refusal {
  if (methods) ctx.set('Allow', methods)
  return new Refusal(methods ? 'method_not_allowed' : 'not_found')
}

/** The engine adds `oidc` when one of its routes matched. */
const isProtocolContext = (ctx: Context | KoaContextWithOIDC): ctx is KoaContextWithOIDC => 'oidc' in ctx && ctx.oidc !== undefined

async function write(deps: OidcDeps, ctx: KoaContextWithOIDC, work: UnitOfWork): Promise<void> {
  const { store, events } = deps
  await recordSignIn(deps, ctx, work)
  // An answer that carries no token writes none. What was spent on the way stays spent, but for a refresh token: the client has no other.
  if (ctx.status >= 400) {
    for (const issued of ['code', 'access-token', 'refresh-token']) work.drop(issued)
    work.keep('refresh_token')
  }
  const lost = await work.flush(store.pool)
  if (lost.length > 0) await answerLostRace(store, ctx, { work, lost })
  if (ctx.oidc.route?.startsWith('end_session')) events.wake()
}

/**
 * Something to spend had been spent by a request that was faster. Nothing was written; the answer becomes the protocol's refusal. A code that is
 * presented twice ends its grant, as it does when the second comes later (SEC-14).
 */
async function answerLostRace(
  store: OidcDeps['store'],
  ctx: KoaContextWithOIDC,
  { work, lost }: { work: UnitOfWork; lost: readonly Spent[] },
): Promise<void> {
  const { route, entities, provider, params } = ctx.oidc
  forget(ctx)
  if (route === 'token' && lost.includes('proof') && params?.client_assertion !== undefined) {
    ctx.status = 401 // not invalid_grant: what the client wanted to redeem is as good as before
    ctx.body = { error: 'invalid_client', error_description: 'client authentication failed' }
    return
  }
  if (route === 'token') {
    ctx.status = 400
    ctx.body = { error: 'invalid_grant', error_description: 'grant request is invalid' }
    const grantId = lost.includes('code') ? entities.AuthorizationCode?.grantId : undefined
    if (grantId) await provider.Grant.adapter.destroy(grantId)
    await work.flush(store.pool)
    return
  }
  if (route === 'userinfo') {
    ctx.status = 401
    ctx.set('WWW-Authenticate', 'DPoP error="invalid_token", error_description="DPoP proof JWT Replay detected"')
    ctx.body = { error: 'invalid_token', error_description: 'DPoP proof JWT Replay detected' }
    return
  }
  // The journey's own page tells whoever clicked twice that all is well, and the way on.
  if (lost.includes('interaction')) return ctx.redirect(`${JOURNEY_PATH}/${entities.Interaction?.uid ?? ''}`)
  if (route === 'authorization' || route === 'resume') throw new Refusal('expired') // a pushed request that another tab was faster with
  ctx.status = 400
  ctx.body = { error: 'invalid_request', error_description: 'a proof or an assertion was sent twice' }
}

/** Takes back what the answer would have given: nothing of it was written. */
function forget(ctx: Context | KoaContextWithOIDC): void {
  ctx.remove('Location')
  ctx.remove('Set-Cookie')
}

/** A form of the engine's own pages ends at the client in the end, and browsers check every redirect on the way; the engine knows it only now. */
function allowFormTarget(ctx: KoaContextWithOIDC): void {
  if (!ctx.response.is('html')) return
  const { params, redirectUriCheckPerformed, entities } = ctx.oidc
  // An interaction's was verified when it began; an error that came before the engine's check goes back by a form too.
  const asked: unknown = params?.redirect_uri
  const verified = redirectUriCheckPerformed || (typeof asked === 'string' && entities.Client?.redirectUriAllowed(asked))
  const redirectUri: unknown = verified ? asked : entities.Interaction?.params.redirect_uri
  const target = typeof redirectUri === 'string' ? formTarget(redirectUri) : undefined
  const policy = ctx.response.get('Content-Security-Policy')
  if (target && !policy.includes(` ${target}`))
    ctx.set('Content-Security-Policy', policy.replace("form-action 'self'", `form-action 'self' ${target}`))
}
