import { errors, interactionPolicy, type KoaContextWithOIDC } from 'oidc-provider'
import { LEVELS } from '../journey/index.ts'

const { Check } = interactionPolicy

/** As a list to look any text up in. */
const levels: readonly (string | undefined)[] = LEVELS

/**
 * A level of assurance asked for as essential (OIDC core §5.5.1.1), in place of oidc-provider's own checks: those know no order of levels, and
 * send a customer who cannot reach one to the sign-in page again and again. A higher level than asked for is enough; a level that the proof just
 * given does not reach, or that nobody can reach here, is the client's error to handle.
 */
export const essentialLevel = new Check(
  'essential_level',
  'the level of assurance asked for was not reached',
  'login_required',
  ({ oidc }) => {
    const wanted = essentialValues(oidc)
    if (!wanted) return Check.NO_NEED_TO_PROMPT
    const lowest = levels.findIndex((level) => wanted.includes(level))
    const reached = levels.indexOf(oidc.session?.acr)
    if (lowest !== -1 && reached >= lowest) return Check.NO_NEED_TO_PROMPT
    if (lowest === -1 || oidc.result?.login)
      throw new errors.UnmetAuthenticationRequirements('the level of assurance asked for was not reached')
    return Check.REQUEST_PROMPT
  },
)

function essentialValues({ claims }: KoaContextWithOIDC['oidc']): readonly unknown[] | undefined {
  const asked = claims?.id_token?.acr
  if (!asked?.essential) return undefined
  if (asked.values !== undefined && !Array.isArray(asked.values)) throw new errors.InvalidRequest('invalid claims.id_token.acr.values type')
  return asked.values ?? (asked.value === undefined ? undefined : [asked.value])
}
