import type { Client } from '../../src/group/group.ts'
import type { AttributeName, ClientId, PurposeName, RecipientKey } from '../../src/store/ids.ts'

/** A client of `aurora`, registered for these attributes under `service`. */
export function clientFor(...attributes: readonly string[]): Client {
  return {
    id: 'aurora-web' as ClientId,
    name: 'Aurora',
    recipient: 'aurora' as RecipientKey,
    channel: 'web',
    redirectUris: [],
    postLogoutRedirectUris: [],
    claimsRedirectUris: [],
    grantTypes: [],
    tokenEndpointAuthMethod: 'none',
    scopes: ['openid'],
    needs: [
      { purpose: 'service' as PurposeName, attributes: attributes.map((name) => ({ name: name as AttributeName, required: false })) },
    ],
    writes: [],
    metadata: {},
  }
}
