import { didYouMean } from './did-you-mean.ts'
import type { IdentityProviderEntry } from './identity-provider-schema.ts'
import type { Problem } from './place.ts'
import type { Readable } from './readable-part.ts'

/** What one identity provider's parts say wrongly about each other, and recipients that there are not. */
export function identityProviderProblems(
  { path, value, whole }: Readable<IdentityProviderEntry>,
  recipients: ReadonlySet<string>,
): Problem[] {
  const unknown = (value.recipients ?? []).flatMap((key, index) =>
    recipients.has(key)
      ? []
      : [{ path: [...path, 'recipients', index], message: `unknown recipient ${key}${didYouMean(key, [...recipients])}` }],
  )
  if (!whole) return unknown
  // an entry that its schema found right in whole is an IdentityProviderEntry
  const entry = value as IdentityProviderEntry
  return [...unknown, ...[...presetProblems(entry), ...secretProblems(entry)].map((p) => ({ ...p, path: [...path, ...p.path] }))]
}

function presetProblems({ preset, issuer, name, tenants }: IdentityProviderEntry): Problem[] {
  return [
    ...when(preset === undefined && issuer === undefined, 'issuer', 'is missing: without a preset nobody knows it'),
    ...when(preset === undefined && name === undefined, 'name', 'is missing: without a preset nobody knows it'),
    ...when(preset !== 'microsoft' && tenants !== undefined, 'tenants', 'must be absent without preset microsoft'),
  ]
}

function secretProblems({ key, preset, client_secret, apple, token_endpoint_auth_method }: IdentityProviderEntry): Problem[] {
  const held = preset === 'apple' ? apple?.private_key : client_secret
  const field = preset === 'apple' ? ['apple', 'private_key'] : ['client_secret']
  const isAnothers = typeof held === 'object' && held.kept !== key
  return [
    ...(held === undefined ? [{ path: field, message: 'is missing' }] : []),
    ...(isAnothers ? [{ path: [...field, 'kept'], message: `must be the provider’s own key, ${key}` }] : []),
    ...when(
      preset === 'apple' && client_secret !== undefined,
      'client_secret',
      'must be absent: Apple wants secrets signed with apple.private_key',
    ),
    ...when(
      preset === 'apple' && token_endpoint_auth_method !== undefined,
      'token_endpoint_auth_method',
      'must be absent: Apple knows client_secret_post alone',
    ),
    ...when(preset !== 'apple' && apple !== undefined, 'apple', 'must be absent without preset apple'),
  ]
}

const when = (wrong: boolean, field: string, message: string): Problem[] => (wrong ? [{ path: [field], message }] : [])
