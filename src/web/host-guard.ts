import type { IncomingMessage } from 'node:http'
import { Refusal } from './refusal.ts'

/**
 * Answers the issuer's own host and nothing else (OIDC-17): an absolute request target, a second `Host`, or any other name is refused before
 * anything is read, so that no link, cookie or metadata can follow a forged one.
 *
 * @throws Refusal `misdirected` or `malformed_url`
 */
export function guardHost(req: IncomingMessage, issuer: string): void {
  const hosts = req.rawHeaders.filter((_, i) => i % 2 === 0 && req.rawHeaders[i]?.toLowerCase() === 'host')
  if (hosts.length !== 1 || req.headers.host?.toLowerCase() !== new URL(issuer).host) throw new Refusal('misdirected')
  if (!req.url?.startsWith('/') || req.url.startsWith('//') || !decodes(req.url)) throw new Refusal('malformed_url')
}

function decodes(url: string): boolean {
  try {
    return !decodeURI(url.split('?')[0] ?? '').includes('\0')
  } catch {
    return false
  }
}
