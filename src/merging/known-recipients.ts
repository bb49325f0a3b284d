import type { JoinSide } from '../sharing/index.ts'
import type { Db } from '../store/db.ts'
import type { AccountId, RecipientKey } from '../store/ids.ts'
import type { MergingDeps } from './deps.ts'

/** An account and who knows it: every recipient of a sector in which it has a subject. */
export async function sideOf(
  { accounts, group }: Pick<MergingDeps, 'accounts' | 'group'>,
  db: Db,
  accountId: AccountId,
): Promise<JoinSide> {
  const sectors = new Set(await accounts.merges.sectors(db, accountId))
  const known = [...group().recipients.values()].filter(({ subjectSector }) => sectors.has(subjectSector)).map(({ key }) => key)
  return { accountId, known: new Set<RecipientKey>(known) }
}
