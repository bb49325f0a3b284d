import type { Db } from '../store/db.ts'
import type { AccountId } from '../store/ids.ts'

/** Whether a customer is asked, after a password, if they want a passkey (MFA-9). */
export interface PasskeyOffers {
  /** Not within {@link QUIET_S} after a "not now", and never after a "don't ask again". */
  mayAsk(db: Db, accountId: AccountId, now: Date): Promise<boolean>
  /** The account is another's now. */
  forget(tx: Db, accountId: AccountId): Promise<void>
  /** The customer said no, for now or for good. */
  decline(tx: Db, accountId: AccountId, no: { readonly forGood: boolean; readonly now: Date }): Promise<void>
}

const QUIET_S = 30 * 86_400

/** Answers in the table `passkey_offers`. */
export const passkeyOffers: PasskeyOffers = {
  async mayAsk(db, accountId, now) {
    const declined = await db
      .selectFrom('passkey_offers')
      .select(['declined_at', 'for_good'])
      .where('account_id', '=', accountId)
      .executeTakeFirst()
    return !declined || (!declined.for_good && declined.declined_at.getTime() + QUIET_S * 1000 <= now.getTime())
  },

  async forget(tx, accountId) {
    await tx.deleteFrom('passkey_offers').where('account_id', '=', accountId).execute()
  },

  async decline(tx, accountId, { forGood, now }) {
    const answer = { declined_at: now, for_good: forGood }
    await tx
      .insertInto('passkey_offers')
      .values({ account_id: accountId, ...answer })
      .onConflict((conflict) => conflict.column('account_id').doUpdateSet(answer))
      .execute()
  },
}
