import type { ClientMetadata } from 'oidc-provider'
import { AUTHORIZATION_DETAILS_TYPES, type Client, FAPI_SIGNING_ALGS, type Group } from '../group/group.ts'

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

/** JARM §2.3, for clients that register `authorization_signed_response_alg`. */
const SIGNED_RESPONSE_MODES = ['jwt', 'query.jwt', 'fragment.jwt', 'form_post.jwt']

/** FAPI 2.0 Security Profile §5.3.2: what it asks of every client and `plan` lets none deny. */
function fapiMetadata({ metadata }: Client, group: Group): Partial<ClientMetadata> {
  const isBoundByCertificate = metadata.tls_client_certificate_bound_access_tokens === true
  const alg = FAPI_SIGNING_ALGS.includes(group.keys.defaultSigningAlg) ? group.keys.defaultSigningAlg : 'ES256'
  return {
    require_pushed_authorization_requests: true,
    ...(isBoundByCertificate ? {} : { dpop_bound_access_tokens: true }),
    id_token_signed_response_alg: alg,
    authorization_signed_response_alg: alg,
    introspection_signed_response_alg: alg,
    ...Object.fromEntries(Object.entries(metadata).filter(([name]) => name.endsWith('_signed_response_alg'))),
  }
}

/** A client of the group as oidc-provider wants it: RFC 7591 metadata, pairwise subjects, one sector per recipient (OIDC-11). */
export function clientMetadata(client: Client, group: Group): ClientMetadata {
  const claimScopes = new Set(['openid', 'offline_access', ...Object.keys(scopeClaims(group))])
  const grantTypes = client.grantTypes.filter((type) => BUILT_GRANT_TYPES.has(type))
  const scope = client.scopes.filter((name) => claimScopes.has(name)).join(' ')
  const codeFlow = grantTypes.includes('authorization_code')
  return {
    // What a client may ask for (RFC 9396) is what it needs, so having needs is registration enough.
    authorization_details_types: client.needs.length > 0 ? [...AUTHORIZATION_DETAILS_TYPES] : [],
    ...client.metadata,
    ...(client.profile === 'fapi2' ? fapiMetadata(client, group) : {}),
    response_modes: ['query', 'fragment', 'form_post', ...(client.metadata.authorization_signed_response_alg ? SIGNED_RESPONSE_MODES : [])],
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
