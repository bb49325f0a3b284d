import type { IncomingMessage } from 'node:http'
import { Refusal } from './refusal.ts'

/** The fields of a posted form, read with a bound each. Of a field that came twice the request is refused: two readers could see two values. */
export interface Form {
  /** The field's text without surrounding spaces, empty when it is missing. */
  text(name: string, options: { max: number }): string
  /** The field as it was typed: for passwords. */
  exact(name: string, options: { max: number }): string
  /** Names of all fields. */
  readonly names: readonly string[]
}

/** Longest body of any request, in bytes: a page's form is some hundred. */
export const MAX_BODY_BYTES = 64 * 1024
const MAX_FIELDS = 200

/**
 * Reads an `application/x-www-form-urlencoded` body.
 *
 * @throws Refusal `unsupported_media_type`, `body_too_large`, `malformed_body`
 */
export async function readForm(req: IncomingMessage): Promise<Form> {
  const [type = ''] = (req.headers['content-type'] ?? '').split(';')
  if (type.trim().toLowerCase() !== 'application/x-www-form-urlencoded' || req.headers['content-encoding'])
    throw new Refusal('unsupported_media_type')
  return parseForm(await readBody(req))
}

/**
 * Reads a JSON body of one of these media types.
 *
 * @throws Refusal `unsupported_media_type`, `body_too_large`, `malformed_body`
 */
export async function readJson(req: IncomingMessage, types: readonly string[]): Promise<unknown> {
  const [type = ''] = (req.headers['content-type'] ?? '').split(';')
  if (!types.includes(type.trim().toLowerCase())) throw new Refusal('unsupported_media_type')
  try {
    return JSON.parse(await readBody(req))
  } catch (cause) {
    if (cause instanceof Refusal) throw cause
    throw new Refusal('malformed_body', { cause })
  }
}

async function readBody(req: IncomingMessage): Promise<string> {
  if (Number(req.headers['content-length'] ?? 0) > MAX_BODY_BYTES) throw new Refusal('body_too_large')
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of req) {
    size += (chunk as Buffer).length // no encoding is set on the request, so chunks are buffers
    if (size > MAX_BODY_BYTES) throw new Refusal('body_too_large')
    chunks.push(chunk as Buffer)
  }
  return Buffer.concat(chunks).toString('utf8')
}

/** The fields of a form body. */
function parseForm(body: string): Form {
  const fields = new Map<string, string>()
  for (const [name, value] of new URLSearchParams(body)) {
    if (fields.has(name) || fields.size >= MAX_FIELDS) throw new Refusal('malformed_body')
    fields.set(name, value)
  }
  const exact = (name: string, { max }: { max: number }): string => {
    const value = fields.get(name) ?? ''
    if (value.length > max || value.includes('\0')) throw new Refusal('malformed_body')
    return value
  }
  return { exact, text: (name, options) => exact(name, options).trim(), names: [...fields.keys()] }
}
