import type { z } from 'zod'
import { clientSchema } from './client-schema.ts'
import { type IdentityProviderEntry, identityProviderSchema } from './identity-provider-schema.ts'
import type { Path } from './place.ts'
import type { AttributeEntry, AttributeGroupEntry, ClientEntry, PurposeEntry, RecipientEntry } from './schema.ts'
import { attributeGroupSchema, attributeSchema, purposeSchema, recipientSchema } from './schema.ts'

/** One entry of a list as far as it can be read. */
export interface Readable<Entry> {
  readonly path: Path
  /** What its schema found right; keys it found wrong are absent. */
  readonly value: { readonly [Key in keyof Entry]?: Entry[Key] | undefined }
  /** As it stands in the file. */
  readonly raw: Readonly<Record<string, unknown>>
  /** Nothing was left out. */
  readonly whole: boolean
}

export interface ReadableAttribute extends Readable<AttributeEntry> {
  readonly group: string | undefined
}

/** What can be read of a file, so that a mistake in one line hides no mistake in another. */
export interface ReadablePart {
  readonly recipients: readonly Readable<RecipientEntry>[]
  readonly clients: readonly Readable<ClientEntry>[]
  readonly attributeGroups: readonly Readable<AttributeGroupEntry>[]
  readonly attributes: readonly ReadableAttribute[]
  readonly purposes: readonly Readable<PurposeEntry>[]
  readonly journeys: Readonly<Record<string, unknown>>
  readonly identityProviders: readonly Readable<IdentityProviderEntry>[]
}

export function readablePart(raw: Readonly<Record<string, unknown>>): ReadablePart {
  const groups = Array.isArray(raw.attributes) ? raw.attributes : []
  const attributeGroups = readableEntries<AttributeGroupEntry>(attributeGroupSchema, groups, ['attributes'])
  return {
    recipients: readableEntries(recipientSchema, raw.recipients, ['recipients']),
    clients: readableEntries(clientSchema, raw.clients, ['clients']),
    attributeGroups,
    attributes: attributeGroups.flatMap(({ path, value }) => {
      const inner: unknown = groups[Number(path[1])]?.attributes
      return readableEntries<AttributeEntry>(attributeSchema, inner, [...path, 'attributes']).map((read) => ({
        ...read,
        group: value.group,
      }))
    }),
    purposes: readableEntries(purposeSchema, raw.purposes, ['purposes']),
    journeys: isRecord(raw.journeys) ? raw.journeys : {},
    identityProviders: readableEntries(identityProviderSchema, isRecord(raw.policies) ? raw.policies.identity_providers : undefined, [
      'policies',
      'identity_providers',
    ]),
  }
}

function readableEntries<Entry>(schema: z.ZodObject, list: unknown, path: Path): Readable<Entry>[] {
  const partial = schema.partial()
  return (Array.isArray(list) ? list : []).flatMap((entry: unknown, index) => {
    if (!isRecord(entry)) return []
    const broken = new Set(schema.safeParse(entry).error?.issues.flatMap(brokenKeys))
    const rest = Object.fromEntries(Object.entries(entry).filter(([key]) => !broken.has(key)))
    // every key with an issue is gone, so the rest is a partial Entry; zod has no type for "partial of some object schema"
    const value = partial.parse(rest) as Readable<Entry>['value']
    return [{ path: [...path, index], value, raw: entry, whole: broken.size === 0 }]
  })
}

const brokenKeys = (issue: z.core.$ZodIssue): string[] =>
  issue.path.length === 0 && issue.code === 'unrecognized_keys' ? issue.keys : [String(issue.path[0])]

const isRecord = (value: unknown): value is Record<string, unknown> => value !== null && typeof value === 'object' && !Array.isArray(value)
