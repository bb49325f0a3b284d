import type { IncomingMessage } from 'node:http'
import { MAX_BODY_BYTES } from './form.ts'
import { Refusal } from './refusal.ts'

/** Of two of these one reader would believe the first and another the last. Node itself refuses a second `Content-Length`. */
const ONCE: ReadonlySet<string> = new Set([
  'authorization',
  'content-encoding',
  'content-type',
  'dpop',
  'origin',
  'sec-fetch-site',
  'transfer-encoding',
  'x-forwarded-host',
  'x-forwarded-proto',
])
/** Browsers send some twenty. */
const MOST_HEADERS = 100

/**
 * Lets only requests through that every reader on the way reads in the same way, before anything is done for them.
 *
 * Answers the issuer's own host and nothing else (OIDC-17): an absolute request target, a second `Host`, or any other name is refused, so that no
 * link, cookie or metadata can follow a forged one. Headers that decide come once. A body has a length Atrium takes, is not compressed, and
 * comes with a method that has one (SEC-96, SEC-97).
 *
 * @throws Refusal `misdirected`, `malformed_url`, `malformed_request`, `headers_too_large`, `unsupported_media_type` or `body_too_large`
 */
export function guardRequest(req: IncomingMessage, issuerHost: string): void {
  guardHeaders(req, issuerHost)
  if (!req.url?.startsWith('/') || req.url.startsWith('//') || !decodes(req.url)) throw new Refusal('malformed_url')
  guardBody(req)
}

function guardHeaders({ rawHeaders, headers }: IncomingMessage, issuerHost: string): void {
  if (rawHeaders.length > 2 * MOST_HEADERS) throw new Refusal('headers_too_large')
  const seen = new Set<string>()
  let hosts = 0
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = (rawHeaders[at] ?? '').toLowerCase()
    if (name === 'host') hosts += 1
    if (!ONCE.has(name)) continue
    if (seen.has(name)) throw new Refusal('malformed_request')
    seen.add(name)
  }
  if (hosts !== 1 || headers.host?.toLowerCase() !== issuerHost) throw new Refusal('misdirected')
}

function guardBody({ headers, method, httpVersionMinor }: IncomingMessage): void {
  const isChunked = headers['transfer-encoding'] !== undefined
  const length = Number(headers['content-length'] ?? 0)
  // HTTP/1.0 has no transfer codings: whoever passed it on may have read the body's end elsewhere (RFC 9112 §6.1).
  if (isChunked && httpVersionMinor === 0) throw new Refusal('malformed_request')
  if ((isChunked || length > 0) && (method === 'GET' || method === 'HEAD')) throw new Refusal('malformed_request')
  if (headers['content-encoding'] !== undefined) throw new Refusal('unsupported_media_type')
  if (length > MAX_BODY_BYTES) throw new Refusal('body_too_large')
}

function decodes(url: string): boolean {
  try {
    return !decodeURI(url.split('?')[0] ?? '').includes('\0')
  } catch {
    return false
  }
}
