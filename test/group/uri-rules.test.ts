import assert from 'node:assert/strict'
import { test } from 'node:test'
import { problemsOf, smallGroup } from './small-group.ts'

const REDIRECT = ['https://linden.example/callback]', '?]'] as const
/** The small group's client with one redirect URI, as a public app or as the web shop it is. */
const withRedirect = (uri: string, channel: 'web' | 'app') => {
  const app =
    channel === 'app'
      ? ([
          ['channel: web', 'channel: app'],
          ['client_secret: a-secret-of-the-linden', 'token_endpoint_auth_method: none'],
        ] as const)
      : []
  return smallGroup([REDIRECT[0], `${JSON.stringify(uri)}]`], ...app)
}
const refusal = (uri: string, channel: 'web' | 'app') =>
  problemsOf(withRedirect(uri, channel)).map((line) => line.replace(/^.*redirect_uris\[0\]: /, ''))

const ALLOWED: readonly (readonly [uri: string, channel: 'web' | 'app'])[] = [
  ['https://shop.example', 'web'],
  ['https://shop.example/', 'web'],
  ['https://shop.example:8443/a/b?x=1&y=%20', 'web'],
  ['https://xn--strae-oqa.example/cb', 'web'],
  ['http://localhost:3001/callback', 'web'],
  ['http://127.0.0.1:3001/callback', 'web'],
  ['http://[::1]:3001/callback', 'web'],
  ['http://127.0.0.1/callback', 'app'],
  ['http://[::1]/callback', 'app'],
  ['com.example.shop:/callback', 'app'],
  ['com.example.shop://callback', 'app'],
  ['https://shop.example/app', 'app'],
]
for (const [uri, channel] of ALLOWED)
  test(`OIDC-13 ${uri} may be a redirect URI of channel ${channel}`, () => {
    assert.deepEqual(refusal(uri, channel), [])
  })

const HTTPS = 'must be https outside loopback and the private-use schemes of apps'
const CHARACTERS = 'must be a URI without spaces, backslashes, control or non-ASCII characters'
const NORMAL = /^must stand in its normal form, as /
const REFUSED: readonly (readonly [uri: string, why: string | RegExp])[] = [
  ['http://shop.example/callback', HTTPS],
  ['http://localhost.example/callback', HTTPS],
  ['http://127.0.0.1.nip.example/callback', HTTPS],
  ['http://10.0.0.1/callback', HTTPS],
  ['http://[::ffff:127.0.0.1]:80/cb', HTTPS],
  ['ftp://shop.example/callback', HTTPS],
  ['ws://localhost/callback', HTTPS],
  ['file:///etc/passwd', HTTPS],
  ['about:blank', HTTPS],
  ['javascript:alert(1)', HTTPS],
  ['JaVaScRiPt:alert(1)', HTTPS],
  ['data:text/html,x', HTTPS],
  ['vbscript:x', HTTPS],
  ['urn:ietf:wg:oauth:2.0:oob', HTTPS],
  ['shop:/callback', HTTPS],
  ['COM.EXAMPLE.SHOP:/callback', HTTPS],
  ['java\tscript:alert(1)', CHARACTERS],
  [' https://shop.example/', CHARACTERS],
  ['https://shop.example/\u0000', CHARACTERS],
  ['https:\\\\shop.example/', CHARACTERS],
  ['https://straße.example/', CHARACTERS],
  ['https://shop.example/callback#', 'must have no fragment'],
  ['https://shop.example/callback#x', 'must have no fragment'],
  ['com.example.shop:/callback#x', 'must have no fragment'],
  ['https://*.shop.example/', 'must be exact: a wildcard matches nothing'],
  ['https://shop.example/*', 'must be exact: a wildcard matches nothing'],
  ['https://shop.example:*/', 'must be exact: a wildcard matches nothing'],
  ['https://ada@shop.example/', 'must name no user or password'],
  ['https://ada:pw@shop.example/', 'must name no user or password'],
  ['https://@shop.example/', 'must name no user or password'],
  ['https://shop.example@evil.example/', 'must name no user or password'],
  ['/callback', 'must be an absolute URI'],
  ['//shop.example/callback', 'must be an absolute URI'],
  ['shop.example/callback', 'must be an absolute URI'],
  ['', CHARACTERS],
  ['https://', 'must be an absolute URI'],
  ['HTTPS://shop.example/', NORMAL],
  ['https://Shop.example/', NORMAL],
  ['https:/shop.example/', NORMAL],
  ['https:shop.example/', NORMAL],
  ['https:///shop.example/', NORMAL],
  ['https://shop.example/a/../b', NORMAL],
  ['https://shop.example/%2e%2e/b', NORMAL],
  ['https://shop.example:443:/b', 'must be an absolute URI'],
  ['http://127.1:80/b', NORMAL],
  ['http://0x7f.0.0.1:80/b', NORMAL],
]
for (const [uri, why] of REFUSED)
  test(`OIDC-13, SEC-2 ${JSON.stringify(uri)} is no redirect URI`, () => {
    for (const channel of ['web', 'app'] as const) {
      const [problem = 'it was allowed'] = refusal(uri, channel)
      if (typeof why === 'string') assert.equal(problem, why)
      else assert.match(problem, why)
    }
  })

test('OIDC-13 what only apps may have is refused to the web', () => {
  assert.deepEqual(refusal('com.example.shop:/callback', 'web'), [
    'must be https outside loopback; private-use schemes are for channel app',
  ])
  assert.deepEqual(refusal('http://127.0.0.1/callback', 'web'), [
    'must name its port; a loopback address that stands for every port is for channel app',
  ])
})

const FIELDS = [
  'post_logout_redirect_uris: [?]',
  'claims_redirect_uris: [?]',
  'backchannel_logout_uri: ?',
  'client_uri: ?',
  'logo_uri: ?',
  'policy_uri: ?',
  'tos_uri: ?',
  'initiate_login_uri: ?',
  'jwks_uri: ?',
]
test('SEC-2 no URI of a client may be a script or plain http', () => {
  for (const field of FIELDS)
    for (const uri of [
      'javascript:alert(1)',
      'JAVASCRIPT:x',
      'data:text/html,x',
      'vbscript:x',
      'http://shop.example/',
      'com.example.shop:/x',
    ]) {
      const problems = problemsOf(smallGroup(['    writes:', `    ${field.replace('?', JSON.stringify(uri))}\n    writes:`]))
      assert.equal(problems.length, 1, `${field} ${uri}`)
      assert.match(problems[0]!, /: must be https outside loopback/)
    }
})

test('what the protocol engine would refuse of a client is refused in the file: a plain sign-in address, contacts nobody can write to', () => {
  const told = (line: string) => problemsOf(smallGroup(['    writes:', `    ${line}\n    writes:`]))

  assert.deepEqual(told('initiate_login_uri: http://localhost:3001/start'), [
    'group.yaml:25:25 clients[0].initiate_login_uri: must be https',
  ])
  assert.deepEqual(told('contacts: [the team]'), ['group.yaml:25:16 clients[0].contacts[0]: must be an email address'])
  assert.deepEqual(told('contacts: [team@linden.example]'), [])
})

test('SEC-2 nor may one of a recipient', () => {
  for (const field of ['privacy_uri', 'apis: [{ scopes: [a], resource']) {
    const problems = problemsOf(
      smallGroup(['    kind: partner', `    ${field}: "javascript:alert(1)"${field.startsWith('apis') ? ' }]' : ''}\n    kind: partner`]),
    )
    assert.match(problems.join(), /: must be https outside loopback$/)
  }
})

test('a page may be named with its section, a redirect may not', () => {
  assert.deepEqual(problemsOf(smallGroup(['    writes:', '    policy_uri: "https://linden.example/legal#privacy"\n    writes:'])), [])
})
