import type { Accounts } from '../accounts/index.ts'
import type { Db } from '../store/db.ts'
import type { AccountId } from '../store/ids.ts'
import type { Vault } from '../vault/index.ts'
import { type Opened, PERSONAL_TABLES, type PersonalTable, SECTIONS, type Section, type Withheld } from './personal-tables.ts'
import { type Row, rowsOfAccount } from './store.ts'

/** Everything that is stored about one person, readable, in the order of the archive. */
export interface Collected {
  readonly account: AccountId
  /** RFC 3339. */
  readonly collected_at: string
  readonly tables: readonly CollectedTable[]
}

export interface CollectedTable {
  readonly table: string
  readonly section: Section
  readonly rows: readonly Row[]
  /** Column → why it is not handed over. */
  readonly withheld: Readonly<Record<string, Withheld>>
  /** There are more rows than an archive takes. */
  readonly more: boolean
}

export interface CollectDeps {
  readonly db: Db
  readonly vault: Pick<Vault, 'open' | 'openSystem'>
  readonly accounts: Pick<Accounts, 'closing'>
}

/** Of one table. More than anybody has; without a bound one account could fill the memory of a process. */
const MOST_ROWS = 20_000

/** Reads every table of the list for the account and those it absorbed, opens what is sealed, and leaves out what is withheld. */
export async function collect(deps: CollectDeps, accountId: AccountId, now: Date): Promise<Collected> {
  const own = await deps.accounts.closing.own(deps.db, accountId)
  const inOrder = PERSONAL_TABLES.toSorted((a, b) => SECTIONS.indexOf(a.section) - SECTIONS.indexOf(b.section))
  const tables: CollectedTable[] = []
  for (const table of inOrder) {
    const rows: Row[] = []
    let more = false
    for (const id of own.toReversed()) {
      const found = await rowsOfAccount(deps.db, table, id, MOST_ROWS + 1)
      more ||= found.length > MOST_ROWS
      for (const row of found.slice(0, MOST_ROWS)) rows.push(await readable(deps, table, id, row))
    }
    if (rows.length > 0) tables.push({ table: table.table, section: table.section, rows, withheld: table.withheld ?? {}, more })
  }
  return { account: accountId, collected_at: now.toISOString(), tables }
}

async function readable(deps: CollectDeps, { table, opened = {}, withheld = {} }: PersonalTable, owner: AccountId, row: Row): Promise<Row> {
  const entries: [string, unknown][] = []
  for (const [column, value] of Object.entries(row)) {
    const how = opened[column]
    if (how) entries.push([column.replace(/_sealed$/, ''), await open(deps, { table, column, owner }, how, value)])
    else if (!(column in withheld)) entries.push([column, plain(value)])
  }
  return Object.fromEntries(entries)
}

async function open(
  { db, vault }: CollectDeps,
  { table, column, owner }: { readonly table: string; readonly column: string; readonly owner: AccountId },
  { by, as }: Opened,
  value: unknown,
): Promise<unknown> {
  if (!(value instanceof Buffer)) return null
  const field = `${table}.${column}` as const
  const text = by === 'account' ? await vault.open(db, owner, field, value) : await vault.openSystem(field, value)
  if (typeof as === 'function') return as(text)
  return as === 'json' ? JSON.parse(text) : text
}

/** PostgreSQL's infinities arrive as numbers that JSON does not know. */
function plain(value: unknown): unknown {
  if (value instanceof Date) return value.toISOString()
  return typeof value === 'number' && !Number.isFinite(value) ? null : value
}
