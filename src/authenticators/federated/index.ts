/**
 * Owns signing in at somebody else's provider: the requests that are under way, what their answers prove, and which identity is whose.
 *
 * Does not own who is offered which provider (group), what follows from a proof (journey), nor the pages.
 */
import type { IdentityProvider } from '../../group/group.ts'
import type { Clock } from '../../ports/clock.ts'
import type { GuardedFetch } from '../../ports/guarded-fetch.ts'
import type { Random } from '../../ports/random.ts'
import type { Db } from '../../store/db.ts'
import { type AccountId, isUuid } from '../../store/ids.ts'
import { sha256, type Vault } from '../../vault/index.ts'
import { type FederatedIdentity, identityOf } from './identity.ts'
import { createProviderClients } from './provider-clients.ts'
import { type RedeemRefusal, redeem } from './redeem.ts'
import { answerSchema, authorizationUrl, callbackPath, type FederatedRequest, type ProviderAnswer, requestSchema } from './requests.ts'
import {
  deleteExpiredRequests,
  deleteLink,
  findLinked,
  findRequest,
  insertLink,
  insertRequest,
  keepAnswer,
  type LinkPart,
  listLinks,
  recordLinkUse,
  spendAnswer,
} from './store.ts'

export { type FederatedIdentity, federatedIdentitySchema } from './identity.ts'
export { callbackPath } from './requests.ts'

/** Where a request begins, and where its answer goes. */
export interface FederatedAsk {
  readonly place: string
  readonly returnTo: string
  /** Whose pages the customer is on. */
  readonly recipient: string
  readonly locale: string
  /** Whether the provider is to prove the customer anew. */
  readonly fresh: boolean
}

export type BegunFederated =
  /** `remember` belongs into the transaction before the browser is sent to `href`. */
  | { readonly ok: true; readonly href: string; readonly remember: (tx: Db) => Promise<void> }
  | { readonly ok: false; readonly reason: 'unavailable' }

export type FederatedRefusal = RedeemRefusal | 'spent' | 'unusable' | 'not_allowed' | 'not_fresh'
export type FederatedAnswer =
  | { readonly ok: true; readonly identity: FederatedIdentity; readonly at: Date }
  | { readonly ok: false; readonly reason: FederatedRefusal; readonly provider?: string }

/** An identity of an account, as its owner sees it. */
export interface ListedLink extends Pick<LinkPart, 'provider' | 'issuer'> {
  readonly id: string
  /** The address there when it was linked. */
  readonly address: string | undefined
  readonly createdAt: Date
  readonly lastUsedAt: Date | undefined
}

export interface Federated {
  begin(provider: IdentityProvider, ask: FederatedAsk): Promise<BegunFederated>
  /** Keeps what came to the provider's callback. Where the browser goes on; undefined for what was never asked of this provider, or is over. */
  receive(db: Db, providerKey: string, answer: unknown): Promise<Pick<FederatedRequest, 'return_to' | 'recipient' | 'locale'> | undefined>
  /** Spends the answer to a request of this place, and redeems it. `providerOf` gives only providers that may be used here, now (SEC-68). */
  finish(
    db: Db,
    asked: { readonly state: string; readonly place: string; readonly providerOf: (key: string) => IdentityProvider | undefined },
  ): Promise<FederatedAnswer>
  /** Whose identity that is. */
  find(db: Db, identity: FederatedIdentity): Promise<{ readonly accountId: AccountId; readonly id: string } | undefined>
  /** False: the identity is an account's already. */
  link(tx: Db, accountId: AccountId, identity: FederatedIdentity): Promise<boolean>
  /** False: the link is gone. */
  recordUse(tx: Db, accountId: AccountId, id: string): Promise<boolean>
  list(db: Db, accountId: AccountId): Promise<readonly ListedLink[]>
  unlink(tx: Db, accountId: AccountId, id: string): Promise<boolean>
  /** Removes requests that nobody answered. Returns how many. */
  sweep(db: Db, now: Date): Promise<number>
}

interface Deps {
  readonly vault: Vault
  readonly clock: Clock
  readonly random: Random
  readonly fetch: GuardedFetch
  readonly issuer: string
}

/** A sign-in elsewhere may take finding a password there. */
const REQUEST_LIFE_S = 1_800
/** Two clocks. */
const SKEW_S = 60
/** As old as a proof is taken to be that the provider did not date and was not asked to renew: it may have been a session of last week. */
const UNDATED_AGE_S = 600
const SWEEP_AT_ONCE = 1_000

const REQUEST_FIELD = 'federated_requests.request_sealed'
const ANSWER_FIELD = 'federated_requests.answer_sealed'
const LABEL = 'authenticators.label_sealed'

const stateHash = (state: string): Buffer => sha256(`federated state ${state}`)

/** Identities are kept as keyed hashes: a provider's subject names a person to whoever has its list. */
export function createFederated({ vault, clock, random, fetch, issuer }: Deps): Federated {
  const clientOf = createProviderClients({ fetch, clock })
  const text = (): string => random.bytes(32).toString('base64url')
  const redirectUriOf = (key: string): string => `${issuer}${callbackPath(key)}`
  const hashOf = ({ issuer: at, subject }: FederatedIdentity): Buffer => vault.blindIndex('federated', `${at}\0${subject}`)
  const openRequest = async (sealed: Buffer): Promise<FederatedRequest> =>
    requestSchema.parse(JSON.parse(await vault.openSystem(REQUEST_FIELD, sealed)))

  async function finished(request: FederatedRequest, provider: IdentityProvider, answer: ProviderAnswer): Promise<FederatedAnswer> {
    const client = await clientOf(provider).catch(() => undefined)
    if (!client) return { ok: false, reason: 'unavailable' }
    const redeemed = await redeem(client, request, answer, redirectUriOf(provider.key))
    if (!redeemed.ok) return redeemed
    const provenAt = dateOf(request, redeemed.authTimeS, clock())
    if (!provenAt) return { ok: false, reason: 'not_fresh' }
    const found = identityOf(provider, redeemed.claims)
    return found.ok ? { ok: true, identity: found.identity, at: provenAt } : found
  }

  return {
    async begin(provider, { returnTo, ...ask }) {
      const request = {
        ...ask,
        return_to: returnTo,
        provider: provider.key,
        nonce: text(),
        verifier: text(),
        begun_at: clock().toISOString(),
      }
      const state = text()
      const client = await clientOf(provider).catch(() => undefined)
      const href = client && authorizationUrl(client, provider, request, { state, redirectUri: redirectUriOf(provider.key) })
      if (!href) return { ok: false, reason: 'unavailable' }
      const remember = async (tx: Db): Promise<void> => {
        const request_sealed = await vault.sealSystem(REQUEST_FIELD, JSON.stringify(request))
        const expires_at = new Date(clock().getTime() + REQUEST_LIFE_S * 1000)
        await insertRequest(tx, { state_hash: stateHash(state), request_sealed, expires_at })
      }
      return { ok: true, href, remember }
    },

    async receive(db, providerKey, came) {
      const answer = answerSchema.safeParse(came)
      if (!answer.success) return undefined
      const hash = stateHash(answer.data.state)
      const sealed = await findRequest(db, hash, clock())
      const request = sealed && (await openRequest(sealed))
      if (request?.provider !== providerKey) return undefined // another's answer (SEC-67)
      await keepAnswer(db, hash, await vault.sealSystem(ANSWER_FIELD, JSON.stringify(answer.data)))
      return request
    },

    async finish(db, { state, place, providerOf }) {
      const hash = stateHash(state)
      const sealed = await findRequest(db, hash, clock())
      // Of another place it is not spent: whoever holds an address must not end somebody's sign-in.
      if (!sealed || (await openRequest(sealed)).place !== place) return { ok: false, reason: 'spent' }
      const spent = await spendAnswer(db, hash, clock())
      if (!spent?.answer_sealed) return { ok: false, reason: 'spent' }
      const request = await openRequest(spent.request_sealed)
      const provider = providerOf(request.provider)
      const answer = answerSchema.parse(JSON.parse(await vault.openSystem(ANSWER_FIELD, spent.answer_sealed)))
      const result: FederatedAnswer = provider ? await finished(request, provider, answer) : { ok: false, reason: 'refused' }
      return result.ok ? result : { ...result, provider: request.provider }
    },

    async find(db, identity) {
      const found = await findLinked(db, hashOf(identity))
      return found && { accountId: found.account_id, id: found.authenticator_id }
    },

    async link(tx, accountId, identity) {
      const { provider, issuer: at, email } = identity
      const label = email === undefined ? null : await vault.seal(tx, accountId, LABEL, email)
      const part = { provider, issuer: at, identity: hashOf(identity).toString('base64') }
      return insertLink(tx, accountId, { id: random.uuid(), part, label, now: clock() })
    },

    recordUse: (tx, accountId, id) => recordLinkUse(tx, accountId, id, clock()),

    async list(db, accountId) {
      const stored = await listLinks(db, accountId)
      return Promise.all(
        stored.map(async ({ account_id, id, part, label_sealed, created_at, last_used_at }) => ({
          id,
          provider: part.provider,
          issuer: part.issuer,
          address: label_sealed ? await vault.open(db, account_id, LABEL, label_sealed) : undefined,
          createdAt: created_at,
          lastUsedAt: last_used_at ?? undefined,
        })),
      )
    },

    unlink: async (tx, accountId, id) => isUuid(id) && deleteLink(tx, accountId, id),
    sweep: (db, now) => deleteExpiredRequests(db, now, SWEEP_AT_ONCE),
  }
}

/**
 * When the customer proved themselves, as far as is known: by the provider's own date; at this moment, where it was asked for that; else long enough
 * ago not to count as fresh. Undefined: they were to prove themselves anew, and the date says they did not.
 */
function dateOf({ fresh, begun_at }: FederatedRequest, authTimeS: number | undefined, now: Date): Date | undefined {
  const undated = now.getTime() - UNDATED_AGE_S * 1000
  if (fresh) return authTimeS !== undefined && authTimeS * 1000 < Date.parse(begun_at) - SKEW_S * 1000 ? undefined : now
  return new Date(Math.min(now.getTime(), Math.max(undated, authTimeS === undefined ? undated : authTimeS * 1000)))
}
