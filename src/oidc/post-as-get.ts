import type { Context } from 'koa'
import { readForm } from '../web/form.ts'
import { Refusal } from '../web/refusal.ts'

/** Longest address that every server on the way takes, and our own reads with the rest of a request's head. */
const MAX_ADDRESS = 12_000

/**
 * Answers a POST to an endpoint that browsers are sent to with a redirect to the same request by GET (OpenID Connect Core §3.1.2.1 and RP-Initiated
 * Logout §2 want both).
 *
 * Our session cookie is SameSite=Lax (OIDC-20): a browser does not send it with a form of another site, so nobody would be signed in. With the GET
 * that follows it does.
 *
 * @throws Refusal `unsupported_media_type`, `body_too_large` or `malformed_body`, a parameter that comes twice included
 */
export async function redirectToGet(ctx: Context): Promise<void> {
  const form = await readForm(ctx.req)
  const query = new URLSearchParams(form.names.map((name): [string, string] => [name, form.exact(name, { max: MAX_ADDRESS })]))
  const address = `${ctx.path}?${query}`
  if (address.length > MAX_ADDRESS) throw new Refusal('body_too_large')
  ctx.status = 303
  ctx.set('Location', address)
}
