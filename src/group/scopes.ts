/** The scopes that mean something without the group file saying so, and who may have them. */

export const GRANT_TYPES = [
  'authorization_code',
  'refresh_token',
  'client_credentials',
  'urn:ietf:params:oauth:grant-type:device_code',
  'urn:openid:params:grant-type:ciba',
  'urn:ietf:params:oauth:grant-type:uma-ticket',
] as const
export type GrantType = (typeof GRANT_TYPES)[number]

/** OpenID Connect core §5.4; each stands for those of its attributes the client is registered for. */
export const OIDC_SCOPES = ['openid', 'offline_access', 'profile', 'email', 'phone', 'address'] as const

/** Scopes of Atrium's own APIs (contract: Tokens, scopes, APIs). Only confidential clients have them. */
export const ATRIUM_API_SCOPES = [
  'customers:create',
  'attributes:write',
  'consents:read',
  'requests:create',
  'uma_protection',
  'admin:read',
  'admin:write',
  'support',
  'privacy',
  'scim',
] as const

/** What only the operator's clients may ask for: they reach every account. */
export const OPERATOR_SCOPES: readonly string[] = ['admin:read', 'admin:write', 'support', 'privacy', 'scim']

/** A partner reads what the customer shares and writes nothing. */
export const BRAND_SCOPES: readonly string[] = ['attributes:write']

/** Names no attribute group and no API of a recipient may take. */
export const RESERVED_SCOPES: readonly string[] = [...OIDC_SCOPES, ...ATRIUM_API_SCOPES]

/** Claims of the protocols themselves: an attribute of that name would overwrite them in a token. */
// biome-ignore format: a list of words
export const PROTOCOL_CLAIMS: readonly string[] = [
  'sub', 'iss', 'aud', 'exp', 'nbf', 'iat', 'jti', 'nonce', 'acr', 'amr', 'azp', 'auth_time', 'sid', 'at_hash', 'c_hash', 's_hash', 'cnf',
  'act', 'may_act', 'scope', 'client_id', 'events', 'active', 'updated_at', 'email_verified', 'phone_number_verified', 'constructor',
]
