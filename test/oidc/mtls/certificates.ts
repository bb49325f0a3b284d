import { generateKeyPairSync, type KeyObject, randomBytes, sign, X509Certificate } from 'node:crypto'
import { AsnConvert, OctetString } from '@peculiar/asn1-schema'
import {
  AlgorithmIdentifier,
  AttributeTypeAndValue,
  AttributeValue,
  BasicConstraints,
  Certificate,
  ExtendedKeyUsage,
  Extension,
  Extensions,
  GeneralName,
  KeyUsage,
  KeyUsageFlags,
  Name,
  RelativeDistinguishedName,
  SubjectAlternativeName,
  SubjectPublicKeyInfo,
  TBSCertificate,
  Validity,
} from '@peculiar/asn1-x509'

/** A certificate made for a test, with its key. */
export interface Issued {
  readonly pem: string
  readonly der: Buffer
  readonly x509: X509Certificate
  readonly privateKey: KeyObject
  readonly subject: Name
  /** As the RFC 9440 header says it. */
  readonly header: string
}

export const OIDS = { CN: '2.5.4.3', O: '2.5.4.10', OU: '2.5.4.11', C: '2.5.4.6' } as const
const DAY_MS = 86_400_000

interface Wanted {
  /** The most general name first; a list of names stands for one with several parts. */
  readonly subject: readonly (readonly [keyof typeof OIDS, string])[]
  /** Absent: it signs itself. */
  readonly issuer?: Issued
  readonly ca?: boolean
  readonly pathLength?: number
  readonly keyUsage?: number
  readonly extendedKeyUsage?: readonly string[]
  readonly names?: readonly ConstructorParameters<typeof GeneralName>[0][]
  /** An extension nobody knows. */
  readonly unknown?: { readonly critical: boolean }
  /** Days from now. */
  readonly valid?: readonly [from: number, to: number]
  readonly hash?: 'sha256' | 'sha1'
  readonly key?: { readonly publicKey: KeyObject; readonly privateKey: KeyObject }
}

/** Issues a certificate that is right unless told otherwise: EC, two days, with basic constraints only for authorities. */
export function issue(wanted: Wanted): Issued {
  const { issuer, valid: [from, to] = [-1, 1], hash = 'sha256' } = wanted
  const key = wanted.key ?? generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const subject = new Name(wanted.subject.map(([type, text]) => new RelativeDistinguishedName([part(type, text)])))
  const signer = issuer?.privateKey ?? key.privateKey
  const algorithm = new AlgorithmIdentifier({ algorithm: algorithmOf(signer, hash) })
  const tbs = new TBSCertificate({
    version: 2,
    serialNumber: Uint8Array.from([1, ...randomBytes(8)]).buffer,
    signature: algorithm,
    issuer: issuer?.subject ?? subject,
    validity: new Validity({ notBefore: new Date(Date.now() + from * DAY_MS), notAfter: new Date(Date.now() + to * DAY_MS) }),
    subject,
    subjectPublicKeyInfo: AsnConvert.parse(key.publicKey.export({ format: 'der', type: 'spki' }), SubjectPublicKeyInfo),
    extensions: new Extensions(extensionsOf(wanted)),
  })
  const signature = sign(hash, Buffer.from(AsnConvert.serialize(tbs)), signer)
  const certificate = new Certificate({
    tbsCertificate: tbs,
    signatureAlgorithm: algorithm,
    signatureValue: Uint8Array.from(signature).buffer,
  })
  const x509 = new X509Certificate(Buffer.from(AsnConvert.serialize(certificate)))
  const der = x509.raw
  return { pem: x509.toString(), der, x509, privateKey: key.privateKey, subject, header: `:${der.toString('base64')}:` }
}

const part = (type: keyof typeof OIDS, text: string) =>
  new AttributeTypeAndValue({ type: OIDS[type], value: new AttributeValue({ utf8String: text }) })

function algorithmOf(key: KeyObject, hash: 'sha256' | 'sha1'): string {
  if (key.asymmetricKeyType === 'rsa') return hash === 'sha1' ? '1.2.840.113549.1.1.5' : '1.2.840.113549.1.1.11'
  return hash === 'sha1' ? '1.2.840.10045.4.1' : '1.2.840.10045.4.3.2'
}

function extensionsOf({ ca, pathLength, keyUsage, extendedKeyUsage, names, unknown }: Wanted): Extension[] {
  const extension = (extnID: string, value: object, critical: boolean) =>
    new Extension({ extnID, critical, extnValue: new OctetString(AsnConvert.serialize(value)) })
  const constraints = new BasicConstraints({ cA: ca ?? false, ...(pathLength !== undefined && { pathLenConstraint: pathLength }) })
  return [
    ...(ca === undefined ? [] : [extension('2.5.29.19', constraints, true)]),
    ...(keyUsage === undefined ? [] : [extension('2.5.29.15', new KeyUsage(keyUsage), true)]),
    ...(extendedKeyUsage ? [extension('2.5.29.37', new ExtendedKeyUsage([...extendedKeyUsage]), false)] : []),
    ...(names ? [extension('2.5.29.17', new SubjectAlternativeName(names.map((name) => new GeneralName(name))), false)] : []),
    ...(unknown ? [extension('1.2.3.4.5', new OctetString(new Uint8Array([5])), unknown.critical)] : []),
  ]
}

export const SIGNS_CERTIFICATES = KeyUsageFlags.keyCertSign
export const SIGNS_MESSAGES = KeyUsageFlags.digitalSignature
export const CLIENT_AUTH = '1.3.6.1.5.5.7.3.2'
export const SERVER_AUTH = '1.3.6.1.5.5.7.3.1'

/** An authority, with whatever more. */
export const authority = (name: string, more: Partial<Wanted> = {}): Issued => issue({ subject: [['CN', name]], ca: true, ...more })
