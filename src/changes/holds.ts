import type { Db } from '../store/db.ts'
import type { AccountId } from '../store/ids.ts'
import type { Held, HoldsTable } from './tables.ts'

/** Why something is on hold: each has its words on the page that says so. */
export const HOLD_REASONS = ['recovery_code', 'undone', 'unused_codes'] as const
export type HoldReason = (typeof HOLD_REASONS)[number]

/** Something of an account that waits. */
export interface Hold {
  readonly what: Held
  readonly because: HoldReason
  readonly since: Date
  readonly until: Date
}

/** A proof of who the customer is: how strong, and when at the earliest its parts were given. */
export interface Proof {
  readonly level: string | undefined
  readonly at: Date
}

/** How long a second factor from paper holds changes (MFA-19), how long "this wasn't me" does, and how long codes are not sent (MFA-21). */
export const HOLD_S = { recovery_code: 24 * 3_600, undone: 72 * 3_600, unused_codes: 3_600 } as const satisfies Record<HoldReason, number>

/** Only a passkey lifts a hold, and only a proof that is younger: one that was given before it may be what it is there for (MFA-35). */
export const isLifted = ({ since }: Pick<Hold, 'since'>, { level, at }: Proof): boolean => level === 'phr' && at > since

/** Puts something on hold, in the transaction of what it is held for. One that lasts longer stays as it is. */
export async function putHold(tx: Db, accountId: AccountId, what: Held, because: HoldReason, since: Date): Promise<void> {
  const row = { what, because, since, until: new Date(since.getTime() + HOLD_S[because] * 1000) }
  await tx
    .insertInto('holds')
    .values({ account_id: accountId, ...row })
    .onConflict((conflict) =>
      conflict.columns(['account_id', 'what']).doUpdateSet((eb) => ({
        since: eb.fn('greatest', ['holds.since', 'excluded.since']),
        until: eb.fn('greatest', ['holds.until', 'excluded.until']),
        because: eb
          .case()
          .when('holds.until', '>', eb.ref('excluded.until'))
          .then(eb.ref('holds.because'))
          .else(eb.ref('excluded.because'))
          .end(),
      })),
    )
    .execute()
}

/** What is on hold now. */
export async function findHold(db: Db, accountId: AccountId, what: Held, now: Date): Promise<Hold | undefined> {
  const row = await db
    .selectFrom('holds')
    .select(['what', 'because', 'since', 'until'])
    .where('account_id', '=', accountId)
    .where('what', '=', what)
    .where('until', '>', now)
    .executeTakeFirst()
  return row && asHold(row)
}

/** A word that a later version holds for is taken for the one that says the least. */
const asHold = (row: Omit<HoldsTable, 'account_id'>): Hold => ({
  ...row,
  because: HOLD_REASONS.find((known) => known === row.because) ?? 'undone',
})

export async function liftHold(tx: Db, accountId: AccountId, what: Held): Promise<void> {
  await tx.deleteFrom('holds').where('account_id', '=', accountId).where('what', '=', what).execute()
}

/** Leaves with at most `limit` holds that are over. */
export async function deleteOldHolds(db: Db, now: Date, limit: number): Promise<number> {
  const { numDeletedRows } = await db
    .deleteFrom('holds')
    .where(({ eb, refTuple, selectFrom }) =>
      eb(
        refTuple('account_id', 'what'),
        'in',
        selectFrom('holds').select(['account_id', 'what']).where('until', '<', now).limit(limit).$asTuple('account_id', 'what'),
      ),
    )
    .executeTakeFirst()
  return Number(numDeletedRows)
}
