import type { Configuration, KoaContextWithOIDC, Client as OidcClient } from 'oidc-provider'
import type { Client, Group } from '../group/group.ts'
import type { ClientId } from '../store/ids.ts'
import { authorizationDetails } from './authorization-details.ts'
import type { OidcDeps } from './deps.ts'
import { clientCertificates } from './mtls/client-certificates.ts'
import { registrationFeatures } from './registration/index.ts'
import { resourceServer } from './resource-servers.ts'
import { logoutSource, postLogoutSuccessSource } from './sign-out.ts'
import type { signedMessageRules } from './signed-messages.ts'
import { assertClaimsParameter } from './stricter.ts'

/** What of oidc-provider is switched on, for the group of this moment. What is not named here is off: device flow, CIBA. */
export function features(
  deps: OidcDeps,
  group: Group,
  rules: ReturnType<typeof signedMessageRules>,
): NonNullable<Configuration['features']> {
  const groupClient = (client: OidcClient): Client => {
    const known = group.clients.get(client.clientId as ClientId) // client ids come from the group
    if (!known) throw new TypeError('a client that is not in the group')
    return known
  }
  const { defaultResource, ...details } = authorizationDetails({ ...deps, group })
  return {
    backchannelLogout: { enabled: true },
    claimsParameter: { enabled: true, assertClaimsParameter },
    clientCredentials: { enabled: true },
    devInteractions: { enabled: false },
    // Nonces are offered, for clients whose clock is wrong, and not asked of anybody (OIDC-29). Every node makes the same.
    dPoP: { enabled: true, nonceSecret: deps.vault.derive('dpop_nonce'), requireNonce: () => false },
    // What the engine does for the profile; the rest are the client's metadata and `signed-messages.ts`.
    fapi: { enabled: true, profile: (_ctx: KoaContextWithOIDC, client: OidcClient) => profileOf(group, client) },
    introspection: {
      enabled: true,
      // Only the client a token was made for learns about it (OIDC-26); brands' own APIs get tokens that they read themselves.
      allowedPolicy: (_ctx, client, token) => client.clientAuthMethod !== 'none' && client.clientId === token.clientId,
    },
    jwtIntrospection: { enabled: true },
    jwtResponseModes: { enabled: true },
    mTLS: {
      enabled: true,
      certificateBoundAccessTokens: true,
      selfSignedTlsClientAuth: true,
      tlsClientAuth: true,
      ...clientCertificates({ group, clock: deps.clock, isProxy: deps.isProxy }),
    },
    pushedAuthorizationRequests: { enabled: true },
    ...registrationFeatures(deps),
    // By value and by PAR. A request object at an address of the client's choice would be another server to trust and to call.
    requestObjects: { enabled: true, assertJwtClaimsAndHeader: rules.assertRequestObject },
    resourceIndicators: {
      enabled: true,
      defaultResource,
      getResourceServerInfo: (_ctx, resource, client) => resourceServer(group, deps.issuer, resource, groupClient(client)),
      useGrantedResource: () => false,
    },
    revocation: { enabled: true, allowedPolicy: (_ctx, client, token) => client.clientId === token.clientId },
    richAuthorizationRequests: { enabled: true, ...details },
    rpInitiatedLogout: { enabled: true, logoutSource: logoutSource(deps), postLogoutSuccessSource: postLogoutSuccessSource(deps) },
    userinfo: { enabled: true },
  }
}

/** The engine also asks before it knows the client. */
const profileOf = (group: Group, client: OidcClient | undefined): '2.0' | undefined =>
  client && group.clients.get(client.clientId as ClientId)?.profile === 'fapi2' ? '2.0' : undefined
