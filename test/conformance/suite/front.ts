/**
 * What stands between the official suite and Atrium: ends TLS, which the suite insists on, and adds PKCE to requests that have none.
 *
 * Atrium asks PKCE of every client; the suite's OpenID Connect plans send it in one module only. With this in front they test all the rest.
 *
 *   node test/conformance/suite/front.ts KEY.pem CERT.pem [PORT] [ATRIUM]
 */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { type IncomingMessage, request, type ServerResponse } from 'node:http'
import { createServer } from 'node:https'

/** One verifier for all: this protects nobody, it only lets requests in. */
const VERIFIER = 'the-suite-sends-no-verifier-so-this-one-is-added'
const CHALLENGE = { code_challenge: createHash('sha256').update(VERIFIER).digest('base64url'), code_challenge_method: 'S256' }

/** The clients of the plans that send none. A plan of FAPI sends its own, or wants to be refused without. */
const CLIENTS: readonly unknown[] = ['suite-first', 'suite-second']

/** The parameters with PKCE where an authorization or token request of those clients has none; all others unchanged. */
export function withPkce(path: string, params: URLSearchParams): URLSearchParams {
  const isTheirs = CLIENTS.includes(params.get('client_id'))
  if (path === '/authorize' && isTheirs && !params.has('code_challenge'))
    for (const [name, value] of Object.entries(CHALLENGE)) params.set(name, value)
  // With Basic the client is named in a header; with an assertion or a certificate it is another one.
  const mayBeTheirs = isTheirs || !(params.has('client_id') || params.has('client_assertion'))
  if (path === '/token' && mayBeTheirs && params.get('grant_type') === 'authorization_code' && !params.has('code_verifier'))
    params.set('code_verifier', VERIFIER)
  return params
}

/** Hands a request on to Atrium. */
export async function forward(atrium: string, req: IncomingMessage, res: ServerResponse): Promise<void> {
  const url = new URL(req.url ?? '/', atrium)
  let body = ''
  for await (const chunk of req) body += String(chunk)
  const isForm = (req.headers['content-type'] ?? '').startsWith('application/x-www-form-urlencoded')
  const sent = isForm ? String(withPkce(url.pathname, new URLSearchParams(body))) : body
  const query = req.method === 'GET' ? withPkce(url.pathname, url.searchParams) : url.searchParams
  const headers = { ...req.headers, ...(sent && { 'content-length': String(Buffer.byteLength(sent)) }) }
  const path = query.size > 0 ? `${url.pathname}?${query}` : url.pathname
  request({ host: url.hostname, port: url.port, path, method: req.method, headers }, (answer) => {
    res.writeHead(answer.statusCode ?? 502, answer.headers)
    answer.pipe(res)
  })
    .on('error', () => res.writeHead(502).end())
    .end(sent)
}

if (import.meta.main) {
  const [, , key, cert, port = '3443', atrium = 'http://127.0.0.1:3000'] = process.argv
  if (!key || !cert) throw new Error('usage: node front.ts KEY.pem CERT.pem [PORT] [ATRIUM]')
  createServer({ key: readFileSync(key), cert: readFileSync(cert) }, (req, res) => void forward(atrium, req, res)).listen(Number(port))
}
