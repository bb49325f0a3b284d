import type { IncomingMessage, ServerResponse } from 'node:http'

/** Cookie names and attributes (OIDC-20): prefixed and `Secure` on https, bare on a development issuer. */
export interface CookieJar {
  readonly secure: boolean
  /** `__Host-` name: whole origin, no other host can set it. */
  host(name: string): string
  /** `__Secure-` name: for the protocol engine's cookies, which keep a path per journey so that two tabs stay apart. */
  pathBound(name: string): string
  read(req: IncomingMessage, name: string): string | undefined
  write(res: ServerResponse, name: string, value: string, options: { path?: string; maxAgeS: number }): void
}

/** Cookies with the prefix and attributes that the issuer's scheme allows (OIDC-20). */
export function createCookieJar(issuer: string): CookieJar {
  const secure = issuer.startsWith('https:')
  return {
    secure,
    host: (name) => (secure ? `__Host-${name}` : name),
    pathBound: (name) => (secure ? `__Secure-${name}` : name),
    read(req, name) {
      for (const part of (req.headers.cookie ?? '').split(';')) {
        const eq = part.indexOf('=')
        if (part.slice(0, eq).trim() === name) return part.slice(eq + 1).trim()
      }
      return undefined
    },
    write(res, name, value, { path = '/', maxAgeS }) {
      const attributes = `Path=${path}; Max-Age=${maxAgeS}; HttpOnly; SameSite=Lax${secure ? '; Secure' : ''}`
      res.appendHeader('Set-Cookie', `${name}=${value}; ${attributes}`)
    },
  }
}
