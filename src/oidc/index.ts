/**
 * The door of OpenID Connect: panva's oidc-provider configured from the group, its storage, and the seams to journey, sharing and events.
 *
 * Has no rules of its own: who is asked what is the journey's, what may leave is sharing's. What the library does is switched on, not rewritten.
 */
import type { Context } from 'koa'
import type Provider from 'oidc-provider'
import type { Interactions } from '../journey/index.ts'
import type { OidcDeps } from './deps.ts'
import { createGroupSessions, type GroupSessions } from './group-sessions.ts'
import { createInteractions } from './interactions.ts'
import { buildProvider, ROUTES } from './provider.ts'
import { redeemOwnCode } from './redeem-own-code.ts'
import { deliverBackchannelLogout, type LogoutEvent } from './sign-out.ts'
import { withUnitOfWork } from './transaction.ts'

export type { OidcDeps } from './deps.ts'
export type { CurrentSession, GroupSessions, ListedSession } from './group-sessions.ts'
export { ROUTES } from './provider.ts'
export { inUnitOfWork, UnitOfWork } from './storage/unit-of-work.ts'

export interface Oidc {
  /** Whether a path belongs to the protocol's endpoints. */
  owns(path: string): boolean
  /** Answers a request at one of them. */
  handle(ctx: Context): Promise<void>
  readonly interactions: Interactions
  readonly sessions: GroupSessions
  /** Redeems a code of Atrium's own pages without a request to ourselves. False when it is not theirs, was used, or expired. */
  redeemOwnCode(request: { code: string; client_id: string; redirect_uri: string; code_verifier: string }): Promise<boolean>
  /** Sends one logout token; throws when the brand did not take it. */
  deliverLogout(event: LogoutEvent): Promise<void>
  /** Builds the engine anew after the group or the keys changed. Requests under way keep the one they have. */
  rebuild(): void
}

/** The endpoints and what each may be called with. */
const METHODS: ReadonlyMap<string, string> = new Map<string, string>([
  ...[ROUTES.token, ROUTES.introspection, ROUTES.revocation, ROUTES.pushed_authorization_request].map((path) => [path, 'POST'] as const),
  ...[ROUTES.authorization, ROUTES.end_session, ROUTES.userinfo].map((path) => [path, 'GET, HEAD, POST'] as const),
  ...[ROUTES.jwks, '/.well-known/openid-configuration', '/.well-known/oauth-authorization-server'].map(
    (path) => [path, 'GET, HEAD'] as const,
  ),
])

export function createOidc(deps: OidcDeps, answerError: (ctx: Context, error: unknown) => void): Oidc {
  const below = [ROUTES.authorization, ROUTES.end_session].map((path) => `${path}/`)

  let engine = build()

  function build(): { provider: Provider; answer: ReturnType<Provider['callback']> } {
    const provider = buildProvider(deps)
    withUnitOfWork(provider, deps, { answerError, methodsAt: (path) => METHODS.get(path) })
    return { provider, answer: provider.callback() }
  }

  return {
    owns: (path) => METHODS.has(path) || below.some((prefix) => path.startsWith(prefix)),
    async handle(ctx) {
      ctx.respond = false
      await engine.answer(ctx.req, ctx.res)
    },
    interactions: createInteractions(deps, () => engine.provider),
    sessions: createGroupSessions(deps, () => engine.provider),
    redeemOwnCode: (request) => redeemOwnCode(deps, engine.provider, request),
    deliverLogout: (event) => deliverBackchannelLogout(engine.provider, event),
    rebuild: () => {
      engine = build()
    },
  }
}
