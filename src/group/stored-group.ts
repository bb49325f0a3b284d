import type { z } from 'zod'
import type { Db } from '../store/db.ts'
import { documentOf, type Entry } from './entries.ts'
import { documentSchema, type GroupDocument } from './schema.ts'
import type { SecretPlace } from './secrets.ts'
import { findGroup, type GroupRow } from './store.ts'

/** The group as the database has it. */
export interface StoredGroup {
  readonly version: number
  /** Without secrets. */
  readonly document: GroupDocument
  /** Client id → its sealed secret. */
  readonly secrets: ReadonlyMap<string, Buffer>
  /** Key of an identity provider → its sealed secret. */
  readonly providerSecrets: ReadonlyMap<string, Buffer>
}

/** The sealed secret of a client or a provider. */
export const storedSecret = (stored: StoredGroup, { holder, key }: Pick<SecretPlace, 'holder' | 'key'>): Buffer | undefined =>
  (holder === 'client' ? stored.secrets : stored.providerSecrets).get(key)

/** Reads the whole group; before the first `apply` it is an empty one. Throws when a definition can't be read at all. */
export async function loadStoredGroup(db: Db): Promise<StoredGroup> {
  const row = await findGroup(db)
  const document = parseStored(documentOf(entriesOfRow(row), row.head?.order ?? {}))
  return { version: row.version ?? 0, document, secrets: sealedOf(row.secrets), providerSecrets: sealedOf(row.provider_secrets) }
}

const sealedOf = (row: Readonly<Record<string, string>>): ReadonlyMap<string, Buffer> =>
  new Map(Object.entries(row).map(([key, sealed]) => [key, Buffer.from(sealed, 'base64')] as const))

function entriesOfRow({ head, entries }: GroupRow): Entry[] {
  if (!head) return [...entries]
  const attributeGroups = Object.entries(head.attribute_groups).map(
    ([key, definition]): Entry => ({ kind: 'attribute_group', key, definition }),
  )
  return [
    { kind: 'group', key: '', definition: head.group },
    { kind: 'keys', key: '', definition: head.keys },
    ...attributeGroups,
    ...entries,
  ]
}

/**
 * Checks what the database holds. Keys this version does not know are passed over: during a rollout the next version may have written them
 * (design decision 9). Anything else that is wrong is a fault.
 */
function parseStored(stored: unknown): GroupDocument {
  const result = documentSchema.safeParse(stored)
  if (result.success) return result.data
  const unknownKeys = result.error.issues.filter((issue) => issue.code === 'unrecognized_keys')
  if (unknownKeys.length < result.error.issues.length) throw new Error('the stored group can’t be read', { cause: result.error })
  return documentSchema.parse(unknownKeys.reduce(withoutKeys, stored))
}

type UnknownKeys = Extract<z.core.$ZodIssue, { code: 'unrecognized_keys' }>

function withoutKeys(value: unknown, { path, keys }: Pick<UnknownKeys, 'path' | 'keys'>): unknown {
  const [part, ...rest] = path
  if (Array.isArray(value)) return value.map((item, index) => (index === part ? withoutKeys(item, { path: rest, keys }) : item))
  if (value === null || typeof value !== 'object') return value
  const kept = Object.entries(value).filter(([key]) => part !== undefined || !keys.includes(key))
  return Object.fromEntries(kept.map(([key, inner]) => [key, key === part ? withoutKeys(inner, { path: rest, keys }) : inner]))
}
