import type { GroupDocument } from './schema.ts'

/** The things of a group that are stored, compared and printed one by one. */
export const ENTRY_KINDS = [
  'group',
  'keys',
  'recipient',
  'purpose',
  'attribute_group',
  'attribute',
  'client',
  'journey',
  'policy',
  'identity_provider',
] as const
export type EntryKind = (typeof ENTRY_KINDS)[number]

export interface Entry {
  readonly kind: EntryKind
  /** Empty for `group` and `keys`, of which there is one. */
  readonly key: string
  /** As in the file, without the key and without a secret. */
  readonly definition: Readonly<Record<string, unknown>>
}

/** Names in the order of the file: it is the order customers see. */
export type Order = Readonly<Record<(typeof ORDERED)[number], readonly string[]>>
export const ORDERED = ['recipients', 'clients', 'attribute_groups', 'attributes', 'purposes', 'journeys', 'identity_providers'] as const

/** Takes a document apart. {@link documentOf} puts it together again. */
export function entriesOf(document: GroupDocument): Entry[] {
  const { identity_providers, ...policies } = document.policies ?? {}
  return [
    entry('group', '', document.group),
    entry('keys', '', document.keys ?? {}),
    ...document.recipients.map(({ key, ...definition }) => entry('recipient', key, definition)),
    ...document.purposes.map(({ name, ...definition }) => entry('purpose', name, definition)),
    ...document.attributes.map(({ group, attributes: _, ...definition }) => entry('attribute_group', group, definition)),
    ...document.attributes.flatMap(({ group, attributes }) =>
      attributes.map(({ name, ...definition }) => entry('attribute', name, { group, ...definition })),
    ),
    ...document.clients.map(({ client_id, client_secret: _, ...definition }) => entry('client', client_id, definition)),
    ...Object.entries(document.journeys ?? {}).map(([name, definition]) => entry('journey', name, definition)),
    ...Object.entries(policies).flatMap(([name, definition]) => (definition ? [entry('policy', name, definition)] : [])),
    ...(identity_providers ?? []).map(({ key, client_secret: _, ...definition }) =>
      entry('identity_provider', key, {
        ...definition,
        ...(definition.apple && { apple: { ...definition.apple, private_key: undefined } }),
      }),
    ),
  ]
}

/** Through JSON, as it is stored: keys without a value are not there. */
const entry = (kind: EntryKind, key: string, definition: object): Entry => ({
  kind,
  key,
  definition: JSON.parse(JSON.stringify(definition)),
})

export const orderOf = (document: GroupDocument): Order => ({
  recipients: document.recipients.map(({ key }) => key),
  clients: document.clients.map(({ client_id }) => client_id),
  attribute_groups: document.attributes.map(({ group }) => group),
  attributes: document.attributes.flatMap(({ attributes }) => attributes.map(({ name }) => name)),
  purposes: document.purposes.map(({ name }) => name),
  journeys: Object.keys(document.journeys ?? {}),
  identity_providers: (document.policies?.identity_providers ?? []).map(({ key }) => key),
})

/** Puts entries together to what the group file would say, unchecked: what comes from the database goes through the schema again. */
export function documentOf(entries: readonly Entry[], order: Partial<Order>): unknown {
  const of = (kind: EntryKind, names: readonly string[] = []) =>
    sorted(
      entries.filter((entry) => entry.kind === kind),
      names,
    )
  const named = (kind: EntryKind, field: string, names?: readonly string[]) =>
    of(kind, names).map(({ key, definition }) => ({ [field]: key, ...definition }))
  const record = (kind: EntryKind, names?: readonly string[]) => {
    const found = of(kind, names)
    return found.length === 0 ? undefined : Object.fromEntries(found.map(({ key, definition }) => [key, definition]))
  }
  const attributes = of('attribute', order.attributes)
  const keys = of('keys')[0]?.definition ?? {}
  const providers = named('identity_provider', 'key', order.identity_providers)
  const policies = { ...record('policy'), ...(providers.length > 0 && { identity_providers: providers }) }
  return {
    group: of('group')[0]?.definition ?? { name: 'Atrium' },
    recipients: named('recipient', 'key', order.recipients),
    clients: named('client', 'client_id', order.clients),
    attributes: of('attribute_group', order.attribute_groups).map(({ key: group, definition }) => ({
      group,
      ...definition,
      attributes: attributes.filter((a) => a.definition.group === group).map((a) => ({ name: a.key, ...a.definition, group: undefined })),
    })),
    purposes: named('purpose', 'name', order.purposes),
    journeys: record('journey', order.journeys),
    policies: Object.keys(policies).length === 0 ? undefined : policies,
    keys: Object.keys(keys).length === 0 ? undefined : keys,
  }
}

/** By the names' order; what it doesn't name comes last. */
function sorted(entries: readonly Entry[], names: readonly string[]): Entry[] {
  const places = new Map(names.map((name, place) => [name, place]))
  const place = ({ key }: Entry) => places.get(key) ?? Number.MAX_SAFE_INTEGER
  return [...entries].sort((a, b) => place(a) - place(b) || (a.key < b.key ? -1 : 1))
}
