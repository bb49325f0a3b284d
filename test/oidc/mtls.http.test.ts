import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { after, test } from 'node:test'
import { authority, type Issued, issue } from './mtls/certificates.ts'
import {
  AURORA_API,
  authorizationRequest,
  codeFrom,
  payloadOf,
  protocolOf,
  redemption,
  sender,
  signUp,
  startProtocol,
  type TestClient,
  type Tokens,
  withAuroraApi,
} from './protocol.ts'
import { redirectOf, webClient, withEntries } from './signing.ts'

const [root, foreignRoot] = [authority('Bank Root'), authority('Insurer Root')]
const between = authority('Bank Between', { issuer: root })
const NAME = [['O', 'Bank'], ['CN', 'shop']] as const // biome-ignore format: pairs
const certificate = issue({ subject: NAME, issuer: root })
const renewed = issue({ subject: NAME, issuer: root })
const viaBetween = issue({ subject: NAME, issuer: between })
const ofForeignRoot = issue({ subject: NAME, issuer: foreignRoot })
const otherName = issue({ subject: [['CN', 'other']], issuer: root })
const withDns = issue({ subject: [['CN', 'x']], issuer: root, names: [{ dNSName: 'api.bank.example' }] })
const selfSigned = issue({ subject: [['CN', 'myself']] })
const expired = issue({ subject: [['CN', 'myself']], valid: [-3, -2] })

const jwkOf = (kid: string, { x509, der }: Issued) => ({ ...x509.publicKey.export({ format: 'jwk' }), kid, x5c: [der.toString('base64')] })
const partner = (key: string, ca: Issued) => ({ key, kind: 'partner', name: key, certificate_authorities: [ca.pem] })
const pki = { token_endpoint_auth_method: 'tls_client_auth', tls_client_certificate_bound_access_tokens: true }
const app = await startProtocol(
  { after },
  {
    trustProxy: ['127.0.0.1'],
    group: (yaml) =>
      withEntries({
        recipients: [partner('bank', root), partner('insurer', foreignRoot)],
        clients: [
          webClient('bank-web', { ...pki, recipient: 'bank', tls_client_auth_subject_dn: 'CN=shop,O=Bank' }),
          webClient('bank-dns', { ...pki, recipient: 'bank', tls_client_auth_san_dns: 'api.bank.example' }),
          webClient('insurer-web', { ...pki, recipient: 'insurer', tls_client_auth_subject_dn: 'CN=shop,O=Bank' }),
          webClient('self-signed', {
            token_endpoint_auth_method: 'self_signed_tls_client_auth',
            jwks: { keys: [jwkOf('1', selfSigned), jwkOf('2', expired)] },
            tls_client_certificate_bound_access_tokens: true,
            scope: 'openid email orders:read',
          }),
          webClient('bound-app', {
            channel: 'app',
            token_endpoint_auth_method: 'none',
            grant_types: ['authorization_code', 'refresh_token'],
            tls_client_certificate_bound_access_tokens: true,
          }),
        ],
      })(withAuroraApi(yaml)),
  },
)
const ada = await signUp(app)
const port = new URL(app.issuer).port
/** Our proxy, and anybody: the app believes the first alone. */
const proxy = protocolOf(app, `http://127.0.0.1:${port}`)
const anybody = protocolOf(app, `http://[::1]:${port}`)

const client = (client_id: string): TestClient => ({ client_id, redirect_uri: redirectOf(client_id) })
const shown = ({ header }: Issued, ...chain: Issued[]): Record<string, string> => ({
  'client-cert': header,
  ...(chain.length > 0 && { 'client-cert-chain': chain.map((other) => other.header).join(', ') }),
})
const credentials = { grant_type: 'client_credentials' }
const thumbprint = ({ der }: Issued): string => createHash('sha256').update(der).digest('base64url')

/** A code of Ada's and the fields to redeem it. */
async function codeFor(client_id: string, extra: Record<string, string> = {}): Promise<Record<string, string>> {
  const request = authorizationRequest(client(client_id), { scope: 'openid email', ...extra })
  return redemption(request, await codeFrom(ada, request))
}

async function tokensOf(client_id: string, holder: Issued, extra: Record<string, string> = {}): Promise<Tokens> {
  const { status, body } = await proxy.token(client(client_id), await codeFor(client_id, extra), shown(holder))
  assert.equal(status, 200, JSON.stringify(body))
  return body
}

test('OIDC-15 tls_client_auth: the certificate of an authority of the client’s recipient, with the registered name', async () => {
  const statuses = {
    direct: await proxy.token(client('bank-web'), credentials, shown(certificate)),
    renewed: await proxy.token(client('bank-web'), credentials, shown(renewed)),
    'over one between': await proxy.token(client('bank-web'), credentials, shown(viaBetween, between)),
    'by DNS name': await proxy.token(client('bank-dns'), credentials, shown(withDns)),
  }
  for (const [what, { status, body }] of Object.entries(statuses)) assert.equal(status, 200, `${what}: ${JSON.stringify(body)}`)
})

test('OIDC-15 tls_client_auth: no certificate, another’s authority, another name, a broken chain or a secret beside it is refused', async () => {
  const refused: Record<string, [client_id: string, headers: Record<string, string>, fields?: Record<string, string>]> = {
    'no certificate': ['bank-web', {}],
    'an authority of another recipient': ['bank-web', shown(ofForeignRoot)],
    'a bank’s certificate at the insurer': ['insurer-web', shown(certificate)],
    'another name': ['bank-web', shown(otherName)],
    'a DNS name where a subject is registered': ['bank-web', shown(withDns)],
    'a subject where a DNS name is registered': ['bank-dns', shown(certificate)],
    'the one between is missing': ['bank-web', shown(viaBetween)],
    'self-signed': ['bank-web', shown(selfSigned)],
    'a self-made authority sent along': ['bank-web', shown(ofForeignRoot, foreignRoot)],
    'a secret': ['bank-web', shown(certificate), { client_secret: 'a-secret-of-the-bank-web' }],
    'a self-signed client’s with an authority’s': ['self-signed', shown(certificate)],
    'an expired certificate of its own': ['self-signed', shown(expired)],
  }
  for (const [what, [client_id, headers, fields = {}]] of Object.entries(refused)) {
    const { status, body } = await proxy.token(client(client_id), { ...credentials, ...fields }, headers)
    assert.deepEqual([status, body.error, body.access_token], [401, 'invalid_client', undefined], what)
  }
})

test('OIDC-15 a header that RFC 9440 does not write is no certificate', async () => {
  const base64 = certificate.der.toString('base64')
  const odd: Record<string, Record<string, string>> = {
    'no colons': { 'client-cert': base64 },
    twice: { 'client-cert': `${certificate.header}, ${certificate.header}` },
    'two certificates in one': { 'client-cert': `:${Buffer.concat([certificate.der, selfSigned.der]).toString('base64')}:` },
    'bytes behind it': { 'client-cert': `:${Buffer.concat([certificate.der, Buffer.from([0])]).toString('base64')}:` },
    'cut short': { 'client-cert': `:${certificate.der.subarray(0, -3).toString('base64')}:` },
    PEM: { 'client-cert': `:${Buffer.from(certificate.pem).toString('base64')}:` },
    'PEM with percent signs': { 'client-cert': encodeURIComponent(certificate.pem) },
    base64url: { 'client-cert': `:${certificate.der.toString('base64url')}-_:` },
    empty: { 'client-cert': '::' },
    'nonsense in the chain': { ...shown(certificate), 'client-cert-chain': ':AAAA:' },
    'a chain of eleven': shown(certificate, ...Array.from({ length: 11 }, () => between)),
    'other names of the header': {
      'x-client-cert': certificate.header,
      'ssl-client-cert': certificate.header,
      client_cert: certificate.header,
    },
  }
  for (const [what, headers] of Object.entries(odd)) {
    const { status } = await proxy.token(client('bank-web'), credentials, headers)
    assert.equal(status, 401, what)
  }
})

test('SEC-19 a certificate header from outside the trusted proxy is not read: at the token endpoint, for bound tokens, at userinfo', async () => {
  const { access_token, refresh_token } = await tokensOf('self-signed', selfSigned)
  const userinfo = (at: string) =>
    sender(at, new URL(app.issuer).host)('/userinfo', { headers: { authorization: `Bearer ${access_token}`, ...shown(selfSigned) } })

  assert.equal((await anybody.token(client('bank-web'), credentials, shown(certificate))).status, 401)
  assert.equal((await anybody.token(client('self-signed'), credentials, shown(selfSigned))).status, 401)
  const forged = { ...shown(selfSigned), 'x-forwarded-for': '127.0.0.1', forwarded: 'for=127.0.0.1' }
  assert.equal(
    (await anybody.token(client('self-signed'), { grant_type: 'refresh_token', refresh_token: refresh_token! }, forged)).status,
    401,
  )
  assert.equal((await userinfo(`http://[::1]:${port}`)).status, 401)
  assert.equal((await userinfo(`http://127.0.0.1:${port}`)).status, 200)
})

test('self_signed_tls_client_auth: the registered certificate, and tokens that are bound to it', async () => {
  const { access_token, id_token, token_type } = await tokensOf('self-signed', selfSigned)
  const told = await proxy.call('/introspect', { token: access_token }, { as: client('self-signed'), headers: shown(selfSigned) })

  assert.equal(token_type, 'Bearer')
  assert.ok(id_token)
  assert.deepEqual(told.body.cnf, { 'x5t#S256': thumbprint(selfSigned) })
})

test('RFC 8705 §3 a bound access token opens userinfo with its certificate only', async () => {
  const { access_token } = await tokensOf('bank-web', certificate)
  const userinfo = async (headers: Record<string, string>) =>
    (
      await sender(`http://127.0.0.1:${port}`, new URL(app.issuer).host)('/userinfo', {
        headers: { authorization: `Bearer ${access_token}`, ...headers },
      })
    ).status

  assert.equal(await userinfo(shown(certificate)), 200)
  assert.equal(await userinfo({}), 401)
  assert.equal(await userinfo(shown(renewed)), 401, 'the same name is not the same key')
  assert.equal(await userinfo(shown(selfSigned)), 401)
})

test('RFC 8705 §3.1 a JWT for a brand’s own API says which certificate it is bound to', async () => {
  const fields = { ...(await codeFor('self-signed', { scope: 'openid orders:read', resource: AURORA_API })), resource: AURORA_API }
  const { body } = await proxy.token(client('self-signed'), fields, shown(selfSigned))

  assert.deepEqual(payloadOf(body.access_token).cnf, { 'x5t#S256': thumbprint(selfSigned) })
})

test('RFC 8705 §4, SEC-15 a public client’s refresh token is bound to its certificate, whatever it is; no code without one', async () => {
  const without = await proxy.token(client('bound-app'), await codeFor('bound-app'))
  const { refresh_token } = await tokensOf('bound-app', selfSigned)
  const refresh = (headers: Record<string, string>) =>
    proxy.token(client('bound-app'), { grant_type: 'refresh_token', refresh_token: refresh_token! }, headers)

  assert.equal(without.body.error, 'invalid_grant')
  assert.equal((await refresh({})).body.error, 'invalid_grant')
  assert.equal((await refresh(shown(certificate))).body.error, 'invalid_grant')
  const renewedTokens = await refresh(shown(selfSigned))
  assert.equal(renewedTokens.status, 200)
  const again = await proxy.token(
    client('bound-app'),
    { grant_type: 'refresh_token', refresh_token: renewedTokens.body.refresh_token! },
    shown(certificate),
  )
  assert.equal(again.body.error, 'invalid_grant', 'the next one is bound too')
})

test('RFC 8705 a confidential client’s refresh token goes with its authentication: a renewed certificate of the same name may use it', async () => {
  const { refresh_token } = await tokensOf('bank-web', certificate)
  const refresh = (headers: Record<string, string>) =>
    proxy.token(client('bank-web'), { grant_type: 'refresh_token', refresh_token: refresh_token! }, headers)

  assert.equal((await refresh(shown(ofForeignRoot))).body.error, 'invalid_client')
  const { status, body } = await refresh(shown(renewed))
  assert.equal(status, 200)
  const told = await proxy.call('/introspect', { token: body.access_token }, { as: client('bank-web'), headers: shown(renewed) })
  assert.deepEqual(told.body.cnf, { 'x5t#S256': thumbprint(renewed) })
})
