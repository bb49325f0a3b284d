import { X509Certificate } from 'node:crypto'

/** Why this text can't stand as a certificate authority, or undefined. Its dates are looked at when a certificate of it is. */
export function certificateAuthorityProblem(pem: string): string | undefined {
  if ((pem.match(/-----BEGIN /g) ?? []).length !== 1) return 'must be one certificate in PEM (-----BEGIN CERTIFICATE-----)'
  const certificate = parsed(pem)
  if (!certificate) return 'must be a certificate in PEM (-----BEGIN CERTIFICATE-----)'
  if (!certificate.ca) return 'must be the certificate of an authority (basicConstraints CA:TRUE)'
  return undefined
}

function parsed(pem: string): X509Certificate | undefined {
  if (!pem.trim().startsWith('-----BEGIN CERTIFICATE-----')) return undefined
  try {
    return new X509Certificate(pem)
  } catch {
    return undefined // OpenSSL tells what it could not read; the reader of the file is told where
  }
}
