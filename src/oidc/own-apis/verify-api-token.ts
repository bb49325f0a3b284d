import { hash } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type Provider from 'oidc-provider'
import { z } from 'zod'
import type { Client, Recipient } from '../../group/group.ts'
import { epochSeconds } from '../../ports/clock.ts'
import type { AccountId, ClientId } from '../../store/ids.ts'
import { pathOf } from '../../web/request-scope.ts'
import type { OidcDeps } from '../deps.ts'
import { presentedCertificate } from '../mtls/presented-certificate.ts'
import { inUnitOfWork, UnitOfWork } from '../storage/unit-of-work.ts'
import { type DpopProofs, PROOF_WINDOW_S } from './dpop-proof.ts'

/** Who calls one of our own APIs. */
export interface ApiCaller {
  readonly client: Client
  readonly recipient: Recipient
  /** What the token was given and the client is still registered for. */
  readonly scopes: ReadonlySet<string>
  /** For whom the client calls, and how they proved it; absent for a client that calls by itself. */
  readonly customer: { readonly accountId: AccountId; readonly acr: string | undefined; readonly auth_time: number | undefined } | undefined
}

export type ApiTokenRefusal = 'no_token' | 'invalid_request' | 'invalid_token' | 'invalid_dpop_proof' | 'use_dpop_nonce'

export type ApiTokenResult =
  | { readonly ok: true; readonly caller: ApiCaller; readonly scheme: 'Bearer' | 'DPoP' }
  | { readonly ok: false; readonly reason: ApiTokenRefusal; readonly scheme: 'Bearer' | 'DPoP' }

interface Deps extends Pick<OidcDeps, 'store' | 'clock' | 'group' | 'issuer' | 'isProxy'> {
  readonly proofs: DpopProofs
}

/** What of the engine's token models is read; both kinds have it. */
interface FoundToken {
  readonly clientId?: string | undefined
  readonly accountId?: string | undefined
  readonly aud?: string | string[] | undefined
  readonly scope?: string | undefined
  readonly jkt?: string | undefined
  readonly 'x5t#S256'?: string | undefined
  readonly extra?: object | undefined
}

const assuranceSchema = z.object({ acr: z.string().optional(), auth_time: z.number().optional() }).catch({})

/**
 * Finds out who calls one of our own APIs, by an opaque access token of this issuer that was made for that API (RFC 8707).
 *
 * The engine's `AccessToken.find` alone would not do (OIDC-4); ours reads grant, session and account with the token, so that one whose grant was
 * revoked, whose session ended or whose account was locked is not found. A client that was taken out of the group, or has lost a scope, has lost
 * it here at once. A token bound to a key or certificate is of no use without it (OIDC-25, OIDC-29).
 *
 * @param resource the API's own indicator: a token for another one is no token here (SEC-15)
 */
export async function verifyApiToken(deps: Deps, provider: Provider, req: IncomingMessage, resource: string): Promise<ApiTokenResult> {
  const presented = presentedToken(req)
  if ('reason' in presented) return { ok: false, ...presented }
  const { scheme, token } = presented
  const refused = (reason: ApiTokenRefusal) => ({ ok: false as const, reason, scheme })
  const work = new UnitOfWork()
  return inUnitOfWork(work, async () => {
    const found: FoundToken | undefined = (await provider.AccessToken.find(token)) ?? (await provider.ClientCredentials.find(token))
    const client = found?.clientId === undefined ? undefined : deps.group().clients.get(found.clientId as ClientId) // stored by us
    const recipient = client && deps.group().recipients.get(client.recipient)
    if (!found || !client || !recipient || found.aud !== resource) return refused('invalid_token')
    if ((found.jkt === undefined) !== (scheme === 'Bearer')) return refused('invalid_token')
    if (found['x5t#S256'] !== undefined && found['x5t#S256'] !== certificateOf(deps, req)) return refused('invalid_token')
    if (found.jkt !== undefined) {
      const bound = await verifyBinding(deps, provider, req, { token, jkt: found.jkt, clientId: client.id, work })
      if (bound !== 'ok') return refused(bound)
    }
    return { ok: true as const, scheme, caller: callerOf(found, client, recipient) }
  })
}

function callerOf({ scope, accountId, extra }: FoundToken, client: Client, recipient: Recipient): ApiCaller {
  const { acr, auth_time } = assuranceSchema.parse(extra)
  return {
    client,
    recipient,
    scopes: new Set((scope ?? '').split(' ').filter((each) => client.scopes.includes(each))),
    customer: accountId === undefined ? undefined : { accountId: accountId as AccountId, acr, auth_time }, // stored by us
  }
}

/** One way to send a token: nothing in the address or the body is looked at. The guard of all requests lets the header come once only. */
function presentedToken({
  headers,
}: IncomingMessage): { scheme: 'Bearer' | 'DPoP'; token: string } | { scheme: 'Bearer' | 'DPoP'; reason: ApiTokenRefusal } {
  const [scheme = '', token = '', ...more] = (headers.authorization ?? '').split(' ')
  if (/^dpop$/i.test(scheme) && token !== '' && more.length === 0) return { scheme: 'DPoP', token }
  if (/^bearer$/i.test(scheme) && token !== '' && more.length === 0) return { scheme: 'Bearer', token }
  return { scheme: 'Bearer', reason: /^(?:dpop|bearer)$/i.test(scheme) ? 'invalid_request' : 'no_token' }
}

const certificateOf = ({ isProxy }: Deps, req: IncomingMessage): string | undefined => {
  const shown = isProxy(req) ? presentedCertificate(req) : undefined
  return shown && hash('sha256', shown.certificate.x509.raw, 'base64url')
}

interface Binding {
  readonly token: string
  readonly jkt: string
  readonly clientId: ClientId
  readonly work: UnitOfWork
}

/** The proof is right, by the token's key, and comes for the first time: of many that arrive at once one is let in, on whatever node. */
async function verifyBinding(
  deps: Deps,
  provider: Provider,
  req: IncomingMessage,
  { token, jkt, clientId, work }: Binding,
): Promise<'ok' | Exclude<ApiTokenRefusal, 'no_token' | 'invalid_request'>> {
  const { dpop } = req.headers
  if (typeof dpop !== 'string') return 'invalid_token'
  const request = { method: req.method ?? '', url: `${deps.issuer}${pathOf(req)}`, token }
  const proof = await deps.proofs.verify(dpop, request)
  if (!proof.ok) return proof.reason
  if (proof.jkt !== jkt) return 'invalid_token'
  const until = epochSeconds(deps.clock()) + 2 * PROOF_WINDOW_S // a proof from a clock that is ahead is good for as long
  const isNew = await provider.ReplayDetection.unique(clientId, proof.jti, until)
  return isNew && (await work.flush(deps.store.pool)).length === 0 ? 'ok' : 'invalid_token'
}
