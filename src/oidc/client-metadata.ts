import type { ClientMetadata } from 'oidc-provider'
import type { Client, Group } from '../group/group.ts'

/** Grant types that have an endpoint today. A client of a channel that is not built yet is valid in the group file and refused here. */
const BUILT_GRANT_TYPES: ReadonlySet<string> = new Set(['authorization_code', 'refresh_token', 'client_credentials'])

/** The claim scopes of OpenID Connect core §5.4 and the attributes each stands for. */
const STANDARD_SCOPES: Readonly<Record<string, readonly string[]>> = {
  profile: ['name', 'given_name', 'family_name', 'birthdate'],
  email: ['email', 'email_verified'],
  phone: ['phone_number', 'phone_number_verified'],
  address: ['address'],
}

/** Scope → claims: the standard ones and one for each attribute group. What a client really gets is the release gate's decision. */
export function scopeClaims(group: Group): Record<string, string[]> {
  const attributes = new Set<string>(group.attributes.keys())
  const groups = [...group.attributeGroups].map(([name, members]) => [name, members.flatMap(withVerified)] as const)
  const standard = Object.entries(STANDARD_SCOPES).map(
    ([name, claims]) => [name, claims.filter((c) => attributes.has(c.replace(/_verified$/, '')))] as const,
  )
  return Object.fromEntries([...groups, ...standard].map(([name, claims]) => [name, [...claims]]))
}

const withVerified = (name: string): string[] => (name === 'email' || name === 'phone_number' ? [name, `${name}_verified`] : [name])

/** A client of the group as oidc-provider wants it: RFC 7591 metadata, pairwise subjects, one sector per recipient (OIDC-11). */
export function clientMetadata(client: Client, group: Group): ClientMetadata {
  const claimScopes = new Set(['openid', 'offline_access', ...Object.keys(scopeClaims(group))])
  const grantTypes = client.grantTypes.filter((type) => BUILT_GRANT_TYPES.has(type))
  const scope = client.scopes.filter((name) => claimScopes.has(name)).join(' ')
  const codeFlow = grantTypes.includes('authorization_code')
  return {
    ...client.metadata,
    client_id: client.id,
    client_name: client.name,
    ...(client.secret ? { client_secret: client.secret.reveal() } : {}),
    token_endpoint_auth_method: client.tokenEndpointAuthMethod,
    application_type: client.channel === 'app' ? 'native' : 'web',
    grant_types: grantTypes,
    response_types: codeFlow ? ['code'] : [],
    redirect_uris: codeFlow ? [...client.redirectUris] : [],
    post_logout_redirect_uris: [...client.postLogoutRedirectUris],
    ...(client.backchannelLogoutUri
      ? { backchannel_logout_uri: client.backchannelLogoutUri, backchannel_logout_session_required: true }
      : {}),
    // The engine takes no empty text, and no text for "any": clients without a scope of ours are refused in `prompts.ts` and `stricter.ts` (OIDC-12).
    ...(scope ? { scope } : {}),
    subject_type: 'pairwise',
    // Never fetched: it only tells oidc-provider that redirect URIs on two hosts are one sector. Subjects are looked up by recipient.
    sector_identifier_uri: `https://${client.recipient}.sector.invalid/`,
  }
}
