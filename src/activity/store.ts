import { type Selectable, sql } from 'kysely'
import type { Db } from '../store/db.ts'
import type { AccountId } from '../store/ids.ts'
import type { NewSignIn } from './index.ts'
import type { SignInsTable } from './tables.ts'

export type StoredSignIn = Selectable<SignInsTable>

/** A data-modifying query whose values are numbered by `value`, for a larger statement. */
export type SignInFragment = (value: (value: unknown, type: string) => string) => string

export interface SignInRow extends NewSignIn {
  readonly id: string
  readonly bucket: number
  readonly sealed: { readonly device: Buffer; readonly address: Buffer }
}

/** The insert, which looks for the browser among the known ones on the way. */
export const insertion =
  (row: SignInRow): SignInFragment =>
  (value) => {
    const account = value(row.accountId, 'uuid')
    const device = value(row.deviceHash ?? null, 'bytea')
    const { session } = row
    return `insert into sign_ins (account_id, bucket, id, at, client_id, acr, amr, device_known, device_hash, device_sealed, address_sealed,
        session_routing, session_bucket, session_hash)
      select ${account}, ${value(row.bucket, 'smallint')}, ${value(row.id, 'uuid')}, ${value(row.at, 'timestamptz')}, ${value(row.client_id, 'text')},
        ${value(row.acr, 'text')}, ${value([...row.amr], 'text[]')},
        exists (select 1 from known_devices d where d.account_id = ${account} and d.device_hash = ${device}
          and d.first_used_at < ${value(row.begun, 'timestamptz')}),
        ${device}, ${value(row.sealed.device, 'bytea')}, ${value(row.sealed.address, 'bytea')},
        ${value(session?.routing ?? null, 'smallint')}, ${value(session?.bucket ?? null, 'smallint')}, ${value(session?.hash ?? null, 'bytea')}`
  }

/** Sign-ins of an account, the latest first: all, those before one of them, or that one alone. */
export async function listSignIns(
  db: Db,
  accountId: AccountId,
  { before, id, limit }: { readonly before?: string | undefined; readonly id?: string; readonly limit: number },
): Promise<readonly StoredSignIn[]> {
  const own = db.selectFrom('sign_ins').selectAll().where('account_id', '=', accountId)
  const named = id === undefined ? own : own.where('id', '=', id)
  const older = sql<boolean>`(at, id) < (select at, id from sign_ins where account_id = ${accountId} and id = ${before ?? null})`
  return (before === undefined ? named : named.where(older)).orderBy('at', 'desc').orderBy('id', 'desc').limit(limit).execute()
}

/** Gives one sign-in to another account, sealed anew. */
export async function takeOver(
  tx: Db,
  { from, bucket, id }: { readonly from: AccountId; readonly bucket: number; readonly id: string },
  to: AccountId,
  sealed: Pick<StoredSignIn, 'device_sealed' | 'address_sealed'>,
): Promise<void> {
  await tx
    .updateTable('sign_ins')
    .set({ account_id: to, ...sealed })
    .where('account_id', '=', from)
    .where('bucket', '=', bucket)
    .where('id', '=', id)
    .execute()
}

/** Removes addresses of sign-ins that go on this day or earlier, at most `limit`. */
export async function forgetAddresses(db: Db, bucket: number, limit: number): Promise<number> {
  const { numUpdatedRows } = await db
    .updateTable('sign_ins')
    .set({ address_sealed: null })
    .where(({ eb, refTuple, selectFrom }) =>
      eb(
        refTuple('account_id', 'bucket', 'id'),
        'in',
        selectFrom('sign_ins')
          .select(['account_id', 'bucket', 'id'])
          .where('bucket', '<=', bucket)
          .where('address_sealed', 'is not', null)
          .limit(limit)
          .$asTuple('account_id', 'bucket', 'id'),
      ),
    )
    .executeTakeFirstOrThrow()
  return Number(numUpdatedRows)
}
