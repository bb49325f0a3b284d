import { errors, type ResourceServer } from 'oidc-provider'
import type { Client, Group } from '../group/group.ts'
import { ACCESS_TOKEN_S } from './lifetimes.ts'

/** Atrium's own APIs: their tokens are opaque and die with their grant at once. */
const OWN_APIS: ReadonlyMap<string, readonly string[]> = new Map([
  ['/customers', ['customers:create', 'attributes:write', 'consents:read', 'requests:create']],
  ['/uma', ['uma_protection']],
  ['/admin/api', ['admin:read', 'admin:write', 'support', 'privacy']],
  ['/scim', ['scim']],
])

/**
 * What a resource indicator (RFC 8707) stands for, for this client: Atrium's own APIs, or an API of the client's own recipient, which gets a
 * JWT (RFC 9068) without profile data.
 *
 * @throws InvalidTarget for any other resource
 */
export function resourceServer(group: Group, issuer: string, resource: string, client: Client): ResourceServer {
  const allowed = (scopes: readonly string[]): string => scopes.filter((scope) => client.scopes.includes(scope)).join(' ')
  const own = resource.startsWith(issuer) ? OWN_APIS.get(resource.slice(issuer.length)) : undefined
  if (own) return { scope: allowed(own), audience: resource, accessTokenTTL: ACCESS_TOKEN_S, accessTokenFormat: 'opaque' }
  const api = group.recipients.get(client.recipient)?.apis.find((a) => a.resource === resource)
  if (api) {
    return {
      scope: allowed(api.scopes),
      audience: resource,
      accessTokenTTL: ACCESS_TOKEN_S,
      accessTokenFormat: 'jwt',
      jwt: { sign: { alg: 'ES256' } },
    }
  }
  throw new errors.InvalidTarget('this client cannot have tokens for that resource')
}
