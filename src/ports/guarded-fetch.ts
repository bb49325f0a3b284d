import type { Agent, fetch } from 'undici'
import { AddressRefused, type Allow, type Dial, guardedConnect, type Resolve, systemDial, systemResolve } from './guarded-connect.ts'

export { allowLoopback } from './guarded-connect.ts'

/** What a caller may say about a request; everything that would weaken the guard is ours. */
export interface GuardedRequest {
  readonly method?: string
  readonly headers?: Iterable<readonly [string, string]> | Readonly<Record<string, string>>
  readonly body?: string | Uint8Array | URLSearchParams
  readonly signal?: AbortSignal
}

/** Why no answer came back. `unreachable` is everything that a network does by itself. */
export type FetchRefusal = 'bad_url' | 'address_refused' | 'redirected' | 'too_large' | 'timed_out' | 'unreachable'

/** A request that was not made or not finished. Its message names the host, never path, query or body: those carry secrets. */
export class FetchRefused extends Error {
  readonly code: FetchRefusal

  constructor(code: FetchRefusal, host: string, options?: ErrorOptions) {
    super(`${code}: ${host}`, options)
    this.name = 'FetchRefused'
    this.code = code
  }
}

/**
 * Fetches a URL that someone else chose (`jwks_uri`, webhooks, back-channel logout, sector documents) without becoming a way into the network
 * this server stands in: https to public addresses only, no redirects, a limit on time and on bytes as they are after decompression.
 * Throws {@link FetchRefused}. The body is read before it resolves, so a slow or endless answer cannot hold a connection.
 */
export interface GuardedFetch {
  (url: string | URL, request?: GuardedRequest): Promise<Response>
  close(): Promise<void>
}

export interface GuardedFetchOptions {
  /** Whole request, name resolution and body included. */
  readonly timeoutMs?: number
  /** Longest body, in bytes after decompression. */
  readonly maxBytes?: number
  /** What else may be reached, also by plain http: loopback in development. */
  readonly allow?: Allow
  readonly resolve?: Resolve
  readonly dial?: Dial
}

/** Loads undici with the first request: it is 28 MB that a server at rest does without. */
export function createGuardedFetch(options: GuardedFetchOptions = {}): GuardedFetch {
  const { timeoutMs = 5_000, maxBytes = 1_000_000 } = options
  let client: Promise<Client> | undefined

  const guardedFetch = async (target: string | URL, request: GuardedRequest = {}): Promise<Response> => {
    const url = parseTarget(target)
    const timeout = AbortSignal.timeout(timeoutMs)
    const signal = request.signal ? AbortSignal.any([timeout, request.signal]) : timeout
    client ??= openClient(options, timeoutMs)
    try {
      const { fetch, agent } = await client
      const answer = await fetch(url, { ...onlyKnown(request), signal, redirect: 'error', dispatcher: agent })
      return await readBounded(answer, maxBytes, url.host)
    } catch (error) {
      throw asRefusal(error, url.host, timeout)
    }
  }
  return Object.assign(guardedFetch, { close: async () => (await client)?.agent.destroy() })
}

interface Client {
  readonly fetch: typeof fetch
  readonly agent: Agent
}

/** undici's own fetch with its own agent: the fetch that is built into Node does not take another undici's agent. */
async function openClient({ allow = () => false, resolve = systemResolve, dial }: GuardedFetchOptions, timeoutMs: number): Promise<Client> {
  const undici = await import('undici')
  const connect = guardedConnect({ resolve, allow, dial: dial ?? systemDial(undici.buildConnector, timeoutMs) })
  return { fetch: undici.fetch, agent: new undici.Agent({ connect, connections: 8, headersTimeout: timeoutMs, bodyTimeout: timeoutMs }) }
}

function parseTarget(target: string | URL): URL {
  const url = URL.parse(String(target))
  if (url === null || !/^https?:$/.test(url.protocol) || url.username !== '' || url.password !== '') {
    throw new FetchRefused('bad_url', url?.host ?? 'unknown')
  }
  return url
}

// Callers such as oidc-provider hand over a dispatcher and a redirect mode of their own. A spread would let those through.
function onlyKnown({ method = 'GET', headers, body }: GuardedRequest) {
  const entries = headers === undefined ? [] : Symbol.iterator in headers ? [...headers] : Object.entries(headers)
  return { method, headers: entries.map(([name, value]): [string, string] => [name, value]), ...(body !== undefined && { body }) }
}

type Answer = Awaited<ReturnType<typeof fetch>>

async function readBounded(answer: Answer, maxBytes: number, host: string): Promise<Response> {
  const chunks: Uint8Array[] = []
  let received = 0
  for await (const chunk of answer.body ?? []) {
    received += chunk.length
    if (received > maxBytes) throw new FetchRefused('too_large', host)
    chunks.push(chunk)
  }
  // They describe the body as it was on the wire, not the one handed on.
  const headers = [...answer.headers].filter(([name]) => !['content-encoding', 'content-length', 'transfer-encoding'].includes(name))
  const body = [204, 205, 304].includes(answer.status) ? null : Buffer.concat(chunks)
  return new Response(body, { status: answer.status, headers: headers.map(([name, value]): [string, string] => [name, value]) })
}

function asRefusal(error: unknown, host: string, timeout: AbortSignal): FetchRefused {
  if (error instanceof FetchRefused) return error
  if (timeout.aborted) return new FetchRefused('timed_out', host, { cause: error })
  const cause = error instanceof Error ? error.cause : undefined
  if (cause instanceof AddressRefused) return new FetchRefused('address_refused', host, { cause })
  if (cause instanceof Error && cause.message === 'unexpected redirect') return new FetchRefused('redirected', host, { cause })
  return new FetchRefused('unreachable', host, { cause: error })
}
