import type { Secret } from '../ports/secret.ts'
import type { RecipientKey } from '../store/ids.ts'
import { FEDERATED_USES, type IdentityProvider, type IdentityProviderPreset } from './group.ts'
import type { IdentityProviderEntry } from './identity-provider-schema.ts'

/** What is known of a maker. */
const PRESETS: Readonly<
  Record<IdentityProviderPreset, { readonly issuer: string; readonly name: string; readonly scopes: readonly string[] }>
> = {
  google: { issuer: 'https://accounts.google.com', name: 'Google', scopes: ['email', 'profile'] },
  // Apple has no `profile`; asking for any scope makes it answer by a posted form.
  apple: { issuer: 'https://appleid.apple.com', name: 'Apple', scopes: ['email', 'name'] },
  // `oid` and `tid` come with `profile`.
  microsoft: { issuer: 'https://login.microsoftonline.com/common/v2.0', name: 'Microsoft', scopes: ['email', 'profile'] },
}

/** The running form of one identity provider; undefined without the secret, which makes it of no use. */
export function toIdentityProvider(entry: IdentityProviderEntry, secret: Secret | undefined): IdentityProvider | undefined {
  const preset = entry.preset && PRESETS[entry.preset]
  const issuer = entry.issuer ?? preset?.issuer
  if (!secret || issuer === undefined) return undefined
  const { key, client_id, enabled, allows, recipients, channels, label, authoritative_domains, allowed_domains, tenants, apple } = entry
  return {
    key,
    ...(entry.preset && { preset: entry.preset }),
    issuer,
    clientId: client_id,
    secret,
    ...(entry.token_endpoint_auth_method && { tokenEndpointAuthMethod: entry.token_endpoint_auth_method }),
    ...(apple && { apple: { teamId: apple.team_id, keyId: apple.key_id } }),
    scopes: [...new Set(['openid', ...(entry.scopes ?? preset?.scopes ?? ['email', 'profile'])])],
    name: entry.name ?? { en: preset?.name ?? key },
    ...(label && { label }),
    enabled: enabled ?? true,
    allows: allows ?? FEDERATED_USES,
    ...(recipients && { recipients: recipients.map((recipient) => recipient as RecipientKey) }), // the schema checked them
    ...(channels && { channels }),
    authoritativeDomains: authoritative_domains ?? [],
    ...(allowed_domains && { allowedDomains: allowed_domains }),
    ...(tenants && { tenants }),
  }
}
