import { type RawBuilder, sql } from 'kysely'
import type { Db } from '../store/db.ts'
import type { AccountId } from '../store/ids.ts'

/**
 * The queries of a data key rotation: which key-encryption key each stored key is wrapped with, page by page, so that no statement is long however
 * many accounts there are. What a wrapped key is wrapped with stands in its own header (RFC 7516 §4.1.6).
 */

const header = sql.raw(`split_part(wrapped, '.', 1)`)
const kidOf: RawBuilder<string> = sql`(convert_from(decode(rpad(translate(${header}, '-_', '+/'), (length(${header}) + 3) / 4 * 4, '='), 'base64'), 'utf8')::json ->> 'kid')`

/** Where a page ended. */
export interface Place {
  readonly account_id: AccountId
  readonly number: number
}
export const START: Place = { account_id: '00000000-0000-0000-0000-000000000000' as AccountId, number: 0 } // sorts before every UUIDv7

/** Counts of one page, and where the next begins. */
export interface Counted {
  readonly counts: Readonly<Record<string, number>>
  readonly last: Place | null
}

/** How many account keys of one page each key-encryption key wraps. */
export async function countAccountKeys(db: Db, { account_id, number }: Place, limit: number): Promise<Counted> {
  const { rows } = await sql<Counted>`
    with page as (select account_id, number, wrapped from account_keys
      where (account_id, number) > (${account_id}::uuid, ${number}) order by account_id, number limit ${limit})
    select coalesce((select jsonb_object_agg(kid, n) from (select ${kidOf} as kid, count(*) as n from page group by 1) counted), '{}') as counts,
      (select jsonb_build_object('account_id', account_id, 'number', number) from page order by account_id desc, number desc limit 1) as last`.execute(
    db,
  )
  return rows[0] ?? { counts: {}, last: null }
}

/** How many of the server's own keys each key-encryption key wraps. */
export async function countVaultKeys(db: Db): Promise<Readonly<Record<string, number>>> {
  const { rows } = await sql<{ kid: string; n: number }>`select ${kidOf} as kid, count(*) as n from vault_keys group by 1`.execute(db)
  return Object.fromEntries(rows.map(({ kid, n }) => [kid, n]))
}

/** An account key of a page. */
export interface WrappedAccountKey extends Place {
  /** Null when it is wrapped with the wanted key already. */
  readonly wrapped: string | null
}

/** One page of account keys, with those that another key than this one wraps. */
export async function pageOfAccountKeys(db: Db, kid: string, after: Place, limit: number): Promise<readonly WrappedAccountKey[]> {
  const { rows } = await sql<WrappedAccountKey>`
    select account_id, number, case when ${kidOf} <> ${kid} then wrapped end as wrapped from account_keys
    where (account_id, number) > (${after.account_id}::uuid, ${after.number}) order by account_id, number limit ${limit}`.execute(db)
  return rows
}

/** A key as it was read and as it is to be. */
export interface Rewrapped<Key> {
  readonly key: Key
  readonly before: string
  readonly after: string
}

/** Changes what is as it was read: a key that was destroyed or changed meanwhile is left alone. */
export async function replaceAccountKeys(db: Db, rows: readonly Rewrapped<Place>[]): Promise<void> {
  await sql`update account_keys k set wrapped = v.after
    from unnest(${rows.map((r) => r.key.account_id)}::uuid[], ${rows.map((r) => r.key.number)}::int[], ${rows.map((r) => r.before)}::text[],
      ${rows.map((r) => r.after)}::text[]) as v (account_id, number, before, after)
    where k.account_id = v.account_id and k.number = v.number and k.wrapped = v.before`.execute(db)
}

/** One rotation at a time, for as long as the connection lives. False: another one is under way. */
export async function lockRotation(connection: Db): Promise<boolean> {
  const { rows } = await sql<{ got: boolean }>`select pg_try_advisory_lock(hashtextextended('atrium.data_keys', 0)) as got`.execute(
    connection,
  )
  return rows[0]?.got === true
}

/** Ends what `lockRotation` began, on the same connection. */
export async function unlockRotation(connection: Db): Promise<void> {
  await sql`select pg_advisory_unlock(hashtextextended('atrium.data_keys', 0))`.execute(connection)
}
