import { z } from 'zod'
import { normaliseEmail } from '../../accounts/index.ts'
import type { IdentityProvider } from '../../group/group.ts'

const MAX_NAME = 200
const nameText = z
  .string()
  .transform((text) => text.trim())
  .refine((text) => text !== '' && text.length <= MAX_NAME && !/\p{Cc}/u.test(text))

/** What somebody is at a provider, and what it says of them that a sign-up may suggest. Nothing else of its token is read (SEC-70). */
export const federatedIdentitySchema = z.object({
  /** Key of the provider. */
  provider: z.string(),
  issuer: z.string(),
  subject: z.string(),
  /** Normalised. */
  email: z.string().optional(),
  /** The provider says so of an address in a domain of its own: no code of ours is needed. */
  email_is_theirs: z.boolean().default(false),
  /** Suggestions for the sign-up, which the customer sees before they are stored. */
  names: z.object({ name: nameText.optional(), given_name: nameText.optional(), family_name: nameText.optional() }),
})
export type FederatedIdentity = z.infer<typeof federatedIdentitySchema>

/** `unusable`: the provider names nobody. `not_allowed`: somebody outside of the domains or tenants of the group file. */
export type IdentityResult =
  | { readonly ok: true; readonly identity: FederatedIdentity }
  | { readonly ok: false; readonly reason: 'unusable' | 'not_allowed' }

/** The claims that are looked at; of the wrong kind counts as absent. */
const claimsSchema = z.object({
  iss: z.string(),
  sub: z.string().min(1).max(255),
  email: z.string().max(254).optional().catch(undefined),
  // Apple sends text
  email_verified: z
    .union([z.boolean(), z.literal('true').transform(() => true)])
    .optional()
    .catch(undefined),
  hd: z.string().optional().catch(undefined),
  tid: z.guid().optional().catch(undefined),
  oid: z.guid().optional().catch(undefined),
  name: nameText.optional().catch(undefined),
  given_name: nameText.optional().catch(undefined),
  family_name: nameText.optional().catch(undefined),
})
type Claims = z.infer<typeof claimsSchema>

/**
 * Who the claims of a verified ID token are. An identity is issuer and subject, never an address: those change hands (SEC-69). At Microsoft it is
 * tenant and object id, as its documentation asks: `sub` differs from app to app, so a new registration would lose everybody.
 */
export function identityOf(provider: IdentityProvider, claimed: unknown): IdentityResult {
  const read = claimsSchema.safeParse(claimed)
  if (!read.success) return { ok: false, reason: 'unusable' }
  const claims = read.data
  const subject = provider.preset === 'microsoft' ? claims.tid && claims.oid : claims.sub
  if (!subject) return { ok: false, reason: 'unusable' }
  const email = claims.email === undefined ? undefined : normaliseEmail(claims.email)
  const verifiedDomain = email !== undefined && claims.email_verified === true ? domainOf(email) : undefined
  if (!isAllowed(provider, claims, verifiedDomain)) return { ok: false, reason: 'not_allowed' }
  const { iss: issuer, name, given_name, family_name } = claims
  return {
    ok: true,
    identity: {
      provider: provider.key,
      issuer,
      subject,
      email,
      email_is_theirs: verifiedDomain !== undefined && provider.authoritativeDomains.includes(verifiedDomain),
      names: { name, given_name, family_name },
    },
  }
}

function isAllowed(
  { preset, allowedDomains, tenants }: IdentityProvider,
  { hd, tid }: Claims,
  verifiedDomain: string | undefined,
): boolean {
  if (tenants && !tenants.some((tenant) => tenant.toLowerCase() === tid?.toLowerCase())) return false
  if (!allowedDomains) return true
  // An address at a company's domain may belong to a private account at Google; the company's own have `hd`.
  const domain = preset === 'google' ? hd?.toLowerCase() : verifiedDomain
  return domain !== undefined && allowedDomains.includes(domain)
}

const domainOf = (email: string): string => email.slice(email.lastIndexOf('@') + 1)
