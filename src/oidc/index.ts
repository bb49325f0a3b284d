/**
 * The door of OpenID Connect: panva's oidc-provider configured from the group, its storage, and the seams to journey, sharing and events.
 *
 * Has no rules of its own: who is asked what is the journey's, what may leave is sharing's. What the library does is switched on, not rewritten.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Context } from 'koa'
import type Provider from 'oidc-provider'
import type { Interactions } from '../journey/index.ts'
import type { AccountId } from '../store/ids.ts'
import { answerInProtocolForm } from './answer-refusal.ts'
import type { OidcDeps } from './deps.ts'
import { type Documents, keepDocuments } from './documents.ts'
import { createGroupSessions, type GroupSessions } from './group-sessions.ts'
import { createInteractions } from './interactions.ts'
import { createDpopProofs, DPOP_ALGS } from './own-apis/dpop-proof.ts'
import { type ApiTokenResult, verifyApiToken } from './own-apis/verify-api-token.ts'
import { redirectToGet } from './post-as-get.ts'
import { buildProvider, ROUTES } from './provider.ts'
import { redeemOwnCode } from './redeem-own-code.ts'
import { deliverBackchannelLogout, type LogoutEvent } from './sign-out.ts'
import { withUnitOfWork } from './transaction.ts'

export type { OidcDeps } from './deps.ts'
export type { CurrentSession, GroupSessions, ListedSession } from './group-sessions.ts'
export type { ApiCaller, ApiTokenRefusal, ApiTokenResult } from './own-apis/verify-api-token.ts'
export { ROUTES } from './provider.ts'
export { inviteClient } from './registration/index.ts'
export { signingKeyRules } from './signing-key-rules.ts'
export { inUnitOfWork, UnitOfWork } from './storage/unit-of-work.ts'

/** The protocol's endpoints, and what the rest of Atrium asks of them. */
export interface Oidc {
  /** The template of a path among the protocol's endpoints; undefined for any other path. */
  routeOf(path: string): string | undefined
  /** Answers a request to one of them without the app around. False: it is none of theirs, or one for {@link Oidc.handle}. */
  answer(req: IncomingMessage, res: ServerResponse, path: string): boolean
  /** Answers what the engine itself does not. */
  handle(ctx: Context): Promise<void>
  /** Answers a request to one of them that was refused before the engine saw it: in the protocol's form, or by a page where browsers are sent. */
  answerError(ctx: Context, error: unknown): void
  readonly interactions: Interactions
  readonly sessions: GroupSessions
  /** Redeems a code of Atrium's own pages without a request to ourselves. False when it is not theirs, was used, or expired. */
  redeemOwnCode(request: { code: string; client_id: string; redirect_uri: string; code_verifier: string }): Promise<boolean>
  /** Who calls one of our own APIs, by the token the request brings for it. `resource`: the path of the API's resource indicator (`/customers`). */
  verifyApiToken(req: IncomingMessage, resource: string): Promise<ApiTokenResult>
  /** What our own APIs tell clients about proofs: how they may be signed, and the nonce for whose clock is wrong. */
  readonly dpop: { readonly algs: readonly string[]; nonce(): string }
  /** Sends one logout token; throws when the brand did not take it. */
  deliverLogout(event: LogoutEvent): Promise<void>
  /** Builds the engine anew after the group or the keys changed. Requests under way keep the one they have. */
  rebuild(): void
}

const DOCUMENTS: ReadonlySet<string> = new Set([
  ROUTES.jwks,
  '/.well-known/openid-configuration',
  '/.well-known/oauth-authorization-server',
])

/** The endpoints and what each may be called with. */
const METHODS: ReadonlyMap<string, string> = new Map<string, string>([
  ...[ROUTES.token, ROUTES.introspection, ROUTES.revocation, ROUTES.pushed_authorization_request, ROUTES.registration].map(
    (path) => [path, 'POST'] as const,
  ),
  ...[ROUTES.authorization, ROUTES.end_session, ROUTES.userinfo].map((path) => [path, 'GET, HEAD, POST'] as const),
  ...DOCUMENTS.values().map((path) => [path, 'GET, HEAD'] as const),
])

/** Endpoints that other sites send browsers to. */
const FOR_BROWSERS: ReadonlySet<string> = new Set([ROUTES.authorization, ROUTES.end_session])

/** The protocol engine, built anew whenever the group or the signing keys change. */
export function createOidc(deps: OidcDeps, answerError: (ctx: Context, error: unknown) => void): Oidc {
  const below = [ROUTES.authorization, ROUTES.end_session, ROUTES.registration].map((path) => `${path}/`)

  const proofs = createDpopProofs({ key: deps.vault.derive('dpop_nonce_own_apis'), clock: deps.clock })
  const sessions = createGroupSessions(deps, () => engine.provider)
  let engine = build()

  function build(): { provider: Provider; documents: Documents; answer: ReturnType<Provider['callback']> } {
    const provider = buildProvider(deps)
    const onSignIn = (accountId: AccountId, uid: string) => sessions.endOldest(accountId, uid)
    withUnitOfWork(provider, deps, { answerError, methodsAt: (path) => METHODS.get(path), onSignIn })
    const documents = keepDocuments(provider, DOCUMENTS)
    return { provider, documents, answer: provider.callback() }
  }

  function routeOf(path: string): string | undefined {
    if (METHODS.has(path)) return path
    const prefix = below.find((start) => path.startsWith(start))
    return prefix && `${prefix}:step`
  }

  return {
    routeOf,
    answer(req, res, path) {
      if (engine.documents.answer(req, res, path)) return true
      if (routeOf(path) === undefined || (req.method === 'POST' && FOR_BROWSERS.has(path))) return false
      void engine.answer(req, res)
      return true
    },
    handle: redirectToGet,
    answerError: (ctx, error) => answerInProtocolForm(ctx, error, answerError),
    interactions: createInteractions(deps, () => engine.provider),
    sessions,
    redeemOwnCode: (request) => redeemOwnCode(deps, engine.provider, request),
    verifyApiToken: (req, path) => verifyApiToken({ ...deps, proofs }, engine.provider, req, `${deps.issuer}${path}`),
    dpop: { algs: DPOP_ALGS, nonce: () => proofs.nonce() },
    deliverLogout: (event) => deliverBackchannelLogout(engine.provider, event),
    rebuild: () => {
      engine = build()
    },
  }
}
