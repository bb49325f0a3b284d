import { z } from 'zod'
import { isOwnOrAbsorbed } from '../accounts/index.ts'
import type { Db } from '../store/db.ts'
import type { AccountId } from '../store/ids.ts'

/** For which account a code was made, where that is not the row's: codes of an account that was absorbed stay good. */
const publicPart = z.object({ made_for: z.string() }).nullable()

/** A recovery code as it is stored. */
export interface StoredRecoveryCode {
  readonly account_id: AccountId
  readonly id: string
  readonly mac: Buffer
  /** The account whose id is in the MAC. */
  readonly madeFor: AccountId
}

/** The codes of an account that are left, and of those it absorbed. */
export async function listRecoveryCodes(db: Db, accountId: AccountId): Promise<readonly StoredRecoveryCode[]> {
  const rows = await db
    .selectFrom('authenticators')
    .select(['account_id', 'id', 'secret_sealed', 'public_part'])
    .where(isOwnOrAbsorbed('account_id', accountId))
    .where('kind', '=', 'recovery_code')
    .execute()
  return rows.flatMap(({ account_id, id, secret_sealed: mac, public_part }) => {
    const madeFor = (publicPart.parse(public_part)?.made_for ?? account_id) as AccountId // written from one
    return mac ? [{ account_id, id, mac, madeFor }] : []
  })
}

export async function putRecoveryCode(
  tx: Db,
  accountId: AccountId,
  { id, mac, now }: { id: string; mac: Buffer; now: Date },
): Promise<void> {
  const unused = { public_part: null, label_sealed: null, last_used_at: null }
  await tx
    .insertInto('authenticators')
    .values({ account_id: accountId, id, kind: 'recovery_code', secret_sealed: mac, created_at: now, ...unused })
    .onConflict((conflict) =>
      conflict.columns(['account_id', 'id']).doUpdateSet({ secret_sealed: mac, created_at: now, public_part: null }),
    )
    .execute()
}

/** Those that are in none of these places of the account's own. */
export async function deleteOtherRecoveryCodes(tx: Db, accountId: AccountId, places: readonly string[]): Promise<void> {
  await tx
    .deleteFrom('authenticators')
    .where(isOwnOrAbsorbed('account_id', accountId))
    .where('kind', '=', 'recovery_code')
    .where((is) => is.not(is.and([is('account_id', '=', accountId), is('id', 'in', places)])))
    .execute()
}

/** False: it was used meanwhile, or another code is in its place. */
export async function deleteRecoveryCode(tx: Db, { account_id, id, mac }: StoredRecoveryCode): Promise<boolean> {
  const { numDeletedRows } = await tx
    .deleteFrom('authenticators')
    .where('account_id', '=', account_id)
    .where('id', '=', id)
    .where('kind', '=', 'recovery_code')
    .where('secret_sealed', '=', mac)
    .executeTakeFirst()
  return numDeletedRows === 1n
}
