import { sql } from 'kysely'
import { z } from 'zod'
import type { Db } from '../store/db.ts'
import type { Entry, Order } from './entries.ts'

/** Every query on the tables of the group. They are reference tables: small, read as a whole, written by `apply` only. */

/** What of the group belongs to no table of its own: kept under `settings`, name `group`. */
export interface GroupHead {
  readonly group: unknown
  readonly keys: unknown
  /** Attribute group → label and rules. */
  readonly attribute_groups: Readonly<Record<string, unknown>>
  readonly order: Order
}

const definition = z.record(z.string(), z.unknown())
const entryRow = z.object({
  kind: z.enum(['recipient', 'client', 'attribute', 'purpose', 'journey', 'policy', 'identity_provider']),
  key: z.string(),
  definition,
})
const headSchema = z.object({
  group: definition,
  keys: definition,
  attribute_groups: z.record(z.string(), definition),
  order: z.record(z.string(), z.array(z.string())),
})
const rowSchema = z.object({
  version: z.int().nullable(),
  head: headSchema.nullable(),
  entries: z.array(entryRow),
  secrets: z.record(z.string(), z.base64()),
  provider_secrets: z.record(z.string(), z.base64()),
})
export type GroupRow = z.output<typeof rowSchema>

/** Everything there is, in one statement: one snapshot, so that half an `apply` is never seen, and one round trip. */
export async function findGroup(db: Db): Promise<GroupRow> {
  const { rows } = await sql<{ document: unknown }>`
    select jsonb_build_object(
      'version', (select value from settings where name = 'group_version'),
      'head', (select value from settings where name = 'group'),
      'entries', (select coalesce(jsonb_agg(jsonb_build_object('kind', kind, 'key', key, 'definition', definition)), '[]') from (
        select 'recipient' as kind, key, definition from recipients
        union all select 'client', id, definition from clients
        union all select 'attribute', name, definition from attributes
        union all select 'purpose', name, definition from purposes
        union all select 'journey', name, definition from journeys
        union all select 'policy', name, definition from policies
        union all select 'identity_provider', key, definition from identity_providers) entry),
      'secrets', (select coalesce(jsonb_object_agg(id, translate(encode(secret_sealed, 'base64'), E'\n', '')), '{}')
        from (select id, secret_sealed from clients union all select id, secret_sealed from registered_clients) secret
        where secret_sealed is not null),
      'provider_secrets', (select coalesce(jsonb_object_agg(key, translate(encode(secret_sealed, 'base64'), E'\n', '')), '{}')
        from identity_providers where secret_sealed is not null)) as document`.execute(db)
  return rowSchema.parse(rows[0]?.document)
}

/** The version alone, for watching it; 0 before the first `apply`. */
export async function findGroupVersion(db: Db): Promise<number> {
  const row = await db.selectFrom('settings').select('value').where('name', '=', 'group_version').executeTakeFirst()
  return z.int().catch(0).parse(row?.value)
}

/** One `apply` at a time; freed with the transaction. */
export async function lockGroup(db: Db): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtext('atrium.group'))`.execute(db)
}

export async function raiseGroupVersion(db: Db, now: Date): Promise<void> {
  await sql`insert into settings (name, value, updated_at) values ('group_version', '1', ${now})
    on conflict (name) do update set value = to_jsonb(settings.value::bigint + 1), updated_at = excluded.updated_at`.execute(db)
}

export async function saveHead(db: Db, head: GroupHead, now: Date): Promise<void> {
  const row = { name: 'group', value: JSON.stringify(head), updated_at: now }
  await db
    .insertInto('settings')
    .values(row)
    .onConflict((conflict) => conflict.column('name').doUpdateSet({ value: row.value, updated_at: now }))
    .execute()
}

export async function saveRecipient(db: Db, { key, definition }: Entry): Promise<void> {
  const row = { key, kind: String(definition.kind), definition: JSON.stringify(definition) }
  await db
    .insertInto('recipients')
    .values(row)
    .onConflict((conflict) => conflict.column('key').doUpdateSet({ kind: row.kind, definition: row.definition }))
    .execute()
}

/** Leaves the secret as it is; a new client has none. */
export async function saveClient(db: Db, { key, definition }: Entry): Promise<void> {
  const row = { id: key, recipient: String(definition.recipient), definition: JSON.stringify(definition) }
  await db
    .insertInto('clients')
    .values(row)
    .onConflict((conflict) => conflict.column('id').doUpdateSet({ recipient: row.recipient, definition: row.definition }))
    .execute()
}

export async function saveClientSecret(db: Db, id: string, sealed: Buffer | null): Promise<void> {
  await db.updateTable('clients').set({ secret_sealed: sealed }).where('id', '=', id).execute()
}

/** Leaves the secret as it is; a new provider has none. */
export async function saveIdentityProvider(db: Db, { key, definition }: Entry): Promise<void> {
  const row = { key, definition: JSON.stringify(definition) }
  await db
    .insertInto('identity_providers')
    .values(row)
    .onConflict((conflict) => conflict.column('key').doUpdateSet({ definition: row.definition }))
    .execute()
}

export async function saveIdentityProviderSecret(db: Db, key: string, sealed: Buffer | null): Promise<void> {
  await db.updateTable('identity_providers').set({ secret_sealed: sealed }).where('key', '=', key).execute()
}

export async function deleteIdentityProvider(db: Db, key: string): Promise<void> {
  await db.deleteFrom('identity_providers').where('key', '=', key).execute()
}

type NamedTable = 'attributes' | 'purposes' | 'journeys' | 'policies'

export async function saveDefinition(db: Db, table: NamedTable, { key, definition }: Entry): Promise<void> {
  const row = { name: key, definition: JSON.stringify(definition) }
  await db
    .insertInto(table)
    .values(row)
    .onConflict((conflict) => conflict.column('name').doUpdateSet({ definition: row.definition }))
    .execute()
}

export async function deleteDefinition(db: Db, table: NamedTable, name: string): Promise<void> {
  await db.deleteFrom(table).where('name', '=', name).execute()
}

export async function deleteRecipient(db: Db, key: string): Promise<void> {
  await db.deleteFrom('recipients').where('key', '=', key).execute()
}

export async function deleteClient(db: Db, id: string): Promise<void> {
  await db.deleteFrom('clients').where('id', '=', id).execute()
}

/**
 * Whether customers have subjects in this sector. Reads a table of accounts, because the rule that a sector is fixed belongs to the group
 * and `apply` is the only one that asks; the table has no index for it, which a rare change can bear.
 */
export async function sectorHasSubjects(db: Db, sector: string): Promise<boolean> {
  const { rows } = await sql<{ found: boolean }>`select exists (select 1 from subjects where sector = ${sector}) as found`.execute(db)
  return rows[0]?.found === true
}
