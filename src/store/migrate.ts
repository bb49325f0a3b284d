import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Migrator } from 'kysely/migration'
import pg from 'pg'
import { StoreRefused } from './store-refused.ts'

const FOLDER = fileURLToPath(new URL('../../migrations/', import.meta.url))
const TABLE = 'schema_migrations'

export interface MigrateOptions {
  /** Stop after this migration. */
  readonly to?: string
  /** Tell what would run, and run nothing. */
  readonly dryRun?: boolean
}

/**
 * Brings the schema up to this version's migrations and returns those that ran (or, with `dryRun`, would run), in order.
 *
 * Safe when several processes start at once: one migrates, the others wait. A database that a newer version has already migrated is left as it is,
 * since two versions run against one schema during a rollout (design.md decision 9).
 */
export async function migrate(url: string, { to, dryRun = false }: MigrateOptions = {}): Promise<{ name: string }[]> {
  const pending = await pendingMigrations(url, to)
  const last = pending.at(-1)
  if (last === undefined || dryRun) return pending.map((name) => ({ name }))
  return withMigrator(url, async (migrator) => {
    const { error, results = [] } = await migrator.migrateTo(last)
    const failed = results.find((r) => r.status === 'Error')
    if (failed) throw new Error(`migration ${failed.migrationName} failed; its changes were rolled back`, { cause: error })
    if (error) throw new Error('migrations could not run', { cause: error })
    return results.map((r) => ({ name: r.migrationName }))
  })
}

/** Names of the migrations of this version that the database has not seen, oldest first; at most up to `to`. */
export async function pendingMigrations(url: string, to?: string): Promise<string[]> {
  const ours = await ownMigrations()
  if (to !== undefined && !ours.includes(to)) throw new StoreRefused(`no migration is called ${to}; the last one is ${ours.at(-1)}`)
  const wanted = to === undefined ? ours : ours.slice(0, ours.indexOf(to) + 1)
  const ran = await executedMigrations(url)
  return wanted.filter((name) => !ran.has(name))
}

/** Names of this version's migrations, oldest first. */
export async function ownMigrations(): Promise<string[]> {
  const files = await readdir(FOLDER)
  const names = files.filter((file) => /^\d{4}-.*(?<!\.d)\.[jt]s$/.test(file))
  return names.map((file) => file.slice(0, file.lastIndexOf('.'))).sort()
}

async function executedMigrations(url: string): Promise<Set<string>> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000, application_name: 'atrium migrate' })
  await client.connect()
  try {
    const found = await client.query<{ present: boolean }>('select to_regclass($1) is not null as present', [TABLE])
    if (!found.rows[0]?.present) return new Set()
    const ran = await client.query<{ name: string }>(`select name from ${TABLE}`)
    return new Set(ran.rows.map((row) => row.name))
  } finally {
    await client.end()
  }
}

/** Loaded only when something is pending: a start on a current schema pays neither for the migrator nor for the migrations. */
async function withMigrator<T>(url: string, work: (migrator: Migrator) => Promise<T>): Promise<T> {
  const { Kysely, PostgresDialect } = await import('kysely')
  const { FileMigrationProvider, Migrator } = await import('kysely/migration')
  // no statement timeout: a backfill may take its time, and holds no lock that blocks
  const db = new Kysely<unknown>({ dialect: new PostgresDialect({ pool: new pg.Pool({ connectionString: url, max: 2 }) }) })
  const provider = new FileMigrationProvider({ fs: { readdir }, path: { join }, migrationFolder: FOLDER })
  try {
    return await work(new Migrator({ db, provider, migrationTableName: TABLE, migrationLockTableName: `${TABLE}_lock` }))
  } finally {
    await db.destroy()
  }
}
