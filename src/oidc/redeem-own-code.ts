import { createHash } from 'node:crypto'
import type Provider from 'oidc-provider'
import type { OidcDeps } from './deps.ts'
import { inUnitOfWork, UnitOfWork } from './storage/unit-of-work.ts'

export interface OwnCodeRequest {
  readonly code: string
  readonly client_id: string
  readonly redirect_uri: string
  readonly code_verifier: string
}

/**
 * The token endpoint for clients that are Atrium itself (`atrium-account`): the same checks, code spent by the same conditional write, no token
 * issued, because the session is at hand.
 */
export function redeemOwnCode({ store }: OidcDeps, provider: Provider, request: OwnCodeRequest): Promise<boolean> {
  const work = new UnitOfWork()
  return inUnitOfWork(work, async () => {
    const code = await provider.AuthorizationCode.find(request.code)
    if (!code?.isValid || code.clientId !== request.client_id || code.redirectUri !== request.redirect_uri) return false
    if (code.codeChallenge !== createHash('sha256').update(request.code_verifier).digest('base64url')) return false
    await code.consume()
    return (await work.flush(store.pool)).length === 0
  })
}
