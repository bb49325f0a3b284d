import { sql } from 'kysely'
import { z } from 'zod'
import type { Db } from '../store/db.ts'
import type { AccountId } from '../store/ids.ts'

const publicPart = z.object({ last_step: z.number().int() })

/** An authenticator app as it is stored. */
export interface StoredTotp {
  readonly id: string
  readonly secret_sealed: Buffer
  /** The latest time step a code was accepted of. */
  readonly last_step: number
}

/** The authenticator app of an account, if it has one. */
export async function findTotp(db: Db, accountId: AccountId): Promise<StoredTotp | undefined> {
  const row = await db
    .selectFrom('authenticators')
    .select(['id', 'secret_sealed', 'public_part'])
    .where('account_id', '=', accountId)
    .where('kind', '=', 'totp')
    .executeTakeFirst()
  if (!row?.secret_sealed) return undefined
  return { id: row.id, secret_sealed: row.secret_sealed, ...publicPart.parse(row.public_part) }
}

/** Writes the one secret of an account over the one before. */
export async function putTotp(
  db: Db,
  accountId: AccountId,
  { id, sealed, lastStep, now }: { id: string; sealed: Buffer; lastStep: number; now: Date },
): Promise<void> {
  const columns = { id, secret_sealed: sealed, public_part: JSON.stringify({ last_step: lastStep }), created_at: now, last_used_at: now }
  await db
    .insertInto('authenticators')
    .values({ account_id: accountId, kind: 'totp', label_sealed: null, ...columns })
    .onConflict((conflict) =>
      conflict
        .column('account_id')
        .where('kind', '=', sql.lit('totp')) // a literal: only so does PostgreSQL find the partial index whatever its plan
        .doUpdateSet(columns),
    )
    .execute()
}

/** Moves the accepted time step forward, and only forward: of two uses of one code, one counts (MFA-13). */
export async function spendTimeStep(
  tx: Db,
  accountId: AccountId,
  { id, step, now }: { id: string; step: number; now: Date },
): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable('authenticators')
    .set({ public_part: JSON.stringify({ last_step: step }), last_used_at: now })
    .where('account_id', '=', accountId)
    .where('id', '=', id)
    .where(sql<boolean>`(public_part ->> 'last_step')::bigint < ${step}`)
    .executeTakeFirst()
  return numUpdatedRows === 1n
}

/** False when the account had none. */
export async function deleteTotp(tx: Db, accountId: AccountId): Promise<boolean> {
  const { numDeletedRows } = await tx
    .deleteFrom('authenticators')
    .where('account_id', '=', accountId)
    .where('kind', '=', 'totp')
    .executeTakeFirst()
  return numDeletedRows === 1n
}
