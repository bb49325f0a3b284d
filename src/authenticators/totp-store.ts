import { sql } from 'kysely'
import { z } from 'zod'
import { isOwnOrAbsorbed } from '../accounts/index.ts'
import type { Db } from '../store/db.ts'
import type { AccountId } from '../store/ids.ts'

const publicPart = z.object({ last_step: z.number().int() })

/** An authenticator app as it is stored. */
export interface StoredTotp {
  readonly account_id: AccountId
  readonly id: string
  readonly secret_sealed: Buffer
  /** The latest time step a code was accepted of. */
  readonly last_step: number
}

/** The authenticator app of an account, if it has one, and those of accounts it absorbed. */
export async function listTotp(db: Db, accountId: AccountId): Promise<readonly StoredTotp[]> {
  const rows = await db
    .selectFrom('authenticators')
    .select(['account_id', 'id', 'secret_sealed', 'public_part'])
    .where(isOwnOrAbsorbed('account_id', accountId))
    .where('kind', '=', 'totp')
    .execute()
  return rows.flatMap(({ account_id, id, secret_sealed, public_part }) =>
    secret_sealed ? [{ account_id, id, secret_sealed, ...publicPart.parse(public_part) }] : [],
  )
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

/** Those of accounts it absorbed, too. False when the account had none. */
export async function deleteTotp(tx: Db, accountId: AccountId): Promise<boolean> {
  const { numDeletedRows } = await tx
    .deleteFrom('authenticators')
    .where(isOwnOrAbsorbed('account_id', accountId))
    .where('kind', '=', 'totp')
    .executeTakeFirst()
  return numDeletedRows > 0n
}
