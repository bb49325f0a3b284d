import { type Certificate, isCurrent } from './certificate.ts'
import type { Presented } from './presented-certificate.ts'

const CLIENT_AUTH = '1.3.6.1.5.5.7.3.2'
const ANY_USAGE = '2.5.29.37.0'

/**
 * Basic constraints, key usage, extended key usage, subjectAltName. A certificate with another extension that is marked as critical, name
 * constraints too, is refused (RFC 5280 §4.2).
 */
const UNDERSTOOD: ReadonlySet<string> = new Set(['2.5.29.19', '2.5.29.15', '2.5.29.37', '2.5.29.17'])

/** Signatures with SHA-256 and longer: RSA (PKCS #1), ECDSA, EdDSA; and RSA-PSS, whose hash stands in parameters that are not read here. */
const STRONG_SIGNATURES: ReadonlySet<string> = new Set([
  ...['1.2.840.113549.1.1.10', '1.2.840.113549.1.1.11', '1.2.840.113549.1.1.12', '1.2.840.113549.1.1.13'],
  ...['1.2.840.10045.4.3.2', '1.2.840.10045.4.3.3', '1.2.840.10045.4.3.4'],
  ...['1.3.101.112', '1.3.101.113'],
])
const LEAST_RSA_BITS = 2048

/**
 * Whether one of these authorities vouches for a client's certificate: a path of issuers (RFC 5280 §6.1) on which every signature, date, CA flag
 * and path length holds. `node:crypto` checks names, key usage and signatures. Revocation is the proxy's business, which sees the handshake.
 *
 * Every certificate sent along is visited once, at the least depth it is reached in, so a tangle of them costs no more than its square.
 */
export function verifyChain({ certificate, chain }: Presented, authorities: readonly Certificate[], now: Date): boolean {
  if (!isForClients(certificate) || !isSound(certificate, now)) return false
  let level: readonly Certificate[] = [certificate]
  let unvisited = chain
  for (let below = 0; level.length > 0; below++) {
    const vouches = (issuer: Certificate): boolean =>
      isSound(issuer, now) && below <= (issuer.pathLength ?? below) && level.some((lower) => isIssuer(issuer, lower))
    if (authorities.some(vouches)) return true
    level = unvisited.filter(vouches)
    unvisited = unvisited.filter((other) => !level.includes(other))
  }
  return false
}

function isForClients({ x509 }: Certificate): boolean {
  const usages: readonly string[] | undefined = x509.keyUsage // extended key usages, as object identifiers; undefined: for everything
  return usages === undefined || usages.includes(CLIENT_AUTH) || usages.includes(ANY_USAGE)
}

const isIssuer = (issuer: Certificate, lower: Certificate): boolean =>
  issuer.x509.ca && lower.x509.checkIssued(issuer.x509) && lower.x509.verify(issuer.publicKey)

function isSound(certificate: Certificate, now: Date): boolean {
  const { asymmetricKeyType, asymmetricKeyDetails } = certificate.publicKey
  const isShort = asymmetricKeyType?.startsWith('rsa') && (asymmetricKeyDetails?.modulusLength ?? 0) < LEAST_RSA_BITS
  const isUnderstood = certificate.criticalExtensions.every((id) => UNDERSTOOD.has(id))
  return isCurrent(certificate, now) && isUnderstood && !isShort && STRONG_SIGNATURES.has(certificate.signatureAlgorithm)
}
