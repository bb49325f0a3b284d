import { clientProblems } from './client-problems.ts'
import { identityProviderProblems } from './identity-provider-problems.ts'
import { journeyProblems } from './journey-problems.ts'
import type { Path, Problem } from './place.ts'
import { type Readable, type ReadablePart, readablePart } from './readable-part.ts'
import { referenceProblems } from './reference-problems.ts'

/** What one part of the file says wrongly about another. Reads what is right in its own shape and passes over the rest. */
export function crossProblems(raw: Readonly<Record<string, unknown>>): Problem[] {
  const file = readablePart(raw)
  const recipients = new Set(file.recipients.flatMap(({ value }) => value.key ?? []))
  return [
    ...duplicates(file.recipients, 'key'),
    ...duplicates(file.clients, 'client_id'),
    ...duplicates(file.attributeGroups, 'group'),
    ...duplicates(file.attributes, 'name'),
    ...duplicates(file.purposes, 'name'),
    ...duplicates(file.identityProviders, 'key'),
    ...sharedSectors(file),
    ...apiProblems(file),
    ...unvouchedProblems(file),
    ...referenceProblems(file),
    ...file.clients.flatMap((client) =>
      clientProblems(client, file.recipients.find(({ value }) => value.key === client.value.recipient)?.value.kind),
    ),
    ...journeyProblems(file),
    ...file.identityProviders.flatMap((provider) => identityProviderProblems(provider, recipients)),
  ]
}

/** Names that stand on two entries. */
function duplicates<Entry>(entries: readonly Readable<Entry>[], field: keyof Entry & string): Problem[] {
  const first = new Map<unknown, Path>()
  return entries.flatMap(({ path, value }) => {
    const name = value[field]
    if (name === undefined) return []
    const other = first.get(name)
    if (!other) first.set(name, path)
    return other ? [{ path: [...path, field], message: `${String(name)} is the ${field} of another entry above` }] : []
  })
}

/**
 * Two recipients of one sector see the same subjects and can link customers by them. Merged brands may, when both say so; a brand and a
 * partner never.
 */
function sharedSectors({ recipients }: ReadablePart): Problem[] {
  return recipients.flatMap(({ path, value }) => {
    const sector = value.subject_sector
    if (sector === undefined) return []
    const others = recipients.filter((other) => other.path !== path && (other.value.subject_sector ?? other.value.key) === sector)
    const linked = others.some(
      (other) => value.kind !== 'brand' || other.value.kind !== 'brand' || other.value.subject_sector === undefined,
    )
    if (!linked) return []
    return [
      {
        path: [...path, 'subject_sector'],
        message: `${sector} is the sector of another recipient; only brands that all set it may share one`,
      },
    ]
  })
}

/** A certificate is believed only when an authority of the client's own recipient vouches for it. */
function unvouchedProblems({ clients, recipients }: ReadablePart): Problem[] {
  return clients.flatMap(({ path, value }) => {
    if (value.token_endpoint_auth_method !== 'tls_client_auth') return []
    const recipient = recipients.find((entry) => entry.value.key === value.recipient)
    if (!recipient || recipient.raw.certificate_authorities !== undefined) return []
    const message = `tls_client_auth needs certificate_authorities of ${value.recipient}`
    return [{ path: [...path, 'token_endpoint_auth_method'], message }]
  })
}

function apiProblems({ recipients, attributeGroups }: ReadablePart): Problem[] {
  const resources = new Set<string>()
  const groups = new Set(attributeGroups.map(({ value }) => value.group))
  return recipients.flatMap(({ path, value }) =>
    (value.apis ?? []).flatMap(({ resource, scopes }, index) => {
      const api = [...path, 'apis', index]
      const taken = resources.has(resource)
      resources.add(resource)
      const clashes = scopes.flatMap((scope, at) =>
        groups.has(scope) ? [{ path: [...api, 'scopes', at], message: `${scope} is an attribute group` }] : [],
      )
      return [...(taken ? [{ path: [...api, 'resource'], message: 'is the resource of another API above' }] : []), ...clashes]
    }),
  )
}
