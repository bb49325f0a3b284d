import type { Store } from '../../src/store/db.ts'
import type { AccountId } from '../../src/store/ids.ts'
import { type Vault, VaultError } from '../../src/vault/index.ts'

/**
 * What a thief reads who has a dump and `ATRIUM_DATA_KEYS` as well: every row as PostgreSQL prints it, every word of it that hex or base64 hides, and
 * every sealed value that a key of the system or of the named accounts opens.
 */
export async function openedDump({ db, pool }: Pick<Store, 'db' | 'pool'>, vault: Vault, accounts: readonly string[]): Promise<string> {
  const { rows: columns } = await pool.query<{ table: string; columns: string[] }>(
    `select c.table_name as table, array_agg(c.column_name::text) as columns from information_schema.columns c
     join pg_class r on r.relname = c.table_name and r.relnamespace = 'public'::regnamespace and not r.relispartition and r.relkind in ('r', 'p')
     where c.table_schema = 'public' group by 1`,
  )
  const found: string[] = []
  for (const { table, columns: names } of columns) {
    const { rows } = await pool.query<Record<string, unknown> & { as_text: string }>(`select *, t::text as as_text from ${table} t`)
    for (const { as_text, ...row } of rows) {
      const words = as_text.split(/[^A-Za-z0-9+/_-]+/).filter((word) => word.length >= 8)
      found.push(
        as_text,
        ...words.flatMap((word) => [Buffer.from(word, 'hex'), Buffer.from(word, 'base64')]).map((b) => b.toString('latin1')),
      )
      for (const name of names.filter((each) => each.endsWith('_sealed')))
        if (row[name] instanceof Buffer) found.push(...(await opened(db, vault, `${table}.${name}`, row[name], accounts)))
    }
  }
  return found.join('\n').toLowerCase()
}

async function opened(
  db: Store['db'],
  vault: Vault,
  field: `${string}.${string}`,
  sealed: Buffer,
  accounts: readonly string[],
): Promise<string[]> {
  const tries = [
    () => vault.openSystem(field, sealed),
    ...accounts.map((id) => async () => (await vault.openBytes(db, id as AccountId, field, sealed)).toString('latin1')),
  ]
  const texts = await Promise.all(tries.map((attempt) => attempt().catch(nothing)))
  return texts.filter((text) => text !== undefined)
}

function nothing(error: unknown): undefined {
  if (error instanceof VaultError || error instanceof TypeError) return undefined
  throw error
}
