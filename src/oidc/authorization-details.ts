import { type AuthorizationDetail, errors, type KoaContextWithOIDC } from 'oidc-provider'
import { z } from 'zod'
import type { Client, Group, Need } from '../group/group.ts'
import type { Clock } from '../ports/clock.ts'
import type { Sharing } from '../sharing/index.ts'
import type { Store } from '../store/db.ts'
import type { AccountId, AttributeName, ClientId } from '../store/ids.ts'

export interface DetailsDeps {
  readonly store: Store
  readonly sharing: Sharing
  readonly clock: Clock
  readonly group: Group
  readonly issuer: string
}

/** Where attributes are read, and what tokens with authorization details are for unless a request names another resource. */
const attributesResource = (issuer: string): string => `${issuer}/customers`

/** `attribute_access` (contract: Rich authorization requests). Strict: a member nobody knows might be one that was meant to narrow. */
const detailSchema = z.strictObject({
  type: z.literal('attribute_access'),
  purpose: z.string().max(100),
  attributes: z
    .array(z.string().max(100))
    .min(1)
    .max(100)
    .refine((names) => new Set(names).size === names.length),
  duration_s: z.int().min(1).max(315_360_000).optional(),
})
type Detail = z.infer<typeof detailSchema>

/** More in one request is nobody's intent; a client has 50 purposes at most. */
const MOST_DETAILS = 50
const detailsSchema = z.array(detailSchema).max(MOST_DETAILS)

/** Rich authorization requests (RFC 9396) as oidc-provider asks for them. */
export function authorizationDetails({ store, sharing, clock, group, issuer }: DetailsDeps) {
  const clientOf = (id: unknown): Client => {
    const client = group.clients.get(id as ClientId) // client ids come from the group
    if (!client) throw new TypeError('a client that is not in the group')
    return client
  }

  /** What of the details asked for the customer shares at this moment: never more, and no longer than shared. */
  async function granted(client: Client, accountId: unknown, asked: readonly Detail[]): Promise<Detail[] | undefined> {
    const details: Detail[] = []
    for (const detail of asked) {
      const need = needFor(client, detail)
      if (!need || typeof accountId !== 'string') continue // the registration may be narrower than it was when the details were asked for
      const at = { recipient: client.recipient, purpose: need.purpose }
      const shared = await sharing.sharedFor(store.db, accountId as AccountId, at) // oidc-provider hands back what was stored
      const live = narrowed(detail, shared, clock())
      if (live) details.push(live)
    }
    return details.length > 0 ? details : undefined
  }

  return {
    types: {
      attribute_access: {
        validate: async (ctx: KoaContextWithOIDC, detail: AuthorizationDetail, { clientId }: { clientId: string }): Promise<void> => {
          const problem = detailProblem(clientOf(clientId), detail)
          if (problem) throw new errors.InvalidAuthorizationDetails(problem)
          if (countOf(ctx) > MOST_DETAILS) throw new errors.InvalidAuthorizationDetails('too many details')
        },
      },
    },

    /** A code remembers what was asked for; what of it is granted is looked up whenever somebody wants to know. */
    authorizationDetailsForGrantSource: async (ctx: KoaContextWithOIDC) => requested(ctx),

    async authorizationDetailsForAccessToken(
      ctx: KoaContextWithOIDC,
      token: { readonly accountId?: unknown; readonly aud?: unknown },
      source: { readonly rar?: unknown } | undefined,
    ) {
      const client = clientOf(ctx.oidc.client?.clientId)
      const before = detailsSchema.parse(source?.rar ?? [])
      const asked = ctx.oidc.params?.authorization_details === undefined ? before : requested(ctx)
      if (!asked.every((detail) => before.some((wider) => isWithin(detail, wider))))
        throw new errors.InvalidAuthorizationDetails('more than was authorized') // RFC 9396 §6; and a client alone has no customer
      // A brand's own API learns nothing about what is shared with whom.
      const isOurs = token.aud === undefined || token.aud === attributesResource(issuer)
      return isOurs ? granted(client, token.accountId, asked) : undefined
    },

    authorizationDetailsForIntrospection: async (
      _ctx: KoaContextWithOIDC,
      token: { readonly clientId?: string | undefined; readonly accountId?: unknown; readonly rar?: unknown },
    ) => granted(clientOf(token.clientId), token.accountId, detailsSchema.parse(token.rar ?? [])),

    /** RFC 9396 wants a resource for every request with details (oidc-provider insists); this is the one they are about. */
    defaultResource: (ctx: KoaContextWithOIDC, _client: unknown, oneOf?: readonly string[]): string | readonly string[] | undefined =>
      oneOf ?? (ctx.oidc.params?.authorization_details === undefined ? undefined : attributesResource(issuer)),
  }
}

/** What the request asks for; oidc-provider has had each detail validated by then. */
const requested = (ctx: KoaContextWithOIDC): Detail[] => detailsSchema.parse(sent(ctx))

const countOf = (ctx: KoaContextWithOIDC): number => z.array(z.unknown()).parse(sent(ctx)).length

function sent({ oidc }: KoaContextWithOIDC): unknown {
  const text: unknown = oidc.params?.authorization_details
  return typeof text === 'string' ? JSON.parse(text) : []
}

const needFor = (client: Client, { purpose }: Pick<Detail, 'purpose'>): Need | undefined =>
  client.needs.find((need) => need.purpose === purpose)

/** Why this client can't ask for that, in words for its developer. */
function detailProblem(client: Client, detail: unknown): string | undefined {
  const parsed = detailSchema.safeParse(detail)
  if (!parsed.success) return 'attribute_access has the members purpose, attributes and duration_s'
  const need = needFor(client, parsed.data)
  if (!need) return 'the client is not registered for this purpose'
  const registered = new Set<string>(need.attributes.map(({ name }) => name))
  if (!parsed.data.attributes.every((name) => registered.has(name))) return 'the client is not registered for these attributes'
  const { maxDurationS } = need
  if (maxDurationS !== undefined && (parsed.data.duration_s ?? Number.POSITIVE_INFINITY) > maxDurationS)
    return `duration_s must be there, and at most ${maxDurationS}`
  return undefined
}

/** The part of a detail that is shared now. Its duration is what was asked for, or less where a grant ends before. */
function narrowed(detail: Detail, shared: ReadonlyMap<AttributeName, Date | null>, now: Date): Detail | undefined {
  const attributes = detail.attributes.filter((name) => shared.has(name as AttributeName)) // a name nobody shares is not found
  if (attributes.length === 0) return undefined
  const ends = attributes.flatMap((name) => shared.get(name as AttributeName) ?? [])
  const rest = ends.map((end) => Math.max(1, Math.floor((end.getTime() - now.getTime()) / 1000)))
  const { duration_s, ...same } = detail
  const durations = [...rest, ...(duration_s === undefined ? [] : [duration_s])]
  return { ...same, attributes, ...(durations.length > 0 && { duration_s: Math.min(...durations) }) }
}

const isWithin = (inner: Detail, outer: Detail): boolean =>
  inner.purpose === outer.purpose &&
  inner.attributes.every((name) => outer.attributes.includes(name)) &&
  (inner.duration_s ?? Number.POSITIVE_INFINITY) <= (outer.duration_s ?? Number.POSITIVE_INFINITY)
