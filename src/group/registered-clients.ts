import type { Secret } from '../ports/secret.ts'
import { clientProblems } from './client-problems.ts'
import { clientSchema } from './client-schema.ts'
import type { Client, Group, Recipient } from './group.ts'
import type { RegisteredRow } from './registration-store.ts'
import type { ClientEntry } from './schema.ts'
import { toClient } from './to-group.ts'

/** The metadata (RFC 7591 §2 and its extensions) that a client may say about itself. Whatever else it sends is passed over, as the RFC wants. */
const OWN_METADATA = [
  ...['client_name', 'client_uri', 'logo_uri', 'policy_uri', 'tos_uri', 'contacts', 'redirect_uris', 'post_logout_redirect_uris'],
  ...['backchannel_logout_uri', 'initiate_login_uri', 'jwks', 'jwks_uri', 'token_endpoint_auth_method', 'token_endpoint_auth_signing_alg'],
  ...['grant_types', 'scope', 'id_token_signed_response_alg', 'request_object_signing_alg', 'require_signed_request_object'],
  ...['default_max_age', 'require_auth_time', 'default_acr_values', 'dpop_bound_access_tokens', 'require_pushed_authorization_requests'],
]

/** What a client can register for by itself. More is the operator's to give, through the group file. */
const GRANT_TYPES = ['authorization_code', 'refresh_token']
const SCOPES = ['openid', 'offline_access']
const AUTH_METHODS = ['client_secret_basic', 'client_secret_post', 'private_key_jwt', 'none']

/** What is wrong, and with which member. */
export interface RegistrationProblem {
  readonly member: string
  readonly message: string
}

export interface Registering {
  readonly id: string
  readonly recipient: Recipient
  readonly channel: 'web' | 'app'
  /** The client as it is, when it changes itself. */
  readonly before?: Client
}

/**
 * What a client sends as an entry such as the group file has, under the same rules and some more; asked at creation and at every change alike
 * (OIDC-13, SEC-2, SEC-85).
 */
export function registrationEntry(
  sent: Readonly<Record<string, unknown>>,
  { id, recipient, channel, before }: Registering,
): { readonly entry: ClientEntry } | { readonly problem: RegistrationProblem } {
  const own = Object.fromEntries(OWN_METADATA.filter((name) => Object.hasOwn(sent, name)).map((name) => [name, sent[name]]))
  const method = own.token_endpoint_auth_method ?? before?.tokenEndpointAuthMethod ?? (channel === 'app' ? 'none' : 'client_secret_basic')
  const grants = own.grant_types ?? GRANT_TYPES
  const entry = {
    ...own,
    client_id: id,
    client_name: own.client_name ?? recipient.name,
    recipient: recipient.key,
    channel,
    token_endpoint_auth_method: method,
    grant_types: grants,
    scope: own.scope ?? (Array.isArray(grants) && grants.includes('refresh_token') ? SCOPES.join(' ') : 'openid'),
  }
  const beyond = widening(sent, entry, before)
  if (beyond) return { problem: beyond }
  const usesSecret = typeof method === 'string' && method.startsWith('client_secret_')
  const parsed = clientSchema.safeParse({ ...entry, ...(usesSecret && { client_secret: { kept: id } }) })
  if (!parsed.success) {
    const [first] = parsed.error.issues
    return { problem: { member: String(first?.path[0] ?? ''), message: `${pathText(first?.path)} ${first?.message}` } }
  }
  const unreadable = textProblem(parsed.data)
  if (unreadable) return { problem: unreadable }
  const [problem] = clientProblems({ path: [], value: parsed.data, raw: entry, whole: true }, recipient.kind)
  if (problem) return { problem: { member: String(problem.path[0] ?? ''), message: `${pathText(problem.path)} ${problem.message}` } }
  return { entry: parsed.data }
}

/** PostgreSQL has no place for a NUL or half a surrogate pair, and no metadata has use for it; JSON writes both as escapes. */
const UNSTORABLE = /\\u(?:0000|d[89a-f])/i
/** What turns the direction of the text around it: a name that customers read could look like another one's. */
const TURNING = /[\u202a-\u202e\u2066-\u2069]/

/** What the group file may have, because the operator writes it, and nobody else. */
function textProblem(entry: ClientEntry): RegistrationProblem | undefined {
  const json = JSON.stringify(entry)
  if (UNSTORABLE.test(json) || TURNING.test(json)) return { member: '', message: 'a text has characters that none may have' }
  return /[\p{L}\p{N}]/u.test(entry.client_name)
    ? undefined
    : { member: 'client_name', message: 'client_name must have a letter or a digit' }
}

/** What a client asks for beyond what it may have, or, when it changes itself, beyond what it is. */
function widening(
  sent: Readonly<Record<string, unknown>>,
  entry: { channel: string; token_endpoint_auth_method: unknown; grant_types: unknown; scope: unknown },
  before: Client | undefined,
): RegistrationProblem | undefined {
  // looked up, never made text: JSON can be nested deeper than the stack
  const onlyOf = (list: unknown, allowed: readonly unknown[]): boolean =>
    Array.isArray(list) && list.every((item) => allowed.includes(item))
  const type = entry.channel === 'app' ? 'native' : 'web'
  const rules: readonly (readonly [holds: boolean, member: string, message: string])[] = [
    [typeof entry.scope === 'string' && onlyOf(entry.scope.split(' '), SCOPES), 'scope', `may have ${SCOPES.join(' and ')} only`],
    [onlyOf(entry.grant_types, GRANT_TYPES), 'grant_types', `may have ${GRANT_TYPES.join(' and ')} only`],
    [Array.isArray(entry.grant_types) && entry.grant_types.includes(GRANT_TYPES[0]), 'grant_types', `must have ${GRANT_TYPES[0]}`],
    [sent.response_types === undefined || onlyOf(sent.response_types, ['code']), 'response_types', 'may have code only'],
    [sent.application_type === undefined || sent.application_type === type, 'application_type', `must be ${type}, as the invitation says`],
    [sent.subject_type === undefined || sent.subject_type === 'pairwise', 'subject_type', 'must be pairwise'],
    [onlyOf([entry.token_endpoint_auth_method], AUTH_METHODS), 'token_endpoint_auth_method', `must be one of ${AUTH_METHODS.join(', ')}`],
    [
      before === undefined || (before.tokenEndpointAuthMethod === 'none') === (entry.token_endpoint_auth_method === 'none'),
      'token_endpoint_auth_method',
      'cannot change between public and confidential: register another client',
    ],
  ]
  const broken = rules.find(([holds]) => !holds)
  return broken && { member: broken[1], message: `${broken[1]} ${broken[2]}` }
}

const pathText = (path: readonly PropertyKey[] = []): string =>
  path.map((part, i) => (typeof part === 'number' ? `[${part}]` : `${i > 0 ? '.' : ''}${String(part)}`)).join('')

/** The group with the clients that registered themselves. One of a recipient that is no more, or that this version cannot read, is not there. */
export function withRegistered(group: Group, rows: readonly RegisteredRow[], secrets: ReadonlyMap<string, Secret>): Group {
  const clients = rows.flatMap(({ id, definition, created_at }): Client[] => {
    const parsed = clientSchema.safeParse({ ...(definition as object), client_id: id }) // a JSON object, by registrations.ts
    if (!parsed.success) return []
    const client = { ...toClient(parsed.data, secrets.get(id)), registeredAt: created_at }
    return group.recipients.has(client.recipient) && !group.clients.has(client.id) ? [client] : []
  })
  return { ...group, clients: new Map([...group.clients, ...clients.map((client) => [client.id, client] as const)]) }
}
