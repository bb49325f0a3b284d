import type { IDToken, UserInfoResponse } from 'openid-client'
import { z } from 'zod'
import { FetchRefused } from '../../ports/guarded-fetch.ts'
import type { ProviderClient } from './provider-clients.ts'
import type { FederatedRequest, ProviderAnswer } from './requests.ts'

/** `cancelled`: the customer said no there. `unavailable`: the provider is down or slow. `refused`: its answer is not what was asked for. */
export type RedeemRefusal = 'cancelled' | 'unavailable' | 'refused'
export type RedeemResult =
  | { readonly ok: true; readonly claims: Readonly<Record<string, unknown>>; readonly authTimeS: number | undefined }
  | { readonly ok: false; readonly reason: RedeemRefusal }

/**
 * Exchanges the code. openid-client checks state, issuer (RFC 9207 too), signature, audience, authorized party, nonce and times (SEC-66); what is
 * wrong with an answer is nobody's to read but the log's, and never the provider's own words.
 */
export async function redeem(
  client: ProviderClient,
  { nonce, verifier }: FederatedRequest,
  answer: ProviderAnswer,
  redirectUri: string,
): Promise<RedeemResult> {
  const { library, config } = client
  const { user, ...protocol } = answer
  const url = new URL(redirectUri)
  for (const [name, value] of Object.entries(protocol)) if (value !== undefined) url.searchParams.set(name, value)
  try {
    const tokens = await library.authorizationCodeGrant(config, url, {
      expectedState: answer.state,
      expectedNonce: nonce,
      pkceCodeVerifier: verifier,
      idTokenExpected: true,
    })
    const claims = tokens.claims()
    // The library looks at the authorized party of several audiences alone (OIDC core §3.1.3.7, 5).
    const isOurs = claims && (claims.azp === undefined || claims.azp === config.clientMetadata().client_id)
    if (!isOurs) return { ok: false, reason: 'refused' }
    const more = claims.email === undefined ? await userInfo(client, tokens.access_token, claims) : {}
    return { ok: true, claims: { ...namesOf(user), ...claims, ...more }, authTimeS: claims.auth_time }
  } catch (error) {
    return { ok: false, reason: reasonOf(client, error) }
  }
}

/** Some providers tell the address there alone. It suggests and allows, and names nobody: without it all goes on. */
async function userInfo({ library, config }: ProviderClient, accessToken: string, { sub }: IDToken): Promise<object> {
  if (config.serverMetadata().userinfo_endpoint === undefined) return {}
  const said: UserInfoResponse | undefined = await library.fetchUserInfo(config, accessToken, sub).catch(() => undefined)
  if (!said) return {}
  const { email, email_verified, name, given_name, family_name } = said
  return { email, email_verified, ...(name !== undefined && { name, given_name, family_name }) }
}

const appleUser = z
  .object({ name: z.object({ firstName: z.string().optional(), lastName: z.string().optional() }) })
  .transform(({ name }) => ({ given_name: name.firstName, family_name: name.lastName }))

/** What Apple posts beside the code comes through the browser: a suggestion like the rest, and less than what is signed. */
function namesOf(user: string | undefined): object {
  if (user === undefined) return {}
  try {
    return appleUser.safeParse(JSON.parse(user)).data ?? {}
  } catch {
    return {}
  }
}

const OUTAGES = ['temporarily_unavailable', 'server_error']
const SERVER_ERROR = 500

/** Whether it is worth to try again. */
export function reasonOf({ library }: Pick<ProviderClient, 'library'>, error: unknown): RedeemRefusal {
  if (error instanceof library.AuthorizationResponseError) {
    if (error.error === 'access_denied') return 'cancelled'
    return OUTAGES.includes(error.error) ? 'unavailable' : 'refused'
  }
  if (error instanceof library.ResponseBodyError) return error.status >= SERVER_ERROR ? 'unavailable' : 'refused'
  if (!(error instanceof library.ClientError)) throw error
  const { cause } = error
  if (cause instanceof Response) return cause.status >= SERVER_ERROR ? 'unavailable' : 'refused'
  return cause instanceof FetchRefused || error.code === 'OAUTH_TIMEOUT' ? 'unavailable' : 'refused'
}
