import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createRemoteJWKSet, jwtVerify } from 'jose'
import { startTestApp } from '../harness/app.ts'
import { formsOn, HttpBrowser, type Shown } from '../harness/http-browser.ts'
import { ADA } from '../harness/shopper.ts'
import {
  authorizationRequest,
  authorize,
  confirmed,
  protocolOf,
  type Request,
  redemption,
  signInFrom,
  signUpFrom,
  type TestClient,
  type Tokens,
} from '../oidc/protocol.ts'

/** The relying party that the official suite is, as far as its plans need one: the same clients, requests and checks. */

/** Where the suite runs according to `suite/group.yaml`. */
const SUITE = 'https://localhost.emobix.co.uk:8443'

/** What Ada fills in, so that each scope has something to tell. */
export const PROFILE = {
  name: ADA.name,
  given_name: 'Ada',
  family_name: 'Lovelace',
  birthdate: '1815-12-10',
  phone_number: '+4917112345678',
  'address.street_address': 'Analytical Lane 1',
  'address.locality': 'Berlin',
}

/** What an authorization request came to: the parameters of the answer, or the page of Atrium's that was shown in its place. */
export interface Asked {
  readonly request: Request
  readonly page: Shown
  readonly answer: Readonly<Record<string, string>> | undefined
}

export type Plan = Awaited<ReturnType<typeof startPlan>>

interface PlanOptions {
  readonly mode?: 'query' | 'form_post'
  /** The suite's origin, where a test listens in its place. */
  readonly suite?: string
  /** Changes the group file. */
  readonly edit?: (yaml: string) => string
}

/** The whole app with the group of the plans and Ada's account. */
export async function startPlan(
  t: { after(hook: () => Promise<void>): void },
  { mode = 'query', suite = SUITE, edit = (yaml) => yaml }: PlanOptions = {},
) {
  const group = edit(readFileSync(new URL('suite/group.yaml', import.meta.url), 'utf8').replaceAll(SUITE, suite))
  const callback = `${suite}/test/a/atrium/callback`
  const first = { client_id: 'suite-first', secret: 'suite-first-secret-for-tests', redirect_uri: callback }
  const second = {
    client_id: 'suite-second',
    secret: 'suite-second-secret-for-tests',
    redirect_uri: `${callback}?dummy1=lorem&dummy2=ipsum`,
  }
  const app = await startTestApp(t, { group: () => group })
  const protocol = protocolOf(app)
  const keys = createRemoteJWKSet(new URL(`${app.issuer}/jwks`))
  const ada = await signUpWithProfile(app, first)

  const requestOf = (extra: Record<string, string | undefined>, client: TestClient = first): Request =>
    authorizationRequest(client, { ...(mode === 'form_post' && { response_mode: mode }), ...extra })

  /** An authorization request of this plan’s response mode, and where it leads. */
  async function ask(browser: HttpBrowser, extra: Record<string, string | undefined> = {}, client: TestClient = first): Promise<Asked> {
    const request = requestOf(extra, client)
    return asked(request, await confirmed(browser, await authorize(browser, request)))
  }

  function asked(request: Request, page: Shown): Asked {
    const [query, posted] = [queryAnswer(request, page), postedAnswer(request, page)]
    assert.equal((mode === 'form_post' ? query : posted) === undefined, true, 'answered in the mode that was asked for')
    const answer = query ?? posted
    if (answer) assert.equal(answer.iss, app.issuer)
    return { request, page, answer }
  }

  /** Signs in with the password where that is asked. */
  async function signedIn(browser: HttpBrowser, { request, page }: Asked): Promise<Asked> {
    return asked(request, await confirmed(browser, await signInFrom(browser, page)))
  }

  async function redeem({ request, answer }: Asked): Promise<Tokens> {
    assert.equal(answer?.state, request.params.state)
    const { status, body } = await protocol.token(request.client, redemption(request, answer?.code ?? ''))
    assert.equal(status, 200, JSON.stringify(body))
    return body
  }

  /** Claims of an ID token, verified as OpenID Connect Core §3.1.3.7 says. */
  async function idTokenOf({ id_token }: Tokens, { client, params }: Request) {
    const { payload, protectedHeader } = await jwtVerify(id_token!, keys, { issuer: app.issuer, audience: client.client_id })
    assert.equal(payload.nonce, params.nonce)
    return { claims: payload as Record<string, unknown> & { sub: string; auth_time: number }, header: protectedHeader }
  }

  return {
    ...app,
    ...protocol,
    first,
    second,
    postLogout: `${suite}/test/a/atrium/post_logout_redirect`,
    ask,
    signedIn,
    redeem,
    idTokenOf,
    /** The same by POST, as a form of the client’s would send it, with the parameters in another order than `ask` has. */
    async post(browser: HttpBrowser): Promise<Asked> {
      const request = requestOf({})
      const page = await browser.post('/authorize', Object.fromEntries(Object.entries(request.params).reverse()))
      return asked(request, await confirmed(browser, page))
    },
    /** A browser that is signed in, in a session that others have too. */
    ada: () => ada.copy(),
    stranger: () => new HttpBrowser(app.issuer),
    /** Claims of a silent or quick sign-in of a signed-in browser. */
    async claims(browser: HttpBrowser, extra: Record<string, string | undefined> = {}) {
      const done = await ask(browser, extra)
      return (await idTokenOf(await redeem(done), done.request)).claims
    },
    /** A browser with a session of its own. */
    async freshlySignedIn(): Promise<HttpBrowser> {
      const browser = new HttpBrowser(app.issuer)
      const done = await signedIn(browser, await ask(browser))
      assert.ok(done.answer?.code)
      return browser
    },
  }
}

function queryAnswer({ client }: Request, { url }: Shown): Record<string, string> | undefined {
  return url.href.startsWith(client.redirect_uri) ? Object.fromEntries(url.searchParams) : undefined
}

function postedAnswer({ client }: Request, page: Shown): Record<string, string> | undefined {
  return formsOn(page).find(({ action }) => action === client.redirect_uri)?.hidden
}

async function signUpWithProfile(app: Awaited<ReturnType<typeof startTestApp>>, client: TestClient): Promise<HttpBrowser> {
  const browser = new HttpBrowser(app.issuer)
  const done = await signUpFrom(app, browser, await authorize(browser, authorizationRequest(client)))
  assert.ok(done.url.searchParams.get('code'), `signed up (${done.name} ${done.status})`)
  const saved = await browser.submit(await confirmed(browser, await browser.open('/account/profile')), PROFILE)
  assert.equal(saved.name, 'account.profile')
  assert.match(saved.text, /role="status"/)
  return browser
}
