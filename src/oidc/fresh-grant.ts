import type { Grant, KoaContextWithOIDC } from 'oidc-provider'
import { epochSeconds } from '../ports/clock.ts'
import type { OidcDeps } from './deps.ts'
import { pendingGrantKey } from './storage/codes.ts'
import { unitOfWork } from './storage/unit-of-work.ts'

interface MadeGrant {
  generateTokenId(): string
  readonly expiration: number
  readonly openid?: unknown
  readonly resources?: unknown
  readonly rejected?: unknown
}

/**
 * A fresh Grant for every authorization (OIDC-5). It is written only together with the code it leads to; when the customer is asked first, or
 * refused, it never was.
 */
export async function freshGrant({ clock }: OidcDeps, ctx: KoaContextWithOIDC): Promise<Grant | undefined> {
  const { account, client, provider } = ctx.oidc
  if (!account || !client) return undefined
  const grant = new provider.Grant({ accountId: account.accountId, clientId: client.clientId })
  const { oidc, resources } = scopesOf(ctx)
  grant.addOIDCScope(oidc)
  grant.addOIDCClaims([...ctx.oidc.requestParamClaims])
  for (const [resource, scope] of Object.entries(resources)) grant.addResourceScope(resource, scope)
  const made = grant as unknown as MadeGrant // public members the types leave out
  grant.jti = made.generateTokenId()
  grant.exp = epochSeconds(clock()) + made.expiration
  const { openid, resources: granted, rejected } = made
  const payload = { accountId: account.accountId, clientId: client.clientId, openid, resources: granted, rejected, exp: grant.exp }
  unitOfWork().remember(pendingGrantKey(grant.jti), { payload })
  return grant
}

/** What this authorization may ever release, as oidc-provider's throw-away Grant (OIDC-5, OIDC-6): the scopes asked for that the client has. */
function scopesOf(ctx: KoaContextWithOIDC): { oidc: string; resources: Record<string, string> } {
  const { oidc } = ctx
  const requested = [...oidc.requestParamScopes]
  const resources = Object.fromEntries(
    Object.entries(oidc.resourceServers ?? {}).map(([resource, server]) => [
      resource,
      requested.filter((s) => server.scopes.has(s)).join(' '),
    ]),
  )
  return { oidc: [...oidc.requestParamOIDCScopes].join(' '), resources }
}
