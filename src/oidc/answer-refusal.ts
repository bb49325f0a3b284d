import type { Context } from 'koa'
import type { Configuration, errors, KoaContextWithOIDC } from 'oidc-provider'
import { Overloaded } from '../ports/overloaded.ts'
import { databaseUnavailable } from '../store/unavailable.ts'
import { Refusal } from '../web/refusal.ts'
import { requestScope } from '../web/request-scope.ts'
import { FOR_BROWSERS } from './render-error.ts'

/** The answer of an endpoint whose work was taken back: the page or the JSON that the engine itself would have sent. */
export async function answerRefusal(
  ctx: KoaContextWithOIDC,
  error: InstanceType<typeof errors.OIDCProviderError>,
  renderError: NonNullable<Configuration['renderError']>,
): Promise<void> {
  for (const header of ['Location', 'Set-Cookie']) ctx.remove(header)
  const out = { error: error.error, ...(error.error_description ? { error_description: error.error_description } : {}) }
  ctx.status = error.statusCode
  if (FOR_BROWSERS.test(ctx.path)) await renderError(ctx, out, error)
  else ctx.body = out
}

/** What was thrown outside of the engine's own error handling, in the form of RFC 6749 §5.2 where programs call. */
export function answerInProtocolForm(ctx: Context, error: unknown, answerError: (ctx: Context, error: unknown) => void): void {
  if (FOR_BROWSERS.test(ctx.path)) {
    answerError(ctx, error)
    return
  }
  const overloaded = error instanceof Overloaded ? error : databaseUnavailable(error)
  if (error instanceof Refusal) {
    ctx.status = error.status
    ctx.body = { error: 'invalid_request', error_description: error.reason.replaceAll('_', ' ') }
  } else if (overloaded) {
    ctx.status = 503
    ctx.set('Retry-After', String(overloaded.retryAfterS))
    ctx.body = { error: 'temporarily_unavailable' }
  } else {
    requestScope(ctx.req).log.error({ err: error }, 'a request failed')
    ctx.status = 500
    ctx.body = { error: 'server_error' }
  }
}
