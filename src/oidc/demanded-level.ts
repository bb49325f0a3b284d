import { errors, interactionPolicy, type KoaContextWithOIDC } from 'oidc-provider'
import { z } from 'zod'
import { ACR_LEVELS, type Client, type Level } from '../group/group.ts'
import { LEVELS } from '../journey/index.ts'

const { Check } = interactionPolicy

/** As lists to look any text up in. */
const known: readonly unknown[] = ACR_LEVELS
const reachable: readonly unknown[] = LEVELS

/** The reason of a prompt that only this check asked for. */
export const DEMANDED_LEVEL = 'demanded_level'
export const UNMET = 'the level of assurance asked for was not reached'

/**
 * The level of assurance a sign-in must reach, in place of oidc-provider's own checks: those know no order of levels, and send a customer who
 * cannot reach one to the sign-in page again and again. Three may demand one, and the strictest wins (MFA-23): the claim `acr` as essential (OIDC
 * core §5.5.1.1), `acr_values` or else the client's `default_acr_values`, and the client's registered minimum.
 *
 * Of several values the lowest is enough, and a higher level than asked for is too. A level that the proof just given does not reach, or that
 * nobody can reach here, is the client's error to handle.
 */
export const demandedLevel = (clientOf: (ctx: KoaContextWithOIDC) => Client | undefined) =>
  new Check(DEMANDED_LEVEL, UNMET, 'login_required', (ctx) => {
    const { oidc } = ctx
    const needed = placeDemanded(oidc.params ?? {}, clientOf(ctx))
    if (needed === undefined) return Check.NO_NEED_TO_PROMPT
    if (needed < reachable.length && known.indexOf(oidc.session?.acr) >= needed) return Check.NO_NEED_TO_PROMPT
    if (needed >= reachable.length || oidc.result?.login) throw new errors.UnmetAuthenticationRequirements(UNMET)
    return Check.REQUEST_PROMPT
  })

/** The level that an authorization request and its client demand together; undefined when neither does, or when nobody knows it. */
export function levelDemanded(params: Params, client: Client | undefined): Level | undefined {
  return LEVELS[placeDemanded(params, client) ?? LEVELS.length]
}

type Params = Readonly<Record<string, unknown>>

/** A place in the order of levels; past its end for what nobody knows. */
function placeDemanded(params: Params, client: Client | undefined): number | undefined {
  const essential = essentialValues(params)
  const wished = text(params.acr_values)?.split(' ') ?? client?.defaultAcrValues ?? []
  // Without "essential" a value that means nothing here is a wish that nobody can grant, and no reason to refuse (OIDC core §3.1.2.1).
  const understood = wished.filter((value) => known.includes(value))
  const demands = [
    ...(essential ? [lowest(essential)] : []),
    ...(understood.length > 0 ? [lowest(understood)] : []),
    ...(client?.minimumAcr ? [lowest([client.minimumAcr])] : []),
  ]
  return demands.length === 0 ? undefined : Math.max(...demands)
}

const lowest = (values: readonly unknown[]): number =>
  Math.min(...values.map((value) => known.indexOf(value)).filter((place) => place !== -1), known.length)

const text = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined)

const anything = z.unknown().optional()
const acrSchema = z.looseObject({ essential: anything, value: anything, values: anything }).nullish().catch(undefined)
const claimsSchema = z.looseObject({ id_token: z.looseObject({ acr: acrSchema }).nullish() })

/** Read from the parameter itself: into `oidc.claims` the engine writes `acr_values` over what is essential. */
function essentialValues(params: Params): readonly unknown[] | undefined {
  const sent = text(params.claims)
  const asked = sent === undefined ? undefined : claimsSchema.parse(JSON.parse(sent)).id_token?.acr // the engine has found it to be an object
  if (!asked?.essential) return undefined
  if (asked.values !== undefined && !Array.isArray(asked.values)) throw new errors.InvalidRequest('invalid claims.id_token.acr.values type')
  return asked.values ?? (asked.value === undefined ? undefined : [asked.value])
}
