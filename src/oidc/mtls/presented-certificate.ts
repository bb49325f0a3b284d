import type { IncomingMessage } from 'node:http'
import { type Certificate, parseCertificate } from './certificate.ts'

/** What a client showed the proxy that speaks TLS with it. */
export interface Presented {
  readonly certificate: Certificate
  /** What it sent along, for the way to an authority; in whatever order. */
  readonly chain: readonly Certificate[]
}

/** Longer chains are somebody's joke. */
const MOST_CERTIFICATES = 10

/** RFC 8941 §3.3.5: a byte sequence. RFC 9440 gives it no parameters. */
const BYTE_SEQUENCE = /^:((?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?):$/

/**
 * Reads the client's certificate from `Client-Cert` and `Client-Cert-Chain` (RFC 9440). The caller must know that a trusted proxy wrote them:
 * anybody can send a header (SEC-19).
 *
 * @returns undefined when there is none, or when one of the headers is not what the RFC says: half a chain is not believed
 */
export function presentedCertificate({ headers }: IncomingMessage): Presented | undefined {
  const [leaf, chain] = [headers['client-cert'], headers['client-cert-chain']].map(joined)
  const certificate = leaf === undefined ? undefined : parseItem(leaf)
  const others = chain === undefined ? [] : chain.split(',', MOST_CERTIFICATES + 1).map((item) => parseItem(item.trim()))
  if (!certificate || others.length > MOST_CERTIFICATES) return undefined
  const parsed = others.filter((other) => other !== undefined)
  return parsed.length === others.length ? { certificate, chain: parsed } : undefined
}

const joined = (value: string | string[] | undefined): string | undefined => (Array.isArray(value) ? value.join(', ') : value)

function parseItem(item: string): Certificate | undefined {
  const base64 = BYTE_SEQUENCE.exec(item)?.[1]
  if (!base64) return undefined
  const der = Buffer.from(base64, 'base64')
  const certificate = parseCertificate(der)
  return certificate?.x509.raw.equals(der) ? certificate : undefined // nothing before it, nothing behind it, no PEM
}
