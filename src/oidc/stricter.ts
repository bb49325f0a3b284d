import { decodeProtectedHeader } from 'jose'
import type { KoaContextWithOIDC } from 'oidc-provider'
import { errors } from 'oidc-provider'
import { z } from 'zod'
import type { Client, Group } from '../group/group.ts'
import type { ClientId } from '../store/ids.ts'

type ProtocolError = InstanceType<typeof errors.OIDCProviderError>

/**
 * What the protocol engine lets pass and we do not. Asked after the engine has answered and before anything is written, so a refusal leaves
 * nothing behind.
 */
export function stricterRefusal(ctx: KoaContextWithOIDC, group: Group): ProtocolError | undefined {
  const { route } = ctx.oidc
  const known = ctx.oidc.client && group.clients.get(ctx.oidc.client.clientId as ClientId) // client ids come from the group
  return (
    oddParameters(ctx) ??
    foreignProofKey(ctx) ??
    (route === 'pushed_authorization_request' ? pushedTooLate(ctx) : undefined) ??
    (route === 'introspection' && known?.tokenEndpointAuthMethod === 'none' ? anonymousIntrospection() : undefined) ??
    (known && route === 'token' ? droppedScopes(ctx, known) : undefined)
  )
}

/** Object paths (`scope[]`, `__proto__`) are what a parser of another kind would take apart; no specification has such names (SEC-4). */
const ATTACK = /[[\]]|^(?:__proto__|constructor|prototype)(?:\.|$)/

/** A refusal of what no specification sends and some parser would stumble over. */
export function oddParameters(ctx: KoaContextWithOIDC): ProtocolError | undefined {
  const sent = Object.entries(['POST', 'PUT'].includes(ctx.method) ? (ctx.oidc.body ?? {}) : ctx.query)
  const understood = Object.entries(ctx.oidc.params ?? {}) // those of a request object too
  if (sent.some(([name]) => ATTACK.test(name))) return new errors.InvalidRequest('a parameter has a name that no specification knows')
  // PostgreSQL's text has no place for it, and no parameter has use for it.
  if (
    [...sent, ...understood].some(([name, value]) => [name, value].flat().some((part) => typeof part === 'string' && part.includes('\0')))
  )
    return new errors.InvalidRequest('a parameter contains a NUL')
  return undefined
}

/** OpenID Connect core §5.5 has four levels: where, which claim, `values`, the value, which may be an object. */
const CLAIMS_LEVELS = 8

/**
 * Refuses a `claims` parameter that is nested deeper than the stack on which the engine copies it (SEC-4).
 *
 * @throws InvalidRequest
 */
export function assertClaimsParameter(_ctx: KoaContextWithOIDC, claims: object): void {
  let level: unknown[] = [claims]
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > CLAIMS_LEVELS) throw new errors.InvalidRequest('claims parameter is nested too deeply')
    level = level.flatMap((value) => (typeof value === 'object' && value !== null ? Object.values(value) : []))
  }
}

const PROOF_ROUTES: readonly unknown[] = ['token', 'userinfo', 'pushed_authorization_request']

/** A proof names its key in `jwk` (RFC 9449 §4.2); an address of keys beside it means that somebody hopes we look there (OIDC-27). */
function foreignProofKey(ctx: KoaContextWithOIDC): ProtocolError | undefined {
  const proof = ctx.get('DPoP')
  if (proof === '' || !PROOF_ROUTES.includes(ctx.oidc.route)) return undefined // elsewhere nobody has looked at it
  const { jku, x5u } = decodeProtectedHeader(proof)
  return jku === undefined && x5u === undefined ? undefined : new errors.InvalidDpopProof('the header must not name an address of keys')
}

/** A request object that is over, but for the other clock's tolerance, would leave no time to open what was pushed. */
function pushedTooLate(ctx: KoaContextWithOIDC): ProtocolError | undefined {
  const { expires_in } = z.object({ expires_in: z.number().optional() }).parse(ctx.body)
  return expires_in !== undefined && expires_in <= 0 ? new errors.InvalidRequestObject('jwt expired') : undefined
}

/** The engine takes a public client's bare id for authentication here; RFC 7662 §2.1 wants the endpoint protected (OIDC-26). */
const anonymousIntrospection = (): ProtocolError => new errors.InvalidClientAuth('public clients introspect nothing')

/** For a client alone there is nobody to ask for less, so a scope that is not granted is an error and not left out (OIDC-18). */
function droppedScopes({ oidc }: KoaContextWithOIDC, client: Client): ProtocolError | undefined {
  const token = oidc.entities.ClientCredentials
  const asked: unknown = oidc.body?.scope // as it came: the engine has taken out of `params` what it drops
  if (!token || typeof asked !== 'string') return undefined
  const granted = new Set(token.scope?.split(' ').filter((scope) => client.scopes.includes(scope)))
  const dropped = asked.split(' ').filter((scope) => scope !== '' && !granted.has(scope))
  return dropped.length > 0 ? new errors.InvalidScope('requested scope is not allowed', dropped.join(' ')) : undefined
}
