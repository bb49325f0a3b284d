import { randomBytes } from 'node:crypto'
import * as oidc from 'openid-client'
import { type LogoutSubject, verifyLogoutToken } from './logout-token.ts'
import { Memory } from './memory.ts'
import {
  errorCode,
  isTokenRefused,
  lazyProvider,
  ProviderUnreachable,
  type Registration,
  redeemCode,
  type Tokens,
  userInfo,
} from './provider.ts'

/** Who is signed in, as of this moment. */
export interface Visitor {
  readonly claims: oidc.UserInfoResponse
  /** Belongs into every form that changes something. */
  readonly csrf: string
}

export type SignInResult =
  | { readonly ok: true; readonly sessionId: string }
  | { readonly ok: false; readonly reason: 'unknown_state' | 'declined' | 'failed'; readonly code?: string }

export type LogoutResult = { readonly ok: true; readonly ended: number } | { readonly ok: false; readonly reason: string }

/** A sign-in under way: what the answer is checked against, and the browser it belongs to. */
interface SignIn {
  readonly browser: string
  readonly nonce: string
  readonly codeVerifier: string
}

type Session = Tokens & { readonly csrf: string }

const MINUTE = 60_000

/** 256 random bits, safe in cookies and URLs. */
export const randomId = (): string => randomBytes(32).toString('base64url')

/**
 * One shop's side of OpenID Connect: authorization code flow with PKCE, state and nonce, userinfo, and sign-out in both directions.
 * Knows sessions and tokens, but nothing of HTTP servers or pages.
 */
export class RelyingParty {
  readonly #signIns = new Memory<SignIn>({ max: 10_000, idleMs: 10 * MINUTE })
  readonly #sessions = new Memory<Session>({ max: 10_000, idleMs: 8 * 60 * MINUTE })
  readonly #spentLogouts = new Memory<true>({ max: 10_000, idleMs: Number.POSITIVE_INFINITY })
  readonly #registration: Registration
  readonly #origin: string
  readonly #provider: ReturnType<typeof lazyProvider>

  /** @param origin where the shop is served, without a path: `http://localhost:3001` */
  constructor(registration: Registration, origin: string) {
    this.#registration = registration
    this.#origin = origin
    this.#provider = lazyProvider(registration)
  }

  /** Where to send the browser to sign in; `extra` joins the authorization request (`{ prompt: 'create' }`). */
  async begin(browser: string, extra: Readonly<Record<string, string>>): Promise<URL> {
    const { config } = await this.#provider()
    const [state, nonce, codeVerifier] = [oidc.randomState(), oidc.randomNonce(), oidc.randomPKCECodeVerifier()]
    this.#signIns.set(state, { browser, nonce, codeVerifier })
    return oidc.buildAuthorizationUrl(config, {
      ...extra,
      redirect_uri: `${this.#origin}/callback`,
      scope: this.#registration.scope,
      state,
      nonce,
      code_challenge: await oidc.calculatePKCECodeChallenge(codeVerifier),
      code_challenge_method: 'S256',
    })
  }

  /** Redeems the answer a browser brought back. It counts once, in the browser that asked, within ten minutes. */
  async complete(browser: string | undefined, callback: URL): Promise<SignInResult> {
    const state = callback.searchParams.get('state') ?? ''
    const signIn = this.#signIns.take(state)
    if (!signIn || signIn.browser !== browser) return { ok: false, reason: 'unknown_state' }
    const provider = await this.#provider()
    try {
      const checks = { expectedState: state, expectedNonce: signIn.nonce, pkceCodeVerifier: signIn.codeVerifier }
      const tokens = await redeemCode(provider, callback, checks)
      const sessionId = randomId() // a new one at every sign-in: an id planted beforehand is worth nothing
      this.#sessions.set(sessionId, { ...tokens, csrf: randomId() })
      return { ok: true, sessionId }
    } catch (error) {
      const code = errorCode(error)
      return { ok: false, reason: code === 'access_denied' ? 'declined' : 'failed', code }
    }
  }

  /** Who is signed in, asked afresh. A session that the provider no longer honours ends here. */
  async visitor(sessionId: string): Promise<Visitor | undefined> {
    const session = this.#sessions.get(sessionId)
    if (!session) return undefined
    try {
      return { claims: await userInfo(await this.#provider(), session), csrf: session.csrf }
    } catch (cause) {
      if (!isTokenRefused(cause)) throw new ProviderUnreachable('userinfo did not come', { cause })
      this.forget(sessionId)
      return undefined
    }
  }

  /**
   * Ends the session here. The URL then ends it at the provider, which tells every other shop.
   *
   * @param csrf what the form carried: another site can make the browser send a form, but not know this
   */
  async signOut(sessionId: string, csrf: string): Promise<URL | 'no_session' | 'wrong_csrf'> {
    const session = this.#sessions.get(sessionId)
    if (!session) return 'no_session'
    if (session.csrf !== csrf) return 'wrong_csrf'
    this.forget(sessionId)
    const { config } = await this.#provider()
    const back = { post_logout_redirect_uri: `${this.#origin}/`, state: 'signed_out' }
    return oidc.buildEndSessionUrl(config, { ...back, id_token_hint: session.idToken })
  }

  /** Ends the session here only. */
  forget(sessionId: string): void {
    this.#sessions.take(sessionId)
  }

  /** Ends the sessions that a logout token of the provider names. A token counts once. */
  async backchannelLogout(token: string): Promise<LogoutResult> {
    const { issuer, clientId } = this.#registration
    const { keys } = await this.#provider()
    const result = await verifyLogoutToken(token, { issuer, clientId, keys }).catch((cause: unknown) => {
      throw new ProviderUnreachable('the provider’s keys did not come', { cause })
    })
    if (!result.ok) return result
    if (this.#spentLogouts.get(result.jti)) return { ok: false, reason: 'replayed' }
    this.#spentLogouts.set(result.jti, true)
    return { ok: true, ended: this.#sessions.forget((session) => isNamed(session, result.ended)) }
  }
}

/** `sid` names one session, `sub` alone all of that customer's. */
function isNamed(session: Session, { sub, sid }: LogoutSubject): boolean {
  if (sid === undefined || session.sid === undefined) return session.sub === sub
  return session.sid === sid && (sub === undefined || session.sub === sub)
}
