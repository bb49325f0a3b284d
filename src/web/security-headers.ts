import type { ServerResponse } from 'node:http'

/** What every answer carries. Pages add their own content security policy. */
export function setSecurityHeaders(res: ServerResponse, { https }: { https: boolean }): void {
  res.setHeader('Cache-Control', 'no-store') // what may be kept (assets, metadata) says so itself
  res.setHeader('X-Content-Type-Options', 'nosniff')
  res.setHeader('X-Frame-Options', 'DENY')
  res.setHeader('Referrer-Policy', 'same-origin') // a journey's address is nobody else's to see
  res.setHeader('Cross-Origin-Opener-Policy', 'same-origin')
  res.setHeader(
    'Permissions-Policy',
    'publickey-credentials-get=(self), publickey-credentials-create=(self), identity-credentials-get=(self)',
  )
  res.setHeader('Content-Security-Policy', WITHOUT_SCRIPTS)
  if (https) res.setHeader('Strict-Transport-Security', 'max-age=31536000; includeSubDomains')
}

/**
 * The content security policy of a page: nothing but our own style, our own images and the scripts that carry the nonce.
 *
 * @param formTargets origins (or private-use schemes, `com.example:`) a form's answer may redirect to: browsers check the whole chain
 */
export function contentSecurityPolicy({ nonce, formTargets }: { nonce?: string; formTargets: readonly string[] }): string {
  return [
    "default-src 'none'",
    `script-src ${nonce ? `'nonce-${nonce}'` : "'self'"}`,
    "style-src 'self'",
    "img-src 'self' data:",
    "connect-src 'self'",
    `form-action ${["'self'", ...formTargets].join(' ')}`,
    "frame-ancestors 'none'",
    "base-uri 'none'",
  ].join('; ')
}

/** The source expression of a redirect URI for `form-action`: its origin, or its scheme where it has none (RFC 8252 §7.1). */
export function formTarget(redirectUri: string): string | undefined {
  const url = URL.parse(redirectUri)
  if (!url) return undefined
  return url.protocol === 'http:' || url.protocol === 'https:' ? url.origin : url.protocol
}

const WITHOUT_SCRIPTS = contentSecurityPolicy({ formTargets: [] })
