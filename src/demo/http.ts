import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http'
import { Html } from './html.ts'

const MAX_FORM_BYTES = 64 * 1024

/** What a route answers. A page is never cached: it shows who is signed in. */
export interface Answer {
  readonly status: number
  readonly headers?: OutgoingHttpHeaders
  readonly body?: Html | string
}

/** The request is not one this site understands; `status` says in which way. */
export class BadRequest extends Error {
  readonly status: 400 | 413 | 415
  constructor(status: 400 | 413 | 415) {
    super(`refused with ${status}`)
    this.status = status
  }
}

/** 303: the browser follows with GET, whatever the method was. */
export const redirect = (to: URL | string, headers: OutgoingHttpHeaders = {}): Answer => ({
  status: 303,
  headers: { ...headers, location: String(to) },
})

/** Cookies ignore ports, so each site's names start with its own. On https use `__Host-` names and add `Secure`. */
export const cookie = (name: string, value: string, { maxAgeS }: { maxAgeS?: number } = {}): string =>
  `${name}=${value}; Path=/; HttpOnly; SameSite=Lax${maxAgeS === undefined ? '' : `; Max-Age=${maxAgeS}`}`

/** One cookie of a request, or undefined. */
export function readCookie(request: IncomingMessage, name: string): string | undefined {
  const pair = (request.headers.cookie ?? '').split(/;\s*/).find((each) => each.startsWith(`${name}=`))
  return pair?.slice(name.length + 1) || undefined
}

/** Reads a submitted form. Throws {@link BadRequest} for anything else, and for more than 64 KiB. */
export async function readForm(request: IncomingMessage): Promise<URLSearchParams> {
  if (!/^application\/x-www-form-urlencoded *(;|$)/i.test(request.headers['content-type'] ?? '')) throw new BadRequest(415)
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > MAX_FORM_BYTES) throw new BadRequest(413)
    chunks.push(chunk)
  }
  return new URLSearchParams(Buffer.concat(chunks).toString('utf8'))
}

/** Everything a page may load comes from the site itself; forms may lead on to the provider (Chromium checks the redirect too). */
export function send(request: IncomingMessage, response: ServerResponse, answer: Answer, issuer: string): void {
  const { status, headers, body } = answer
  response.writeHead(status, {
    'content-security-policy': `default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self' ${new URL(issuer).origin}; base-uri 'none'; frame-ancestors 'none'`,
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'same-origin',
    'cache-control': 'no-store',
    ...(body instanceof Html && { 'content-type': 'text/html; charset=utf-8' }),
    ...headers,
  })
  response.end(request.method === 'HEAD' ? undefined : body instanceof Html ? body.markup : body)
}
