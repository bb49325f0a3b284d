import type { Db } from '../store/db.ts'
import type { AccountId, AttributeName, PurposeName, RecipientKey } from '../store/ids.ts'
import { KNOWN } from './known.ts'
import { listLiveGrantRows } from './store.ts'

/** What was agreed to at one moment, for one purpose, for the same time. */
export interface Consent {
  readonly purpose: PurposeName
  readonly attributes: readonly AttributeName[]
  readonly since: Date
  /** Null: until the customer stops it. */
  readonly until: Date | null
}

/** What a customer shares with one recipient as of now. That they let themselves be known there is no attribute and is left out. */
export async function listConsents(
  db: Db,
  accountId: AccountId,
  at: { readonly recipient: RecipientKey; readonly now: Date },
): Promise<readonly Consent[]> {
  const rows = (await listLiveGrantRows(db, accountId, at)).filter(({ attribute }) => attribute !== KNOWN)
  const together = Map.groupBy(rows, (row) => `${row.purpose} ${row.granted_at.toISOString()} ${row.ends_at?.toISOString() ?? ''}`)
  return [...together.values()].flatMap((same) => {
    const [first] = same
    return first
      ? [{ purpose: first.purpose, attributes: same.map(({ attribute }) => attribute), since: first.granted_at, until: first.ends_at }]
      : []
  })
}
