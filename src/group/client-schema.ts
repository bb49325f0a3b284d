import { z } from 'zod'
import { ACR_LEVELS, AUTH_METHODS, AUTHORIZATION_DETAILS_TYPES, CHANNELS, CLIENT_SIGNING_ALGS, PROFILES, SIGNING_ALGS } from './group.ts'
import { GRANT_TYPES } from './scopes.ts'
import { attributeName, certificateNames, clientId, distinct, localised, name, recipientKey, subjectName, uri, words } from './words.ts'

/** Public halves only: `d`, `p`, `q` and `k` are unknown keys here, so a private key pasted by mistake is refused. */
const publicJwk = z.strictObject({
  kty: z.enum(['RSA', 'EC', 'OKP']),
  use: z.enum(['sig', 'enc']).optional(),
  key_ops: z.array(z.string()).optional(),
  alg: z.string().optional(),
  kid: z.string().optional(),
  crv: z.string().optional(),
  x: z.string().optional(),
  y: z.string().optional(),
  n: z.string().optional(),
  e: z.string().optional(),
  x5c: z.array(z.string()).optional(),
})

/** VSCHAR of RFC 6749 appendix A: anything else does not survive `client_secret_basic`. */
const secret = z.string().regex(/^[\x20-\x7e]{16,256}$/, { error: 'must be 16 to 256 printable ASCII characters' })
const keptSecret = z.strictObject({ kept: clientId })

const need = z.strictObject({
  purpose: name.describe('Why the client reads: the name of a purpose.'),
  attributes: distinct(attributeName).min(1).describe('The least it can work with. Each must be allowed to serve the purpose.'),
  required: distinct(attributeName)
    .optional()
    .describe('Those of them without which the client can’t work at all; asked for at the first visit.'),
  reasons: z
    .record(attributeName, localised(300))
    .optional()
    .describe('For an attribute that is asked for: one sentence on what it is for, in each language.'),
  max_duration_s: z
    .int()
    .min(60)
    .max(315_360_000)
    .optional()
    .describe('The longest time a customer can be asked for, in seconds. Without it: until the customer stops it.'),
})

/** What oidc-provider is handed as it stands. */
export const metadataShape = {
  logo_uri: uri('page').optional().describe('RFC 7591. Pages show the look of the recipient instead.'),
  policy_uri: uri('page').optional().describe('RFC 7591. The privacy policy.'),
  tos_uri: uri('page').optional().describe('RFC 7591. The terms of service.'),
  contacts: distinct(words(200)).optional().describe('RFC 7591. Email addresses of those who answer for this client.'),
  initiate_login_uri: uri('page').optional().describe('OIDC. Where a sign-in that began elsewhere is taken up.'),
  jwks: z
    .strictObject({ keys: z.array(publicJwk).min(1).max(20) })
    .optional()
    .describe('RFC 7591. Public keys: for `private_key_jwt`, request objects and, with `x5c`, `self_signed_tls_client_auth`.'),
  jwks_uri: uri('endpoint').optional().describe('RFC 7591. Where the public keys are. Fetched through the guarded fetch.'),
  id_token_signed_response_alg: z.enum(SIGNING_ALGS).optional().describe('OIDC. Without it `keys.default_signing_alg`.'),
  token_endpoint_auth_signing_alg: z
    .enum(CLIENT_SIGNING_ALGS)
    .optional()
    .describe('RFC 7591. For `private_key_jwt`; without it any of them.'),
  request_object_signing_alg: z.enum(CLIENT_SIGNING_ALGS).optional().describe('RFC 9101. For request objects; without it any of them.'),
  require_signed_request_object: z.boolean().optional().describe('RFC 9101. Refuse requests that are not signed.'),
  authorization_signed_response_alg: z
    .enum(SIGNING_ALGS)
    .optional()
    .describe('JARM. Lets the client ask for signed answers: `response_mode` `jwt` and `….jwt`.'),
  introspection_signed_response_alg: z
    .enum(SIGNING_ALGS)
    .optional()
    .describe(
      'RFC 9701. Signs the answers of the introspection endpoint that are asked for as JWT; `keys.default_signing_alg` unless told.',
    ),
  tls_client_auth_subject_dn: subjectName
    .optional()
    .describe('RFC 8705. For `tls_client_auth`: the subject of the certificate (RFC 4514).'),
  tls_client_auth_san_dns: certificateNames.dns.optional().describe('RFC 8705. Instead of it: a DNS name of the certificate.'),
  tls_client_auth_san_uri: certificateNames.uri.optional().describe('RFC 8705. Instead of it: a URI of the certificate.'),
  tls_client_auth_san_ip: certificateNames.ip.optional().describe('RFC 8705. Instead of it: an IP address of the certificate.'),
  tls_client_auth_san_email: certificateNames.email.optional().describe('RFC 8705. Instead of it: an email address of the certificate.'),
  tls_client_certificate_bound_access_tokens: z
    .boolean()
    .optional()
    .describe('RFC 8705. Bind every token to the certificate the client connects with.'),
  authorization_details_types: distinct(z.enum(AUTHORIZATION_DETAILS_TYPES))
    .optional()
    .describe('RFC 9396. What it may ask for in `authorization_details`; `attribute_access` for clients with needs unless told.'),
  default_max_age: z.int().min(0).max(31_536_000).optional().describe('OIDC. Seconds after which a sign-in must be renewed.'),
  require_auth_time: z.boolean().optional().describe('OIDC.'),
  dpop_bound_access_tokens: z.boolean().optional().describe('RFC 9449. Refuse to issue tokens that are not bound to a key.'),
  require_pushed_authorization_requests: z.boolean().optional().describe('RFC 9126.'),
}

export const clientSchema = z.strictObject({
  client_id: clientId.describe('RFC 7591. How the client names itself.'),
  client_name: words(100).describe('RFC 7591. What customers and operators read.'),
  recipient: recipientKey.describe('The one recipient this client belongs to.'),
  channel: z.enum(CHANNELS).describe('Where the customer is.'),
  client_secret: z
    .union([secret, keptSecret], { error: 'must be 16 to 256 printable ASCII characters, or {kept: CLIENT_ID}' })
    .optional()
    .describe(
      'RFC 7591. `{kept: CLIENT_ID}`, with this client’s own id, leaves the secret in the database as it is; `atrium export` writes that.',
    ),
  token_endpoint_auth_method: z
    .enum(AUTH_METHODS)
    .optional()
    .describe('RFC 7591. `client_secret_basic` unless told; `none` for apps and kiosks.'),
  grant_types: distinct(z.enum(GRANT_TYPES)).min(1).describe('RFC 7591. The implicit and password grants do not exist.'),
  redirect_uris: distinct(uri('redirect'))
    .optional()
    .describe('RFC 7591. Compared letter by letter; https outside loopback and the private-use schemes of apps.'),
  post_logout_redirect_uris: distinct(uri('redirect')).optional().describe('OIDC. Where a sign-out may end.'),
  claims_redirect_uris: distinct(uri('redirect')).optional().describe('UMA 2.0. Where a customer comes back to after answering a request.'),
  backchannel_logout_uri: uri('endpoint').optional().describe('OIDC. Told when the customer signs out anywhere in the group.'),
  scope: z
    .string()
    .regex(/^[\x21\x23-\x5b\x5d-\x7e]+( [\x21\x23-\x5b\x5d-\x7e]+)*$/, { error: 'must be scopes with one space between them' })
    .describe('RFC 7591. Everything the client may ask for; a scope means those of its attributes the client needs.'),
  client_uri: uri('page').optional().describe('RFC 7591. Home page, for the way back.'),
  profile: z.enum(PROFILES).optional().describe('`fapi2`: the FAPI 2.0 Security Profile, see above.'),
  default_acr_values: distinct(z.enum(ACR_LEVELS)).optional().describe('OIDC. The levels asked for when a request names none.'),
  minimum_acr: z.enum(ACR_LEVELS).optional().describe('The least level of every sign-in for this client, whatever is asked for.'),
  needs: z.array(need).max(50).optional().describe('What the client needs, for each purpose. It never gets more.'),
  writes: distinct(name).optional().describe('Attribute groups this client may write. Brands only.'),
  ...metadataShape,
})
