import Provider, { type KoaContextWithOIDC } from 'oidc-provider'
import { requestScope } from '../web/request-scope.ts'
import type { OidcDeps } from './deps.ts'

interface SecretClient {
  readonly clientId: string
  compareClientSecret(actual: string): boolean | Promise<boolean>
}

/**
 * Believes no secret of a client from a place that failed too often with that client's name (SEC-17). The secret is compared all the same, so that
 * right and wrong take as long. Clients that sign are believed: a signature is not guessed.
 *
 * `compareClientSecret` is a model method the library calls but does not document; `test/oidc/contract.test.ts` pins it.
 */
export function limitClientSecrets(provider: Provider, { limits, addressOf, clock }: OidcDeps): void {
  const prototype = provider.Client.prototype as unknown as SecretClient // the published type leaves the method out
  const compare = prototype.compareClientSecret
  prototype.compareClientSecret = async function (this: SecretClient, actual: string) {
    const matches = await compare.call(this, actual)
    const ctx = Provider.ctx as KoaContextWithOIDC
    return matches && !limits.clients.isBarred({ clientId: this.clientId, from: addressOf(ctx.req) }, clock())
  }
}

/** Counts an authentication that failed, and tells whoever failed too often when to come back: with the same words, whatever they sent. */
export async function countClientFailure({ limits, addressOf, clock, store }: OidcDeps, ctx: KoaContextWithOIDC): Promise<void> {
  if (ctx.status !== 401 || (ctx.body as { error?: unknown } | undefined)?.error !== 'invalid_client') return
  const clientId = ctx.oidc.client?.clientId
  const barred = await limits.clients.failed(store.db, { clientId, from: addressOf(ctx.req) }, clock())
  if (!barred) return
  if (barred.first) {
    const fields = { ...(clientId && { client_id: clientId }), retry_in_s: barred.retryAfterS }
    requestScope(ctx.req).log.warn(
      fields,
      'a client failed to authenticate so often from one place that it is not believed there for a while',
    )
  }
  ctx.remove('WWW-Authenticate')
  ctx.set('Retry-After', String(barred.retryAfterS))
  ctx.status = 429
  ctx.body = { error: 'temporarily_unavailable', error_description: 'too many failed attempts to authenticate' }
}
