import { createHmac, createSecretKey } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { sameSecret } from '../ports/secret.ts'
import { Refusal } from './refusal.ts'

/** Tokens that tie a form to a journey or session. */
export interface Csrf {
  /** The token for forms of this journey or session. */
  token(binding: string): string
  /**
   * Lets only our own pages' forms through (SEC-29).
   *
   * @throws Refusal `cross_site` or `csrf_missing`
   */
  verify(req: IncomingMessage, binding: string, token: string | undefined): void
}

/** CSRF tokens are an HMAC over what the form belongs to, so that none is stored and none fits another browser's journey or session. */
export function createCsrf({ key, origin }: { key: Buffer; origin: string }): Csrf {
  const secret = createSecretKey(key) // imported once: with a Buffer each MAC costs four times as much
  const mac = (binding: string): Buffer => createHmac('sha256', secret).update(binding).digest()
  return {
    token: (binding) => mac(binding).toString('base64url'),
    verify(req, binding, token) {
      const site = req.headers['sec-fetch-site']
      if (site !== undefined && site !== 'same-origin') throw new Refusal('cross_site')
      if (req.headers.origin !== undefined && req.headers.origin !== origin) throw new Refusal('cross_site')
      if (!sameSecret(Buffer.from(token ?? '', 'base64url'), mac(binding))) throw new Refusal('csrf_missing')
    },
  }
}
