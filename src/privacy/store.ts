import { sql } from 'kysely'
import type { Db } from '../store/db.ts'
import type { AccountId } from '../store/ids.ts'
import type { PersonalTable } from './personal-tables.ts'

/** A row as PostgreSQL has it. */
export type Row = Readonly<Record<string, unknown>>

/** The rows of one account in one table, at most `limit`. */
export async function rowsOfAccount(
  db: Db,
  { table, rowsOf }: PersonalTable,
  accountId: AccountId,
  limit: number,
): Promise<readonly Row[]> {
  const { rows } = await sql<Row>`select * from ${sql.table(table)} where ${rowsOf(accountId)} limit ${limit}`.execute(db)
  return rows
}

/** Removes them. Nothing happens when there are none. */
export async function deleteRowsOfAccount(db: Db, { table, rowsOf }: PersonalTable, accountId: AccountId): Promise<void> {
  await sql`delete from ${sql.table(table)} where ${rowsOf(accountId)}`.execute(db)
}

/** Every MAC of the list, with its day. */
export async function listErased(db: Db): Promise<readonly { readonly mac: Buffer; readonly day: string }[]> {
  return db
    .selectFrom('erased_accounts')
    .select(['account_mac as mac', sql<string>`to_char(erased_on, 'YYYY-MM-DD')`.as('day')])
    .execute()
}

/** How many of them were not there yet. */
export async function insertErased(db: Db, entries: readonly { readonly mac: Buffer; readonly day: string }[]): Promise<number> {
  if (entries.length === 0) return 0
  const { numInsertedOrUpdatedRows } = await db
    .insertInto('erased_accounts')
    .values(entries.map(({ mac, day }) => ({ account_mac: mac, erased_on: day })))
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirstOrThrow()
  return Number(numInsertedOrUpdatedRows)
}
