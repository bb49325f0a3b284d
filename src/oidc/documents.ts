import { hash } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Context } from 'koa'
import type Provider from 'oidc-provider'

/** Metadata (OIDC Discovery 1.0 §4, RFC 8414) and key set: the same for everybody, and asked for more than anything else. */
export interface Documents {
  /** Answers with a document as it was first made. False: it was not made yet, or the request asks for something else. */
  answer(req: IncomingMessage, res: ServerResponse, path: string): boolean
}

interface Document {
  readonly type: string
  /** Its bytes as text in Latin-1: Node sends text together with the head, a buffer after it. */
  readonly body: string
  readonly etag: string
}

/** As soon as a key that was removed must be gone everywhere. */
const MAX_AGE_S = 60

/**
 * Keeps what the engine answers at these paths as bytes. Group and keys are of the moment it was built, so nothing changes before the next engine.
 *
 * @param paths of documents that depend on nothing in the request
 */
export function keepDocuments(provider: Provider, paths: ReadonlySet<string>): Documents {
  const kept = new Map<string, Document>()
  // Outside of everything else the engine was given: what is kept is what leaves.
  provider.middleware.unshift(async (ctx: Context, next: () => Promise<void>) => {
    await next()
    if (!isRead(ctx.req) || ctx.status !== 200 || !paths.has(ctx.path)) return
    const bytes = Buffer.from(JSON.stringify(ctx.body))
    const etag = `"${hash('sha256', bytes, 'base64url')}"`
    const document = { type: ctx.response.get('Content-Type'), body: bytes.toString('latin1'), etag }
    kept.set(ctx.path, document)
    ctx.respond = false
    send(ctx.req, ctx.res, document)
  })
  return {
    answer(req, res, path) {
      const document = isRead(req) ? kept.get(path) : undefined
      if (document) send(req, res, document)
      return document !== undefined
    },
  }
}

const isRead = ({ method }: IncomingMessage): boolean => method === 'GET' || method === 'HEAD'

/** RFC 9110 §13.1.2; any origin may read what is public. */
function send(req: IncomingMessage, res: ServerResponse, { type, body, etag }: Document): void {
  res.removeHeader('Vary')
  res.setHeader('Access-Control-Allow-Origin', '*')
  res.setHeader('Cache-Control', `public, max-age=${MAX_AGE_S}`)
  res.setHeader('ETag', etag)
  const isKnown = req.headers['if-none-match']?.split(',').some((tag) => tag.trim().replace(/^W\//, '') === etag || tag.trim() === '*')
  if (isKnown) {
    res.writeHead(304).end()
    return
  }
  res.writeHead(200, { 'Content-Type': type, 'Content-Length': body.length })
  res.end(req.method === 'HEAD' ? '' : body, 'latin1')
}
