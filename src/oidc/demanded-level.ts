import { errors, interactionPolicy, type KoaContextWithOIDC } from 'oidc-provider'
import { z } from 'zod'
import { ACR_LEVELS, type Client } from '../group/group.ts'
import { LEVELS } from '../journey/index.ts'

const { Check } = interactionPolicy

/** As lists to look any text up in. */
const known: readonly unknown[] = ACR_LEVELS
const reachable: readonly unknown[] = LEVELS

const UNMET = 'the level of assurance asked for was not reached'

/**
 * The level of assurance a sign-in must reach, in place of oidc-provider's own checks: those know no order of levels, and send a customer who
 * cannot reach one to the sign-in page again and again. Three may demand one, and the strictest wins (MFA-23): the claim `acr` as essential (OIDC
 * core §5.5.1.1), `acr_values` or else the client's `default_acr_values`, and the client's registered minimum.
 *
 * Of several values the lowest is enough, and a higher level than asked for is too. A level that the proof just given does not reach, or that
 * nobody can reach here, is the client's error to handle.
 */
export const demandedLevel = (clientOf: (ctx: KoaContextWithOIDC) => Client | undefined) =>
  new Check('demanded_level', UNMET, 'login_required', (ctx) => {
    const { oidc } = ctx
    const demands = demandsOf(oidc, clientOf(ctx))
    if (demands.length === 0) return Check.NO_NEED_TO_PROMPT
    const needed = Math.max(...demands)
    if (needed < reachable.length && known.indexOf(oidc.session?.acr) >= needed) return Check.NO_NEED_TO_PROMPT
    if (needed >= reachable.length || oidc.result?.login) throw new errors.UnmetAuthenticationRequirements(UNMET)
    return Check.REQUEST_PROMPT
  })

/** Places in the order of levels; past its end for what nobody knows. */
function demandsOf(oidc: KoaContextWithOIDC['oidc'], client: Client | undefined): number[] {
  const essential = essentialValues(oidc)
  const wished = text(oidc.params?.acr_values)?.split(' ') ?? client?.defaultAcrValues ?? []
  // Without "essential" a value that means nothing here is a wish that nobody can grant, and no reason to refuse (OIDC core §3.1.2.1).
  const understood = wished.filter((value) => known.includes(value))
  return [
    ...(essential ? [lowest(essential)] : []),
    ...(understood.length > 0 ? [lowest(understood)] : []),
    ...(client?.minimumAcr ? [lowest([client.minimumAcr])] : []),
  ]
}

const lowest = (values: readonly unknown[]): number =>
  Math.min(...values.map((value) => known.indexOf(value)).filter((place) => place !== -1), known.length)

const text = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined)

const anything = z.unknown().optional()
const acrSchema = z.looseObject({ essential: anything, value: anything, values: anything }).nullish().catch(undefined)
const claimsSchema = z.looseObject({ id_token: z.looseObject({ acr: acrSchema }).nullish() })

/** Read from the parameter itself: into `oidc.claims` the engine writes `acr_values` over what is essential. */
function essentialValues({ params }: KoaContextWithOIDC['oidc']): readonly unknown[] | undefined {
  const sent = text(params?.claims)
  const asked = sent === undefined ? undefined : claimsSchema.parse(JSON.parse(sent)).id_token?.acr // the engine has found it to be an object
  if (!asked?.essential) return undefined
  if (asked.values !== undefined && !Array.isArray(asked.values)) throw new errors.InvalidRequest('invalid claims.id_token.acr.values type')
  return asked.values ?? (asked.value === undefined ? undefined : [asked.value])
}
