import { z } from 'zod'
import type { Db } from '../store/db.ts'
import type { AccountId, AttributeName, PurposeName, RecipientKey } from '../store/ids.ts'
import { deleteGrant, listGrants, putGrant } from './store.ts'
import { type Grant, type GrantChange, grantChanges, type SharingSide, standingChanges, stricterConsent } from './stricter-consent.ts'

/** One of two accounts that become one. */
export interface JoinSide {
  readonly accountId: AccountId
  /** Recipients that know it by a subject. */
  readonly known: ReadonlySet<RecipientKey>
}

const instant = z.coerce.date()
const changeSchema = z.object({
  recipient: z.string().transform((key) => key as RecipientKey), // written below from a grant
  purpose: z.string().transform((name) => name as PurposeName),
  attribute: z.string().transform((name) => name as AttributeName),
  before: z.object({ granted_at: instant, ends_at: instant.nullable() }).nullable(),
  after: z.object({ granted_at: instant, ends_at: instant.nullable() }),
})

const sideOf = async (db: Db, { accountId, known }: JoinSide): Promise<SharingSide> => ({ grants: await listGrants(db, accountId), known })

export async function sharedTogether(db: Db, survivor: JoinSide, absorbed: JoinSide, now: Date): Promise<readonly Grant[]> {
  return stricterConsent(await sideOf(db, survivor), await sideOf(db, absorbed), now)
}

/**
 * Has the survivor share what both share. The absorbed account's grants stay as they are, and count for nothing while it is no account of its own.
 *
 * @returns what was changed, to be kept as JSON
 */
export async function joinSharing(tx: Db, survivor: JoinSide, absorbed: JoinSide, now: Date): Promise<readonly GrantChange[]> {
  const own = await sideOf(tx, survivor)
  const changes = grantChanges(own, stricterConsent(own, await sideOf(tx, absorbed), now), now)
  for (const { recipient, purpose, attribute, after } of changes)
    await putGrant(tx, { account_id: survivor.accountId, recipient, purpose, attribute, ...after })
  return changes
}

/** @param joined what {@link joinSharing} gave, read from JSON */
export async function partSharing(tx: Db, survivor: AccountId, joined: unknown): Promise<void> {
  const changes = z.array(changeSchema).parse(joined)
  for (const { recipient, purpose, attribute, before } of standingChanges(await listGrants(tx, survivor), changes)) {
    if (before) await putGrant(tx, { account_id: survivor, recipient, purpose, attribute, ...before })
    else await deleteGrant(tx, survivor, { recipient, purpose, attribute })
  }
}
