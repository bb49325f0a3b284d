import { authMethodOf } from './auth-method.ts'
import { FAPI_SIGNING_ALGS } from './group.ts'
import type { Problem } from './place.ts'
import type { ClientEntry } from './schema.ts'

/** The names of a certificate a client with `tls_client_auth` can be told by (RFC 8705 §2.1.2). */
const CERTIFICATE_NAMES = [
  'tls_client_auth_subject_dn',
  'tls_client_auth_san_dns',
  'tls_client_auth_san_uri',
  'tls_client_auth_san_ip',
  'tls_client_auth_san_email',
] as const

/** What one client says wrongly about keys, certificates, signed messages and its profile. */
export function securityProblems(client: ClientEntry): Problem[] {
  return [
    ...keyProblems(client),
    ...certificateProblems(client),
    ...messageProblems(client),
    ...(client.profile === 'fapi2' ? fapiProblems(client) : []),
  ]
}

function keyProblems(client: ClientEntry): Problem[] {
  const needy = [
    [authMethodOf(client) === 'private_key_jwt', 'private_key_jwt'],
    [authMethodOf(client) === 'self_signed_tls_client_auth', 'self_signed_tls_client_auth'],
    [client.require_signed_request_object === true, 'require_signed_request_object'],
    [client.request_object_signing_alg !== undefined, 'request_object_signing_alg'],
  ] as const
  const method = authMethodOf(client)
  const needs = needy.find(([applies]) => applies)?.[1]
  return [
    ...when(needs !== undefined && !client.jwks && client.jwks_uri === undefined, 'jwks', `is missing: ${needs} needs it, or jwks_uri`),
    ...when(
      method !== 'private_key_jwt' && client.token_endpoint_auth_signing_alg !== undefined,
      'token_endpoint_auth_signing_alg',
      'must be absent without private_key_jwt',
    ),
  ]
}

function certificateProblems(client: ClientEntry): Problem[] {
  const method = authMethodOf(client)
  const named = CERTIFICATE_NAMES.filter((name) => client[name] !== undefined)
  const [first, second] = named
  const misplaced = method === 'tls_client_auth' ? second : first
  return [
    ...when(
      method === 'tls_client_auth' && named.length === 0,
      'tls_client_auth_subject_dn',
      'is missing: tls_client_auth needs it, or one tls_client_auth_san_…',
    ),
    ...(misplaced ? [at(misplaced, second ? `must be absent beside ${first}` : 'must be absent without tls_client_auth')] : []),
    ...when(
      method === 'self_signed_tls_client_auth' && client.jwks !== undefined && !client.jwks.keys.some((key) => key.x5c?.length),
      'jwks',
      'must have a key with x5c: self_signed_tls_client_auth needs the certificate',
    ),
    ...when(
      client.tls_client_certificate_bound_access_tokens === true && client.dpop_bound_access_tokens === true,
      'tls_client_certificate_bound_access_tokens',
      'must be absent beside dpop_bound_access_tokens: a token is bound to one key',
    ),
  ]
}

function messageProblems(client: ClientEntry): Problem[] {
  const hasCode = client.grant_types.includes('authorization_code')
  return [
    ...when(
      !hasCode && client.authorization_signed_response_alg !== undefined,
      'authorization_signed_response_alg',
      'must be absent without the grant authorization_code',
    ),
    ...when(
      authMethodOf(client) === 'none' && client.introspection_signed_response_alg !== undefined,
      'introspection_signed_response_alg',
      'must be absent: public clients introspect nothing',
    ),
    ...when(
      (client.authorization_details_types ?? []).length > 0 && (client.needs ?? []).length === 0,
      'authorization_details_types',
      'must be empty without needs: there is nothing to ask for',
    ),
  ]
}

const FAPI_METHODS: readonly string[] = ['private_key_jwt', 'tls_client_auth', 'self_signed_tls_client_auth']
const SIGNING_FIELDS = [
  'id_token_signed_response_alg',
  'token_endpoint_auth_signing_alg',
  'request_object_signing_alg',
  'authorization_signed_response_alg',
  'introspection_signed_response_alg',
] as const

/** FAPI 2.0 Security Profile §5.3.2. What a client leaves out the profile fills in; what it says against the profile is wrong. */
function fapiProblems(client: ClientEntry): Problem[] {
  const unbound = client.dpop_bound_access_tokens === false && client.tls_client_certificate_bound_access_tokens !== true
  const weak = SIGNING_FIELDS.filter((field) => !FAPI_SIGNING_ALGS.includes(client[field] ?? 'ES256'))
  return [
    ...when(
      !FAPI_METHODS.includes(authMethodOf(client)),
      'token_endpoint_auth_method',
      `must be one of ${FAPI_METHODS.join(', ')} for profile fapi2`,
    ),
    ...when(unbound, 'dpop_bound_access_tokens', 'must be true for profile fapi2, or tls_client_certificate_bound_access_tokens'),
    ...when(
      client.require_pushed_authorization_requests === false,
      'require_pushed_authorization_requests',
      'must be true for profile fapi2',
    ),
    ...weak.map((field) => at(field, 'must be one of ES256, PS256, EdDSA for profile fapi2')),
  ]
}

const at = (field: string, message: string): Problem => ({ path: [field], message })
const when = (wrong: boolean, field: string, message: string): Problem[] => (wrong ? [at(field, message)] : [])
