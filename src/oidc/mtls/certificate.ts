import { type KeyObject, X509Certificate } from 'node:crypto'
import { createRequire } from 'node:module'
import type { DistinguishedName } from '../../group/index.ts'

/** A certificate, and what `node:crypto` does not tell of it. */
export interface Certificate {
  readonly x509: X509Certificate
  readonly publicKey: KeyObject
  readonly subject: DistinguishedName
  /** URIs of its subjectAltName. */
  readonly uris: readonly string[]
  /** Object identifiers of the extensions that whoever does not know them must not pass over (RFC 5280 §4.2). */
  readonly criticalExtensions: readonly string[]
  /** Object identifier. */
  readonly signatureAlgorithm: string
  /** pathLenConstraint: how many intermediate certificates may stand below it. */
  readonly pathLength?: number
}

/** Loaded with the first certificate: most processes never see one, and these are eighty modules of a start. */
function loadSyntax() {
  const require = createRequire(import.meta.url)
  return {
    ...(require('@peculiar/asn1-schema') as typeof import('@peculiar/asn1-schema')), // what require() gives has no type
    ...(require('@peculiar/asn1-x509') as typeof import('@peculiar/asn1-x509')),
  }
}

/** Reads a certificate in DER or PEM; undefined when any part of it that is looked at later cannot be read. */
export function parseCertificate(encoded: Buffer | string): Certificate | undefined {
  try {
    const x509 = new X509Certificate(encoded)
    const { AsnConvert, BasicConstraints, Certificate: CertificateSyntax, SubjectAlternativeName, ...ids } = loadSyntax()
    const { id_ce_basicConstraints, id_ce_subjectAltName } = ids
    const { tbsCertificate, signatureAlgorithm } = AsnConvert.parse(x509.raw, CertificateSyntax)
    const extensions = tbsCertificate.extensions ?? []
    const extension = (id: string): ArrayBuffer | undefined => extensions.find(({ extnID }) => extnID === id)?.extnValue.buffer
    const [constraints, names] = [extension(id_ce_basicConstraints), extension(id_ce_subjectAltName)]
    const pathLength = constraints && AsnConvert.parse(constraints, BasicConstraints).pathLenConstraint
    return {
      x509,
      publicKey: x509.publicKey,
      subject: [...tbsCertificate.subject].map((rdn) => [...rdn].map(({ type, value }) => ({ type, value: value.toString() }))),
      uris: names ? [...AsnConvert.parse(names, SubjectAlternativeName)].flatMap((name) => name.uniformResourceIdentifier ?? []) : [],
      criticalExtensions: extensions.filter(({ critical }) => critical).map(({ extnID }) => extnID),
      signatureAlgorithm: signatureAlgorithm.algorithm,
      ...(pathLength !== undefined && { pathLength }),
    }
  } catch {
    return undefined // two parsers say in many ways what they could not read; here it is no certificate
  }
}

/** Whether a certificate's own dates include this moment. */
export const isCurrent = ({ x509 }: Certificate, now: Date): boolean => x509.validFromDate <= now && now <= x509.validToDate
