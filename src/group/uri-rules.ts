/**
 * What a URI in the group file may be (OIDC-13, SEC-2). Scheme, host and form are listed as allowed, so `javascript:`, `data:` and whatever comes
 * next are refused without being named. A URI is compared and followed as it is written, so it must stand in its normal form.
 */

/** `page`: shown as a link. `endpoint`: a server is called there, or its name is compared. `redirect`: a browser is sent there with a secret in its hand. */
export type UriUse = 'page' | 'endpoint' | 'redirect'

const LOOPBACK_HOSTS = ['localhost', '127.0.0.1', '[::1]']
const LOOPBACK_ADDRESSES = ['127.0.0.1', '[::1]']
/** RFC 8252 §7.1: a domain the app's maker owns, reversed; the dot is what tells it from `javascript` and its like. */
const PRIVATE_USE = /^[a-z][a-z0-9+-]*(\.[a-z0-9+-]+)+:\/(?!\/\/)/
const PRINTABLE_ASCII = /^[\x21-\x7e]+$/

/** Why the URI can't stand in the file, or undefined. */
export function uriProblem(uri: string, use: UriUse): string | undefined {
  if (!PRINTABLE_ASCII.test(uri) || uri.includes('\\')) return 'must be a URI without spaces, backslashes, control or non-ASCII characters'
  if (use !== 'page' && uri.includes('#')) return 'must have no fragment'
  if (use !== 'page' && uri.includes('*')) return 'must be exact: a wildcard matches nothing'
  if (use === 'redirect' && isPrivateUse(uri)) return URL.parse(uri) ? undefined : 'must be a URI'
  const url = URL.parse(uri)
  if (!url) return 'must be an absolute URI'
  const secure = url.protocol === 'https:' || (url.protocol === 'http:' && LOOPBACK_HOSTS.includes(url.hostname))
  if (!secure)
    return use === 'redirect' ? 'must be https outside loopback and the private-use schemes of apps' : 'must be https outside loopback'
  if (url.username || url.password || uri.split(/[/?#]/)[2]?.includes('@')) return 'must name no user or password'
  if (!isNormalForm(uri, url)) return `must stand in its normal form, as ${url.protocol}//${url.host}${url.pathname}`
  return undefined
}

/** `com.example.shop:/callback`: the redirect of an app (RFC 8252 §7.1). */
export const isPrivateUse = (uri: string): boolean => PRIVATE_USE.test(uri)

/** A loopback address without a port stands for every port of the device (RFC 8252 §7.3), which only an app may ask for. */
export function standsForEveryPort(uri: string): boolean {
  const url = URL.parse(uri)
  return url?.protocol === 'http:' && LOOPBACK_ADDRESSES.includes(url.hostname) && url.port === ''
}

/** `https:/x`, `HTTPS://X`, `http://127.1` and an IDN all reach another text than the one registered. A path may be absent. */
function isNormalForm(uri: string, url: URL): boolean {
  const origin = `${url.protocol}//${url.hostname}`
  const rest = uri.slice(origin.length)
  const pathAsParsed = rest.replace(/^:\d+/, '').split(/[?#]/)[0] ?? ''
  return uri.startsWith(origin) && /^(:\d+)?([/?#]|$)/.test(rest) && (pathAsParsed === '' || pathAsParsed === url.pathname)
}
