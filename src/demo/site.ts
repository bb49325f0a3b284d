import type { IncomingMessage, RequestListener } from 'node:http'
import { type Answer, BadRequest, cookie, readCookie, readForm, redirect, send } from './http.ts'
import { type Message, messagePage, type Surroundings, shopPage, styleSheet } from './looks/page.ts'
import { errorCode, ProviderUnreachable } from './provider.ts'
import { RelyingParty, randomId } from './relying-party.ts'
import type { Shop } from './shop.ts'

/** Where a site reports: fields and one sentence, as pino takes them. Never a token, a code or personal data. */
export interface DemoLog {
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
}

/** A request at this site: where to, and what the browser's cookies say. */
interface Visit {
  readonly request: IncomingMessage
  readonly url: URL
  readonly sessionId: string
  readonly browser: string | undefined
}

type Route = (visit: Visit) => Answer | Promise<Answer>

/** Serves one shop: its pages, signing in and out, and the back channel. */
export function createSite(shop: Shop, origin: string, surroundings: Surroundings, log: DemoLog): RequestListener {
  const party = new RelyingParty({ ...shop, issuer: surroundings.issuer }, origin)
  const names = { session: `${shop.name}_session`, browser: `${shop.name}_sign_in` }
  const routes = createRoutes(shop, party, names, surroundings, log)
  const say = (status: number, kind: Message['kind']): Answer => ({ status, body: messagePage(shop, surroundings, { kind }) })

  const answer = async (request: IncomingMessage): Promise<Answer> => {
    const url = URL.parse(request.url ?? '/', origin)
    if (url?.origin !== origin) return say(400, 'bad_request')
    // At 127.0.0.1 the browser would not send the cookies that it got at localhost.
    if (request.headers.host !== url.host) return redirect(origin)
    const method = request.method === 'HEAD' ? 'GET' : request.method
    const route = routes[`${method} ${url.pathname}`]
    if (!route) return say(404, 'not_found')
    return route({ request, url, sessionId: readCookie(request, names.session) ?? '', browser: readCookie(request, names.browser) })
  }

  const apologise = (cause: unknown): Answer => {
    if (cause instanceof BadRequest) return say(cause.status, 'bad_request')
    if (cause instanceof ProviderUnreachable) {
      log.warn({ site: shop.name, code: errorCode(cause.cause) }, 'A demo site cannot reach its issuer')
      return { ...say(503, 'unreachable'), headers: { 'retry-after': '5' } }
    }
    log.warn({ site: shop.name, err: cause }, 'A demo site failed')
    return say(500, 'fault')
  }

  return async (request, response) => send(request, response, await answer(request).catch(apologise), surroundings.issuer)
}

function createRoutes(
  shop: Shop,
  party: RelyingParty,
  names: { readonly session: string; readonly browser: string },
  surroundings: Surroundings,
  log: DemoLog,
): Readonly<Record<string, Route>> {
  const say = (status: number, message: Message): Answer => ({ status, body: messagePage(shop, surroundings, message) })

  const begin = async ({ browser = randomId() }: Visit, extra: Readonly<Record<string, string>>): Promise<Answer> =>
    redirect(await party.begin(browser, extra), { 'set-cookie': cookie(names.browser, browser, { maxAgeS: 600 }) })

  return {
    async 'GET /'({ sessionId, url }) {
      const visitor = await party.visitor(sessionId)
      const justSignedOut = !visitor && url.searchParams.get('state') === 'signed_out'
      return { status: 200, body: shopPage(shop, surroundings, { visitor, justSignedOut }) }
    },

    'GET /sign-in': (visit) => begin(visit, {}),
    'GET /sign-up': (visit) => begin(visit, { prompt: 'create' }),

    async 'GET /callback'({ browser, sessionId, url }) {
      const result = await party.complete(browser, url)
      if (!result.ok) {
        log.info({ site: shop.name, reason: result.reason, code: result.code }, 'A sign-in at a demo site did not complete')
        return say(400, { kind: result.reason, code: result.code })
      }
      party.forget(sessionId)
      return redirect('/', { 'set-cookie': cookie(names.session, result.sessionId) })
    },

    async 'POST /sign-out'({ request, sessionId }) {
      const form = await readForm(request)
      const next = await party.signOut(sessionId, form.get('csrf') ?? '')
      if (next === 'wrong_csrf') return say(403, { kind: 'stale_form' })
      return redirect(next === 'no_session' ? '/' : next, { 'set-cookie': cookie(names.session, '', { maxAgeS: 0 }) })
    },

    async 'POST /backchannel-logout'({ request }) {
      const form = await readForm(request)
      const result = await party.backchannelLogout(form.get('logout_token') ?? '')
      if (result.ok) return { status: 200 }
      log.warn({ site: shop.name, reason: result.reason }, 'A demo site refused a logout token')
      return { status: 400, headers: { 'content-type': 'application/json' }, body: '{"error":"invalid_request"}' }
    },

    'GET /look.css': () => ({
      status: 200,
      headers: { 'content-type': 'text/css', 'cache-control': 'max-age=60' },
      body: styleSheet(shop),
    }),
    'GET /mark.svg': () => ({
      status: 200,
      headers: { 'content-type': 'image/svg+xml', 'cache-control': 'max-age=60' },
      body: shop.look.mark.markup,
    }),
  }
}
