import type { TLSClientAuthProperty } from 'oidc-provider'
import { parseDistinguishedName, sameName } from '../../group/index.ts'
import type { Certificate } from './certificate.ts'

/**
 * Whether a certificate carries the name a client with `tls_client_auth` is registered with (RFC 8705 §2.1.2). Wildcards of a certificate stand for
 * nothing here, and a common name is no DNS name.
 */
export function carriesName({ x509, subject, uris }: Certificate, property: TLSClientAuthProperty, expected: string): boolean {
  switch (property) {
    case 'tls_client_auth_subject_dn': {
      const name = parseDistinguishedName(expected)
      return name !== undefined && sameName(name, subject)
    }
    case 'tls_client_auth_san_dns':
      return x509.checkHost(expected, { subject: 'never', wildcards: false, partialWildcards: false }) !== undefined
    case 'tls_client_auth_san_ip':
      return x509.checkIP(expected) !== undefined
    case 'tls_client_auth_san_email':
      return x509.checkEmail(expected, { subject: 'never' }) !== undefined
    case 'tls_client_auth_san_uri':
      return uris.includes(expected)
    default:
      throw new Error(`no name of a certificate is ${property satisfies never}`)
  }
}
