import { createPrivateKey } from 'node:crypto'
import { z } from 'zod'
import { CHANNELS, FEDERATED_USES, IDENTITY_PROVIDER_PRESETS } from './group.ts'
import { distinct, localised, recipientKey, uri } from './words.ts'

/** Keys of identity providers stand in redirect URIs. */
const providerKey = recipientKey

const kept = z.strictObject({ kept: providerKey })

/** VSCHAR of RFC 6749 appendix A. How long it is, the provider decides. */
const secret = z.string().regex(/^[\x20-\x7e]{1,512}$/, { error: 'must be printable ASCII characters, 512 at most' })

const domain = z.string().regex(/^(?=.{1,253}$)[a-z0-9-]+(\.[a-z0-9-]+)+$/, {
  error: 'must be a domain in lower case, an international one in its A-label form (example.com)',
})

const privateKey = z
  .string()
  .max(2_000)
  .refine(isP256, { error: 'must be an EC private key for P-256 in PEM (PKCS #8), as Apple’s .p8 file' })

function isP256(pem: string): boolean {
  try {
    return createPrivateKey(pem).asymmetricKeyDetails?.namedCurve === 'prime256v1'
  } catch {
    return false
  }
}

const apple = z.strictObject({
  team_id: z
    .string()
    .regex(/^[A-Z0-9]{10}$/, { error: 'must be ten capital letters and digits' })
    .describe('The developer team’s id.'),
  key_id: z
    .string()
    .regex(/^[A-Z0-9]{10}$/, { error: 'must be ten capital letters and digits' })
    .describe('The id of the key.'),
  private_key: z
    .union([privateKey, kept], { error: 'must be an EC private key for P-256 in PEM (PKCS #8), or {kept: KEY}' })
    .optional()
    .describe('The key (the .p8 file) that client secrets are signed with. Kept as `client_secret` is.'),
})

/** An OpenID Provider at which customers may sign in. */
export const identityProviderSchema = z.strictObject({
  key: providerKey.describe('Names the provider; it stands in its redirect URI, `{issuer}/sign-in/federated/callback/KEY`.'),
  preset: z
    .enum(IDENTITY_PROVIDER_PRESETS)
    .optional()
    .describe('Fills in what is known of the maker: issuer, name, scopes and its peculiarities.'),
  issuer: uri('endpoint').optional().describe('OIDC. Whose discovery document is fetched. Must be there without a preset.'),
  client_id: z
    .string()
    .regex(/^[\x21-\x7e]{1,255}$/, { error: 'must be printable ASCII characters without spaces, 255 at most' })
    .describe('What Atrium is called at the provider.'),
  client_secret: z
    .union([secret, kept], { error: 'must be printable ASCII characters, 512 at most, or {kept: KEY}' })
    .optional()
    .describe('What Atrium proves itself with. `{kept: KEY}` leaves the secret in the database as it is; `atrium export` writes that.'),
  token_endpoint_auth_method: z
    .enum(['client_secret_basic', 'client_secret_post'])
    .optional()
    .describe('How the secret is sent. What the provider’s metadata prefers unless told.'),
  apple: apple.optional().describe('In place of `client_secret`, for the preset `apple` alone: Apple wants secrets that are signed.'),
  scopes: distinct(z.string().regex(/^[\x21\x23-\x5b\x5d-\x7e]{1,128}$/, { error: 'must be a scope (RFC 6749 §3.3)' }), 20)
    .optional()
    .describe('Scopes asked for beside `openid`; `email`, `profile` unless told.'),
  name: localised(40).optional().describe('What customers call the provider. Must be there without a preset.'),
  label: localised(60).optional().describe('What its button says. *Continue with NAME* unless told.'),
  enabled: z.boolean().optional().describe('`false` switches it off at once, also for those who are on their way. `true` unless told.'),
  allows: distinct(z.enum(FEDERATED_USES))
    .min(1)
    .optional()
    .describe('What customers may do with it: sign in, open an account, link it to theirs. All three unless told.'),
  recipients: distinct(recipientKey)
    .min(1)
    .optional()
    .describe('Whose sign-in pages offer it; all unless told. The group’s own pages offer every one.'),
  channels: distinct(z.enum(CHANNELS)).min(1).optional().describe('On which channels it is offered; all unless told.'),
  authoritative_domains: distinct(domain)
    .optional()
    .describe(
      'Mail domains whose addresses are the provider’s own, as `gmail.com` is Google’s: one it says is verified needs no code of ours.',
    ),
  allowed_domains: distinct(domain)
    .min(1)
    .optional()
    .describe('Only people with a verified address in one of these domains may use it (for Google Workspace: whose `hd` is one).'),
  tenants: distinct(z.guid()).min(1).optional().describe('For the preset `microsoft`: only people of these tenants may use it.'),
})
export type IdentityProviderEntry = z.output<typeof identityProviderSchema>
