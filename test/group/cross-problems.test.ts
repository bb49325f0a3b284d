import assert from 'node:assert/strict'
import { test } from 'node:test'
import { problemsOf, smallGroup } from './small-group.ts'

/** What one part of the file says wrongly about another → the replacement that makes it say so → the one line that tells. */
const BROKEN: Readonly<Record<string, readonly [from: string, to: string, line: string]>> = {
  'an unknown recipient': [
    'recipient: linden',
    'recipient: lindne',
    'group.yaml:15:16 clients[0].recipient: unknown recipient lindne, did you mean linden?',
  ],
  'an unknown purpose of a need': [
    'purpose: service',
    'purpose: servcie',
    'group.yaml:22:18 clients[0].needs[0].purpose: unknown purpose servcie, did you mean service?',
  ],
  'an unknown purpose of an attribute': [
    '[service, delivery]',
    '[service, dilivery]',
    'group.yaml:30:73 attributes[0].attributes[0].purposes[1]: unknown purpose dilivery, did you mean delivery?',
  ],
  'an unknown attribute': [
    'attributes: [email, name]',
    'attributes: [email, nmae]',
    'group.yaml:23:29 clients[0].needs[0].attributes[1]: unknown attribute nmae, did you mean name?',
  ],
  'an unknown attribute group': [
    'writes: [contact]',
    'writes: [contract]',
    'group.yaml:25:14 clients[0].writes[0]: unknown attribute group contract, did you mean contact?',
  ],
  'OIDC-12 an unknown scope': [
    'scope: openid email',
    'scope: openid emial',
    'group.yaml:20:12 clients[0].scope: unknown scope emial, did you mean email?',
  ],
  'OIDC-12 no scope at all': ['    scope: openid email\n', '', 'group.yaml:13:5 clients[0].scope: is missing'],
  'a need above what an attribute may serve': [
    '      - purpose: service\n',
    '      - purpose: delivery\n',
    'group.yaml:23:22 clients[0].needs[0].attributes[0]: email may not serve delivery, only service',
  ],
  'a purpose with two needs': [
    '    writes:',
    '      - { purpose: service, attributes: [name] }\n    writes:',
    'group.yaml:25:20 clients[0].needs[1].purpose: service has a need above: name each purpose once',
  ],
  'something required that is not needed': [
    'attributes: [email, name]',
    'attributes: [name]',
    'group.yaml:24:20 clients[0].needs[0].required[0]: email must stand under attributes too',
  ],
  'a recipient twice': ['key: postman', 'key: linden', 'group.yaml:9:10 recipients[1].key: linden is the key of another entry above'],
  'an attribute in two places': [
    'name: email, type',
    'name: name, type',
    'group.yaml:31:17 attributes[0].attributes[1].name: name is the name of another entry above',
  ],
  'a purpose twice': [
    'name: delivery, label',
    'name: service, label',
    'group.yaml:34:13 purposes[1].name: service is the name of another entry above',
  ],

  'a scope twice': ['scope: openid email', 'scope: openid email openid', 'group.yaml:20:12 clients[0].scope: openid stands in it twice'],
  'a client id that Atrium makes itself': [
    'client_id: linden-web',
    'client_id: atrium-account',
    'group.yaml:13:16 clients[0].client_id: must not begin with atrium-: Atrium makes those clients itself (atrium-admin excepted)',
  ],
  'a recipient key that Atrium keeps': [
    'key: postman',
    'key: customer',
    'group.yaml:9:10 recipients[1].key: is a name Atrium keeps for itself',
  ],
  'an attribute named as a claim of the protocols': [
    'name: name, type',
    'name: sub, type',
    'group.yaml:30:17 attributes[0].attributes[0].name: is a claim of the protocols',
  ],
  'an attribute group named as a scope': [
    'group: contact',
    'group: email',
    'group.yaml:27:12 attributes[0].group: is a scope that already means something',
  ],
  'OIDC-14 a grant that does not exist': [
    '[authorization_code, refresh_token]',
    '[authorization_code, password]',
    'group.yaml:18:39 clients[0].grant_types[1]: must be one of authorization_code, refresh_token, client_credentials, urn:ietf:params:oauth:grant-type:device_code, urn:openid:params:grant-type:ciba, urn:ietf:params:oauth:grant-type:uma-ticket',
  ],
  'a short secret': [
    'a-secret-of-the-linden',
    'short',
    'group.yaml:17:20 clients[0].client_secret: must be 16 to 256 printable ASCII characters',
  ],
  'a secret that is no text': [
    'a-secret-of-the-linden',
    '12345678901234567',
    'group.yaml:17:20 clients[0].client_secret: must be 16 to 256 printable ASCII characters, or {kept: CLIENT_ID}',
  ],
  'no secret': [
    '    client_secret: a-secret-of-the-linden\n',
    '',
    'group.yaml:13:5 clients[0].client_secret: is missing: client_secret_basic needs it (token_endpoint_auth_method none for apps and kiosks)',
  ],
  'a secret kept from another client': [
    'a-secret-of-the-linden',
    '{ kept: postman-web }',
    'group.yaml:17:28 clients[0].client_secret.kept: must be the client’s own id, linden-web',
  ],
  'a public client with a secret': [
    '    channel: web',
    '    channel: app\n    token_endpoint_auth_method: none',
    'group.yaml:18:20 clients[0].client_secret: must be absent: token_endpoint_auth_method is none',
  ],
  'OIDC-15 assertions without keys': [
    'client_secret: a-secret-of-the-linden',
    'token_endpoint_auth_method: private_key_jwt',
    'group.yaml:13:5 clients[0].jwks: is missing: private_key_jwt needs it, or jwks_uri',
  ],
  'OIDC-15 a private key where a public one belongs': [
    '    writes:',
    '    jwks: { keys: [{ kty: EC, crv: P-256, x: a, y: b, d: c }] }\n    writes:',
    'group.yaml:25:55 clients[0].jwks.keys[0].d: unknown key',
  ],
  'a code flow that comes back nowhere': [
    '    redirect_uris: [https://linden.example/callback]\n',
    '',
    'group.yaml:13:5 clients[0].redirect_uris: is missing: authorization_code needs it',
  ],
  'offline access without refresh tokens': [
    '[authorization_code, refresh_token]\n    redirect_uris: [https://linden.example/callback]\n    scope: openid',
    '[authorization_code]\n    redirect_uris: [https://linden.example/callback]\n    scope: offline_access',
    'group.yaml:20:12 clients[0].scope: offline_access needs the grant refresh_token',
  ],
  'the operator’s scopes at a brand': [
    'scope: openid email',
    'scope: openid admin:read',
    'group.yaml:20:12 clients[0].scope: admin:read is for clients of the operator',
  ],
  'a partner that writes': [
    'kind: brand',
    'kind: partner',
    'group.yaml:25:13 clients[0].writes: must be absent: only brands write attributes',
  ],
  'OIDC-11 a partner in the sector of a brand': [
    '    kind: partner',
    '    kind: partner\n    subject_sector: linden',
    'group.yaml:11:21 recipients[1].subject_sector: linden is the sector of another recipient; only brands that all set it may share one',
  ],

  'a journey without default': ['  default:', '  linden:', 'group.yaml:36:3 journeys.default: is missing'],
  'a journey nobody takes': [
    '  default:',
    '  lindn: { steps: [identify, password] }\n  default:',
    'group.yaml:36:3 journeys.lindn: unknown recipient lindn, did you mean linden?',
  ],
  'a journey on a channel that is none': [
    '  default:',
    '  linden.wep: { steps: [identify, password] }\n  default:',
    'group.yaml:36:3 journeys["linden.wep"]: unknown channel wep, did you mean web?',
  ],
  'a step that is none': [
    'sign_up,',
    'signup,',
    'group.yaml:37:23 journeys.default.steps[1]: must be one of identify, sign_up, verify_email, password, second_factor, new_password, offer_passkey, terms, complete_profile, confirm, did you mean sign_up?',
  ],
  'a journey that does not begin': [
    'steps: [identify, sign_up,',
    'steps: [sign_up, identify,',
    'group.yaml:37:12 journeys.default.steps: must begin with identify: no other step knows who is there',
  ],
  'a journey that goes on after its end': [
    'password, confirm]',
    'confirm, password]',
    'group.yaml:37:12 journeys.default.steps: must end with confirm: what a customer agrees to comes last',
  ],
  'a journey that proves nothing': [
    '[identify, sign_up, verify_email, password, confirm]',
    '[identify, confirm]',
    'group.yaml:37:12 journeys.default.steps: must have password or verify_email: nothing else proves who is there',
  ],
  'a journey that opens accounts for anyone’s address': [
    'sign_up, verify_email, password',
    'sign_up, password',
    'group.yaml:37:12 journeys.default.steps: must have verify_email after sign_up: no account is opened for an address that was not proved',
  ],
}

for (const [what, [from, to, line]] of Object.entries(BROKEN))
  test(`${what}: one line that names file, line, column and path`, () => {
    const problems = problemsOf(smallGroup([from, to]))

    assert.ok(problems.includes(line), problems.join('\n') || 'no problem was found')
  })

test('OIDC-11 brands that merged share a sector when both say so', () => {
  const text = smallGroup(
    ['key: linden\n', 'key: linden\n    subject_sector: old-linden\n'],
    ['    kind: partner', '    kind: brand\n    subject_sector: old-linden'],
  )

  assert.deepEqual(problemsOf(text), [])
})

test('a client has the scopes of its own recipient’s APIs and of no other’s', () => {
  const apis = 'apis: [{ resource: https://api.linden.example/, scopes: [stock:read] }]'
  const scope = ['scope: openid email', 'scope: openid stock:read'] as const

  assert.deepEqual(problemsOf(smallGroup(['name: Linden\n', `name: Linden\n    ${apis}\n`], scope)), [])
  assert.deepEqual(problemsOf(smallGroup(['name: Postman\n', `name: Postman\n    ${apis}\n`], scope)), [
    'group.yaml:21:12 clients[0].scope: unknown scope stock:read',
  ])
})
