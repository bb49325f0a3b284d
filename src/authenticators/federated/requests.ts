import { createHash } from 'node:crypto'
import { z } from 'zod'
import type { IdentityProvider } from '../../group/group.ts'
import type { ProviderClient } from './provider-clients.ts'

/** What was sent to a provider and is expected back. Sealed; found by the hash of its state. */
export const requestSchema = z.object({
  provider: z.string(),
  /** Where it was begun: a journey, a session. It counts there and nowhere else (SEC-67). */
  place: z.string(),
  /** Our page that the answer is for. */
  return_to: z.string(),
  recipient: z.string(),
  locale: z.string(),
  nonce: z.string(),
  verifier: z.string(),
  /** The provider was asked to prove the customer anew. */
  fresh: z.boolean(),
  begun_at: z.iso.datetime(),
})
export type FederatedRequest = z.infer<typeof requestSchema>

/** What a provider's answer may consist of; the rest of it is not kept. */
export const answerSchema = z.object({
  code: z.string().max(4_000).optional(),
  state: z.string().max(200),
  iss: z.string().max(500).optional(),
  error: z.string().max(100).optional(),
  /** Apple's, at the first sign-in: the name, as typed there. */
  user: z.string().max(2_000).optional(),
})
export type ProviderAnswer = z.infer<typeof answerSchema>

/** Where one provider's answers arrive. A path of its own, so that none can be taken for another's (RFC 9700 §4.4). */
export const callbackPath = (providerKey: string): string => `/sign-in/federated/callback/${providerKey}`

/** The address of the provider's sign-in page; undefined when its metadata names none that a browser may be sent to. */
export function authorizationUrl(
  { library, config }: ProviderClient,
  provider: IdentityProvider,
  { nonce, verifier, fresh, locale }: FederatedRequest,
  { state, redirectUri }: { readonly state: string; readonly redirectUri: string },
): string | undefined {
  // The metadata is the provider's to write, and `javascript:` would be an address too.
  const endpoint = URL.parse(config.serverMetadata().authorization_endpoint ?? '')
  const allowed = provider.issuer.startsWith('http:') ? ['https:', 'http:'] : ['https:']
  if (!endpoint || !allowed.includes(endpoint.protocol)) return undefined
  return library.buildAuthorizationUrl(config, {
    redirect_uri: redirectUri,
    scope: provider.scopes.join(' '),
    response_type: 'code',
    state,
    nonce,
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
    ui_locales: locale,
    ...(provider.preset === 'apple' ? { response_mode: 'form_post' } : {}),
    ...(fresh ? freshness(provider) : {}),
  }).href
}

/** Google refuses `prompt=login`; choosing the account is the most it offers. */
const freshness = ({ preset }: IdentityProvider): Record<string, string> => ({
  max_age: '0',
  prompt: preset === 'google' ? 'select_account' : 'login',
})
