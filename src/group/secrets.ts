import type { Path } from './place.ts'
import type { GroupDocument } from './schema.ts'

/** What of the group has a secret, which is sealed in the entry's own table. */
export type SecretHolder = 'client' | 'identity_provider'

/** A secret where it stands in a document. */
export interface SecretPlace {
  readonly holder: SecretHolder
  /** Of the client or the provider. */
  readonly key: string
  readonly path: Path
  readonly typed: string | { readonly kept: string } | undefined
}

/** Where secrets stand, for every client and provider there is. */
export function secretPlaces({ clients, policies }: GroupDocument): SecretPlace[] {
  return [
    ...clients.map(({ client_id: key, client_secret: typed }, index) => ({
      ...{ holder: 'client' as const, key, typed },
      path: ['clients', index, 'client_secret'],
    })),
    ...(policies?.identity_providers ?? []).map(({ key, client_secret, apple }, index) => ({
      ...{ holder: 'identity_provider' as const, key, typed: apple ? apple.private_key : client_secret },
      path: ['policies', 'identity_providers', index, ...(apple ? ['apple', 'private_key'] : ['client_secret'])],
    })),
  ]
}

/** One name for each. */
export const secretName = ({ holder, key }: Pick<SecretPlace, 'holder' | 'key'>): string => `${holder} ${key}`

/** The document with `{kept: KEY}` where the database has a secret. */
export function withKeptSecrets(document: GroupDocument, has: (place: Pick<SecretPlace, 'holder' | 'key'>) => boolean): GroupDocument {
  const clients = document.clients.map((client) =>
    has({ holder: 'client', key: client.client_id }) ? { ...client, client_secret: { kept: client.client_id } } : client,
  )
  const providers = document.policies?.identity_providers?.map((provider) => {
    const { key, apple } = provider
    if (!has({ holder: 'identity_provider', key })) return provider
    return apple ? { ...provider, apple: { ...apple, private_key: { kept: key } } } : { ...provider, client_secret: { kept: key } }
  })
  return { ...document, clients, ...(providers && { policies: { ...document.policies, identity_providers: providers } }) }
}
