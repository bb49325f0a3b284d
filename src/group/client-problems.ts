import { authMethodOf } from './auth-method.ts'
import type { RecipientKind } from './group.ts'
import type { Problem } from './place.ts'
import type { Readable } from './readable-part.ts'
import type { ClientEntry } from './schema.ts'
import { ATRIUM_API_SCOPES, BRAND_SCOPES, type GrantType, OPERATOR_SCOPES } from './scopes.ts'
import { securityProblems } from './security-problems.ts'
import { isPrivateUse, standsForEveryPort } from './uri-rules.ts'

const API_SCOPES: readonly string[] = ATRIUM_API_SCOPES
const CONFIDENTIAL_GRANTS: readonly GrantType[] = [
  'client_credentials',
  'urn:openid:params:grant-type:ciba',
  'urn:ietf:params:oauth:grant-type:uma-ticket',
]
const REFRESHED_GRANTS: readonly GrantType[] = [
  'authorization_code',
  'urn:ietf:params:oauth:grant-type:device_code',
  'urn:openid:params:grant-type:ciba',
]

/** What one client's parts say wrongly about each other. `kind`: of its recipient, when that can be read. */
export function clientProblems(client: Readable<ClientEntry>, kind: RecipientKind | undefined): Problem[] {
  const uris = redirectProblems(client)
  if (!client.whole) return uris
  // an entry that its schema found right in whole is a ClientEntry
  const entry = client.value as ClientEntry
  return [
    ...uris,
    ...[
      ...secretProblems(entry),
      ...grantProblems(entry),
      ...roleProblems(entry, kind),
      ...securityProblems(entry),
      ...engineProblems(entry),
    ].map((p) => ({
      ...p,
      path: [...client.path, ...p.path],
    })),
  ]
}

/** Reads the lists as they stand: a URI that is wrong in itself must not hide its neighbours. */
function redirectProblems({ path, value, raw }: Readable<ClientEntry>): Problem[] {
  if (value.channel === undefined || value.channel === 'app') return []
  return ['redirect_uris', 'post_logout_redirect_uris', 'claims_redirect_uris'].flatMap((field) =>
    listOf(raw[field]).flatMap((uri, index) => {
      if (typeof uri !== 'string') return []
      const at = [...path, field, index]
      if (isPrivateUse(uri)) return [{ path: at, message: 'must be https outside loopback; private-use schemes are for channel app' }]
      if (standsForEveryPort(uri))
        return [{ path: at, message: 'must name its port; a loopback address that stands for every port is for channel app' }]
      return []
    }),
  )
}

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])

function secretProblems(client: ClientEntry): Problem[] {
  const { client_secret: secret, jwks, jwks_uri } = client
  const method = authMethodOf(client)
  const usesSecret = method.startsWith('client_secret_')
  if (usesSecret && secret === undefined)
    return [at('client_secret', `is missing: ${method} needs it (token_endpoint_auth_method none for apps and kiosks)`)]
  if (!usesSecret && secret !== undefined) return [at('client_secret', `must be absent: token_endpoint_auth_method is ${method}`)]
  if (typeof secret === 'object' && secret.kept !== client.client_id)
    return [{ path: ['client_secret', 'kept'], message: `must be the client’s own id, ${client.client_id}` }]
  if (jwks && jwks_uri !== undefined) return [at('jwks_uri', 'must be absent beside jwks')]
  return []
}

function grantProblems(client: ClientEntry): Problem[] {
  const { grant_types: grants, redirect_uris: uris = [] } = client
  const scopes = client.scope.split(' ')
  const isPublic = authMethodOf(client) === 'none'
  const confidentialOnly = isPublic
    ? grants.flatMap((grant, index) =>
        CONFIDENTIAL_GRANTS.includes(grant) ? [{ path: ['grant_types', index], message: `${grant} is not for public clients` }] : [],
      )
    : []
  const hasCode = grants.includes('authorization_code')
  return [
    ...confidentialOnly,
    ...when(hasCode && uris.length === 0, 'redirect_uris', 'is missing: authorization_code needs it'),
    ...when(!hasCode && uris.length > 0, 'redirect_uris', 'must be absent without the grant authorization_code'),
    ...when(
      grants.includes('refresh_token') && !grants.some((grant) => REFRESHED_GRANTS.includes(grant)),
      'grant_types',
      'refresh_token has no grant to refresh',
    ),
    ...when(
      scopes.includes('offline_access') && !grants.includes('refresh_token'),
      'scope',
      'offline_access needs the grant refresh_token',
    ),
  ]
}

function roleProblems(client: ClientEntry, kind: RecipientKind | undefined): Problem[] {
  const scopes = client.scope.split(' ')
  const first = (list: readonly string[]) => scopes.find((scope) => list.includes(scope))
  const api = authMethodOf(client) === 'none' ? first(API_SCOPES) : undefined
  const operator = kind === undefined || kind === 'operator' ? undefined : first(OPERATOR_SCOPES)
  const isBrand = kind === undefined || kind === 'brand'
  const brand = isBrand ? undefined : first(BRAND_SCOPES)
  return [
    ...when(api !== undefined, 'scope', `${api} is not for public clients`),
    ...when(operator !== undefined, 'scope', `${operator} is for clients of the operator`),
    ...when(brand !== undefined, 'scope', `${brand} is for clients of brands`),
    ...when(!isBrand && (client.writes ?? []).length > 0, 'writes', 'must be absent: only brands write attributes'),
  ]
}

/** As HTML has them (`<input type="email">`). */
const EMAIL = /^[\w.!#$%&'*+/=?^`{|}~-]+@[a-zA-Z0-9-]+(?:\.[a-zA-Z0-9-]+)*$/

/** What the protocol engine would refuse of a client when it is used. Not in the schema: what was stored before must still be read. */
function engineProblems({ contacts = [], initiate_login_uri }: ClientEntry): Problem[] {
  return [
    ...contacts.flatMap((contact, index) =>
      EMAIL.test(contact) ? [] : [{ path: ['contacts', index], message: 'must be an email address' }],
    ),
    ...when(initiate_login_uri?.startsWith('http:') === true, 'initiate_login_uri', 'must be https'),
  ]
}

const at = (field: string, message: string): Problem => ({ path: [field], message })
const when = (wrong: boolean, field: string, message: string): Problem[] => (wrong ? [at(field, message)] : [])
