import assert from 'node:assert/strict'
import { test } from 'node:test'
import { authority, issue } from '../oidc/mtls/certificates.ts'
import { parsed, problemsOf, smallGroup } from './small-group.ts'

const SECRET = '    client_secret: a-secret-of-the-linden\n'
const KEYS = '    jwks: { keys: [{ kty: EC, crv: P-256, x: AA, y: AA }] }\n'
const CERTIFICATE_KEYS = '    jwks: { keys: [{ kty: EC, crv: P-256, x: AA, y: AA, x5c: [AA] }] }\n'
const asserting = `    token_endpoint_auth_method: private_key_jwt\n${KEYS}`
const pki = '    token_endpoint_auth_method: tls_client_auth\n'
const selfSigned = '    token_endpoint_auth_method: self_signed_tls_client_auth\n'
const fapi = `    profile: fapi2\n${asserting}`

/** What the client says in place of its secret → the lines that say what is wrong with it; none where nothing is. */
const CLIENTS: Readonly<Record<string, readonly [client: string, ...lines: string[]]>> = {
  'JAR with keys': [`${SECRET}${KEYS}    require_signed_request_object: true\n    request_object_signing_alg: PS256\n`],
  'JAR without keys': [
    `${SECRET}    require_signed_request_object: true\n`,
    'group.yaml:13:5 clients[0].jwks: is missing: require_signed_request_object needs it, or jwks_uri',
  ],
  'a symmetric request object': [
    `${SECRET}${KEYS}    request_object_signing_alg: HS256\n`,
    'group.yaml:19:33 clients[0].request_object_signing_alg: must be one of ES256, PS256, EdDSA, Ed25519, RS256, did you mean ES256?',
  ],
  'an assertion algorithm without assertions': [
    `${SECRET}    token_endpoint_auth_signing_alg: ES256\n`,
    'group.yaml:18:38 clients[0].token_endpoint_auth_signing_alg: must be absent without private_key_jwt',
  ],
  'assertions without keys': [
    '    token_endpoint_auth_method: private_key_jwt\n',
    'group.yaml:13:5 clients[0].jwks: is missing: private_key_jwt needs it, or jwks_uri',
  ],
  JARM: [`${SECRET}    authorization_signed_response_alg: EdDSA\n`],
  'JARM with an algorithm Atrium does not sign with': [
    `${SECRET}    authorization_signed_response_alg: PS256\n`,
    'group.yaml:18:40 clients[0].authorization_signed_response_alg: must be one of ES256, RS256, EdDSA, did you mean ES256?',
  ],
  'details without needs of that type': [
    `${SECRET}    authorization_details_types: [payment]\n`,
    'group.yaml:18:35 clients[0].authorization_details_types[0]: must be one of attribute_access',
  ],
  'a certificate without a name': [
    pki,
    'group.yaml:13:5 clients[0].tls_client_auth_subject_dn: is missing: tls_client_auth needs it, or one tls_client_auth_san_…',
  ],
  'a certificate with two names': [
    `${pki}    tls_client_auth_subject_dn: CN=shop\n    tls_client_auth_san_dns: shop.example\n`,
    'group.yaml:19:30 clients[0].tls_client_auth_san_dns: must be absent beside tls_client_auth_subject_dn',
  ],
  'a name without the method': [
    `${SECRET}    tls_client_auth_san_dns: shop.example\n`,
    'group.yaml:18:30 clients[0].tls_client_auth_san_dns: must be absent without tls_client_auth',
  ],
  'a subject that is none': [
    `${pki}    tls_client_auth_subject_dn: shop\n`,
    'group.yaml:18:33 clients[0].tls_client_auth_subject_dn: must be a distinguished name (RFC 4514), as CN=shop,O=Aurora,C=DE',
  ],
  'a wildcard': [
    `${pki}    tls_client_auth_san_dns: "*.shop.example"\n`,
    'group.yaml:18:30 clients[0].tls_client_auth_san_dns: must be a DNS name, without a wildcard',
  ],
  'an address that is none': [
    `${pki}    tls_client_auth_san_ip: 1.2.3\n`,
    'group.yaml:18:29 clients[0].tls_client_auth_san_ip: must be an IP address',
  ],
  'a self-signed certificate': [`${selfSigned}${CERTIFICATE_KEYS}`],
  'a self-signed certificate that is not there': [
    `${selfSigned}${KEYS}`,
    'group.yaml:18:11 clients[0].jwks: must have a key with x5c: self_signed_tls_client_auth needs the certificate',
  ],
  'tokens bound to two keys': [
    `${SECRET}    dpop_bound_access_tokens: true\n    tls_client_certificate_bound_access_tokens: true\n`,
    'group.yaml:19:49 clients[0].tls_client_certificate_bound_access_tokens: must be absent beside dpop_bound_access_tokens: a token is bound to one key',
  ],
  'a level nobody knows': [
    `${SECRET}    minimum_acr: gold\n`,
    'group.yaml:18:18 clients[0].minimum_acr: must be one of email, password, mfa, phr',
  ],
  'OIDC-30 fapi2': [fapi],
  'OIDC-30 fapi2 with everything said': [
    `${fapi}    dpop_bound_access_tokens: true\n    require_pushed_authorization_requests: true\n    id_token_signed_response_alg: EdDSA\n    token_endpoint_auth_signing_alg: PS256\n`,
  ],
  'OIDC-30 fapi2 with certificates': [
    `    profile: fapi2\n${selfSigned}${CERTIFICATE_KEYS}    dpop_bound_access_tokens: false\n    tls_client_certificate_bound_access_tokens: true\n`,
  ],
  'OIDC-30 fapi2 with a secret': [
    `${SECRET}    profile: fapi2\n`,
    'group.yaml:13:5 clients[0].token_endpoint_auth_method: must be one of private_key_jwt, tls_client_auth, self_signed_tls_client_auth for profile fapi2',
  ],
  'OIDC-30 fapi2 without a bound key': [
    `${fapi}    dpop_bound_access_tokens: false\n`,
    'group.yaml:20:31 clients[0].dpop_bound_access_tokens: must be true for profile fapi2, or tls_client_certificate_bound_access_tokens',
  ],
  'OIDC-30 fapi2 without pushing': [
    `${fapi}    require_pushed_authorization_requests: false\n`,
    'group.yaml:20:44 clients[0].require_pushed_authorization_requests: must be true for profile fapi2',
  ],
  'OIDC-30 fapi2 with RS256': [
    `${fapi}    id_token_signed_response_alg: RS256\n    token_endpoint_auth_signing_alg: RS256\n`,
    'group.yaml:20:35 clients[0].id_token_signed_response_alg: must be one of ES256, PS256, EdDSA for profile fapi2',
    'group.yaml:21:38 clients[0].token_endpoint_auth_signing_alg: must be one of ES256, PS256, EdDSA for profile fapi2',
  ],
  'another profile': [`${SECRET}    profile: other\n`, 'group.yaml:18:14 clients[0].profile: must be one of fapi2'],
}

for (const [what, [client, ...lines]] of Object.entries(CLIENTS))
  test(`plan, ${what}: ${lines.length === 0 ? 'right' : 'told in its line'}`, () => {
    const found = problemsOf(smallGroup([SECRET, client]))

    assert.deepEqual(
      found.filter((line) => !line.includes('certificate_authorities')),
      lines,
    )
  })

const withAuthority = (pem: string) =>
  smallGroup(
    [SECRET, `${pki}    tls_client_auth_subject_dn: CN=shop\n`],
    ['    name: Linden\n', `    name: Linden\n    certificate_authorities: [${JSON.stringify(pem)}]\n`],
  )

test('plan, tls_client_auth needs an authority of the client’s own recipient', () => {
  const own = authority('Linden Root').pem
  const text = smallGroup([SECRET, `${pki}    tls_client_auth_subject_dn: CN=shop\n`])
  const elsewhere = text.replace('    name: Postman\n', `    name: Postman\n    certificate_authorities: [${JSON.stringify(own)}]\n`)
  const line = 'clients[0].token_endpoint_auth_method: tls_client_auth needs certificate_authorities of linden'

  assert.deepEqual(problemsOf(text), [`group.yaml:17:33 ${line}`])
  assert.deepEqual(problemsOf(elsewhere), [`group.yaml:18:33 ${line}`])
  assert.deepEqual(problemsOf(withAuthority(own)), [])
  assert.deepEqual(parsed(withAuthority(own)).document.recipients[0]?.certificate_authorities, [own])
})

test('plan, an authority is the certificate of one, in PEM, once', () => {
  const place = 'recipients[0].certificate_authorities[0]:'
  const { pem } = authority('Root')
  for (const [text, problem] of [
    ['nonsense', 'must be one certificate in PEM (-----BEGIN CERTIFICATE-----)'],
    [`${pem}${pem}`, 'must be one certificate in PEM (-----BEGIN CERTIFICATE-----)'],
    [pem.replace('MII', 'AAA'), 'must be a certificate in PEM (-----BEGIN CERTIFICATE-----)'],
    [issue({ subject: [['CN', 'shop']] }).pem, 'must be the certificate of an authority (basicConstraints CA:TRUE)'],
  ] as const)
    assert.ok(
      problemsOf(withAuthority(text)).some((line) => line.endsWith(`${place} ${problem}`)),
      `${problem}\n${problemsOf(withAuthority(text)).join('\n')}`,
    )
})
