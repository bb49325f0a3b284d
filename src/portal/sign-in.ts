import { createHash, createHmac } from 'node:crypto'
import type { Context } from 'koa'
import type { Level } from '../group/group.ts'
import type { CurrentSession } from '../oidc/index.ts'
import { sameSecret } from '../ports/secret.ts'
import { queryOf } from '../web/pages.ts'
import { Refusal } from '../web/refusal.ts'
import type { PortalDeps } from './deps.ts'
import { ACCOUNT_CLIENT, ACCOUNT_PATH, CALLBACK_PATH } from './own-client.ts'

const STATE_LIFE_S = 3_600
/** Addresses to come back to after signing in are ours and short; anything else goes to the first page. */
const RETURN_TO = /^\/account(\/[a-z-]+)*(\?[\w=&%.-]*)?$/
const MAX_RETURN = 200

/** The signed-in customer, or a redirect to sign in and `undefined`. */
export async function requireCustomer(deps: PortalDeps, ctx: Context): Promise<CurrentSession | undefined> {
  const session = await deps.sessions.current(ctx, ACCOUNT_CLIENT)
  if (session) return session
  if (ctx.method !== 'GET' && ctx.method !== 'HEAD') throw new Refusal('not_signed_in')
  startSignIn(deps, ctx)
  return undefined
}

/** How long a proof counts for changing how one signs in, in seconds (MFA-27). */
export const FRESH_S = 300

/** Sends the browser to prove anew who the customer is, as strongly as `level`, and back to the page it came from. */
export function proveAgain(deps: PortalDeps, ctx: Context, level: Level): void {
  const claims = JSON.stringify({ id_token: { acr: { essential: true, value: level } } })
  startSignIn(deps, ctx, { max_age: String(FRESH_S), claims })
}

/** Sends the browser to the authorization endpoint, with a state that only this browser can bring back. */
function startSignIn(deps: PortalDeps, ctx: Context, asked: Readonly<Record<string, string>> = {}): void {
  // Two tabs at once share the cookie; what tells them apart is in the state.
  const browser = deps.cookies.read(ctx.req, stateCookie(deps)) || deps.random.bytes(32).toString('base64url')
  const salt = deps.random.bytes(12).toString('base64url')
  const here = ctx.req.url ?? ''
  const returnTo = Buffer.from(here.length <= MAX_RETURN && RETURN_TO.test(here) ? here : ACCOUNT_PATH).toString('base64url')
  deps.cookies.write(ctx.res, stateCookie(deps), browser, { maxAgeS: STATE_LIFE_S })
  const locales = queryOf(ctx.req).get('ui_locales')
  const query = new URLSearchParams({
    client_id: ACCOUNT_CLIENT,
    redirect_uri: `${deps.issuer}${CALLBACK_PATH}`,
    response_type: 'code',
    scope: 'openid',
    state: `${returnTo}.${salt}.${mac(deps, `state ${returnTo} ${salt} ${browser}`)}`,
    code_challenge: createHash('sha256')
      .update(verifier(deps, browser, salt))
      .digest('base64url'),
    code_challenge_method: 'S256',
    ...asked,
    ...(locales ? { ui_locales: locales } : {}),
  })
  ctx.redirect(`/authorize?${query}`)
  ctx.status = 303
}

/** The way back: checks the state, spends the code, and shows the page that was asked for. */
export async function finishSignIn(deps: PortalDeps, ctx: Context): Promise<void> {
  const query = queryOf(ctx.req)
  const [returnTo = '', salt = '', proof = ''] = (query.get('state') ?? '').split('.')
  const browser = deps.cookies.read(ctx.req, stateCookie(deps)) ?? ''
  const wanted = mac(deps, `state ${returnTo} ${salt} ${browser}`)
  if (browser === '' || !sameSecret(Buffer.from(proof), Buffer.from(wanted))) throw new Refusal('other_browser')
  if (query.get('error') === 'access_denied') return redirect(ctx, '/')
  const redeemed = await deps.redeemOwnCode({
    code: query.get('code') ?? '',
    client_id: ACCOUNT_CLIENT,
    redirect_uri: `${deps.issuer}${CALLBACK_PATH}`,
    code_verifier: verifier(deps, browser, salt),
  })
  if (!redeemed) throw new Refusal('expired')
  redirect(ctx, Buffer.from(returnTo, 'base64url').toString()) // what was written above: the state is authentic
}

function redirect(ctx: Context, path: string): void {
  ctx.redirect(path)
  ctx.status = 303
}

const stateCookie = ({ cookies }: PortalDeps): string => cookies.host('atrium_account')
const mac = ({ key }: PortalDeps, text: string): string => createHmac('sha256', key).update(text).digest('base64url')
/** PKCE's verifier follows from the browser's cookie, so that nothing is stored. */
const verifier = (deps: PortalDeps, browser: string, salt: string): string => mac(deps, `verifier ${salt} ${browser}`)
