import assert from 'node:assert/strict'
import { test } from 'node:test'
import { carriesName } from '../../../src/oidc/mtls/carries-name.ts'
import { parseCertificate } from '../../../src/oidc/mtls/certificate.ts'
import { issue } from './certificates.ts'

const certificate = parseCertificate(
  issue({
    subject: [
      ['C', 'DE'],
      ['O', 'Aurora, "Fashion" + Söhne'],
      ['CN', 'shop.example'],
    ],
    names: [
      { dNSName: 'api.shop.example' },
      { dNSName: '*.wild.example' },
      { uniformResourceIdentifier: 'spiffe://shop/web' },
      { iPAddress: '192.0.2.7' },
      { rfc822Name: 'ops@shop.example' },
    ],
  }).der,
)!

test('OIDC-15 the subject is compared letter by letter, in RFC 4514’s order and escapes', () => {
  const carries = (dn: string) => carriesName(certificate, 'tls_client_auth_subject_dn', dn)

  assert.equal(carries('CN=shop.example,O=Aurora\\, \\"Fashion\\" \\+ Söhne,C=DE'), true)
  assert.equal(carries('cn=shop.example, 2.5.4.10=Aurora\\2C \\22Fashion\\22 \\2B S\\C3\\B6hne , C=DE'), true)
  for (const other of [
    'C=DE,O=Aurora\\, \\"Fashion\\" \\+ Söhne,CN=shop.example',
    'CN=shop.example',
    'CN=shop.example,O=Aurora\\, \\"Fashion\\" \\+ Söhne',
    'CN=SHOP.example,O=Aurora\\, \\"Fashion\\" \\+ Söhne,C=DE',
    'CN=shop.example,O=Aurora,C=DE',
    'CN=shop.example+O=Aurora\\, \\"Fashion\\" \\+ Söhne,C=DE',
    '',
    'nonsense',
  ])
    assert.equal(carries(other), false, other)
})

test('OIDC-15 other names come from subjectAltName alone; a wildcard stands for nothing', () => {
  const carried = [
    ['tls_client_auth_san_dns', 'api.shop.example', true],
    ['tls_client_auth_san_dns', 'API.shop.example', true],
    ['tls_client_auth_san_dns', 'shop.example', false],
    ['tls_client_auth_san_dns', 'a.wild.example', false],
    ['tls_client_auth_san_dns', 'x.api.shop.example', false],
    ['tls_client_auth_san_uri', 'spiffe://shop/web', true],
    ['tls_client_auth_san_uri', 'spiffe://shop/web/', false],
    ['tls_client_auth_san_uri', 'spiffe://shop', false],
    ['tls_client_auth_san_ip', '192.0.2.7', true],
    ['tls_client_auth_san_ip', '192.0.2.8', false],
    ['tls_client_auth_san_email', 'ops@shop.example', true],
    ['tls_client_auth_san_email', 'dev@shop.example', false],
  ] as const
  for (const [property, expected, is] of carried) assert.equal(carriesName(certificate, property, expected), is, `${property} ${expected}`)
})
