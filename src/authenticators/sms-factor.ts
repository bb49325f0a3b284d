import { sql } from 'kysely'
import type { Clock } from '../ports/clock.ts'
import type { Random } from '../ports/random.ts'
import type { Db } from '../store/db.ts'
import type { AccountId } from '../store/ids.ts'

/** Codes to the customer's phone as a second factor, which they turn on. */
export interface SmsFactor {
  /**
   * False: it was on.
   *
   * @param settlesAt from when on it raises the level of a sign-in: a number that took another's place is asked, and counts for nothing until its
   * owner had the time to say no (MFA-18)
   */
  turnOn(tx: Db, accountId: AccountId, settlesAt: Date): Promise<boolean>
  /** The number was changed: from now on until then it counts for nothing. */
  unsettle(tx: Db, accountId: AccountId, settlesAt: Date): Promise<void>
  /** False: it was off. */
  turnOff(tx: Db, accountId: AccountId): Promise<boolean>
}

/** One row an account, which holds no number: that is its identifier's. */
export function createSmsFactor({ clock, random }: { readonly clock: Clock; readonly random: Random }): SmsFactor {
  return {
    async turnOn(tx, accountId, settlesAt) {
      const part = { public_part: partOf(settlesAt), secret_sealed: null, label_sealed: null, last_used_at: null }
      const { numInsertedOrUpdatedRows } = await tx
        .insertInto('authenticators')
        .values({ account_id: accountId, id: random.uuid(), kind: 'sms_otp', created_at: clock(), ...part })
        // a literal: only so does PostgreSQL find the partial index whatever its plan
        .onConflict((conflict) => conflict.column('account_id').where('kind', '=', sql.lit('sms_otp')).doNothing())
        .executeTakeFirstOrThrow()
      return numInsertedOrUpdatedRows === 1n
    },
    async unsettle(tx, accountId, settlesAt) {
      await tx
        .updateTable('authenticators')
        .set({ public_part: partOf(settlesAt) })
        .where('account_id', '=', accountId)
        .where('kind', '=', 'sms_otp')
        .execute()
    },
    async turnOff(tx, accountId) {
      const { numDeletedRows } = await tx
        .deleteFrom('authenticators')
        .where('account_id', '=', accountId)
        .where('kind', '=', 'sms_otp')
        .executeTakeFirst()
      return numDeletedRows === 1n
    },
  }
}

const partOf = (settlesAt: Date): string => JSON.stringify({ settles_at: settlesAt.toISOString() })
