import type { Random } from '../ports/random.ts'
import type { Db } from '../store/db.ts'
import type { AccountId, ClientId } from '../store/ids.ts'
import { deleteOldNotices, insertNotice, listNotices } from './notice-store.ts'
import type { NoticeKind } from './tables.ts'

/** Something that Atrium did to protect an account, and that its owner is told. */
export interface Notice {
  readonly kind: NoticeKind
  /** Where it happened. */
  readonly client_id: ClientId
  readonly at: Date
}

/** What a customer should know happened to the account, kept for a while and shown on the account's own pages. */
export interface Notices {
  /** Adds one, in the transaction that did it. */
  add(db: Db, accountId: AccountId, notice: Notice): Promise<void>
  /** Those of the last {@link SHOWN_S}, the latest first, at most {@link MOST_SHOWN}. */
  recent(db: Db, accountId: AccountId, now: Date): Promise<readonly Notice[]>
  /** Removes some that are older than {@link KEPT_S}. Returns how many. */
  sweep(db: Db, now: Date): Promise<number>
}

const DAY_S = 86_400
const SHOWN_S = 90 * DAY_S
const KEPT_S = 400 * DAY_S
const MOST_SHOWN = 5
const SWEEP_AT_ONCE = 1_000

/** Notices in the table `account_notices`. */
export function createNotices({ random }: { readonly random: Random }): Notices {
  const before = (now: Date, seconds: number): Date => new Date(now.getTime() - seconds * 1000)
  return {
    add: (db, accountId, notice) => insertNotice(db, { account_id: accountId, id: random.uuid(), ...notice }),
    recent: (db, accountId, now) => listNotices(db, accountId, { since: before(now, SHOWN_S), limit: MOST_SHOWN }),
    sweep: (db, now) => deleteOldNotices(db, before(now, KEPT_S), SWEEP_AT_ONCE),
  }
}
