import type { Accounts } from '../accounts/index.ts'
import type { Clock } from '../ports/clock.ts'
import type { Db } from '../store/db.ts'
import type { AccountId } from '../store/ids.ts'
import type { Vault } from '../vault/index.ts'
import type { ErasedEntry, ErasureList } from './erasure-list.ts'
import { PERSONAL_TABLES } from './personal-tables.ts'
import { deleteRowsOfAccount } from './store.ts'

export interface EraseDeps {
  readonly db: Db
  readonly accounts: Pick<Accounts, 'closing'>
  readonly vault: Pick<Vault, 'destroyAccountKeys'>
  readonly list: ErasureList
  readonly clock: Clock
}

const AT_ONCE = 100
const IDS_AT_ONCE = 10_000

/**
 * Erases the accounts whose owners had them deleted and did not come back in time. Returns how many.
 *
 * Each step is done for good when it is done and harmless to do again, and the account's own row goes last: whatever breaks it off, the next round
 * finds it and goes on (SEC-113).
 */
export async function eraseDue(deps: EraseDeps): Promise<number> {
  const now = deps.clock()
  let erased = 0
  for (;;) {
    const due = await deps.accounts.closing.due(deps.db, now, AT_ONCE)
    for (const accountId of due) {
      // The owner who undoes it in this moment, or this: one of the two finds the row as it wants it.
      if (!(await deps.accounts.closing.finish(deps.db, accountId, now))) continue
      for (const own of await deps.accounts.closing.own(deps.db, accountId)) {
        await deps.list.add(deps.db, own, now)
        await eraseRows(deps, own)
      }
      erased++
    }
    if (due.length < AT_ONCE) return erased
  }
}

/** The key first: from then on nothing of the rest can be read, however long it takes. */
async function eraseRows({ db, vault }: EraseDeps, accountId: AccountId): Promise<void> {
  await vault.destroyAccountKeys(db, accountId)
  for (const table of PERSONAL_TABLES) await deleteRowsOfAccount(db, table, accountId)
}

/**
 * Purges a database that was put back from a backup: what its list lacks and the file has was erased since. It learns of them only after the purge,
 * so that a purge that is broken off begins anew. Returns how many accounts it found.
 */
export async function reapply(deps: EraseDeps): Promise<number> {
  const missed = await deps.list.missedByDatabase(deps.db)
  const purged = missed.length === 0 ? 0 : await purge(deps, missed)
  await deps.list.level(deps.db)
  return purged
}

/** The same for every account of the list, whatever the database knows: looks at the id of each account there is. */
export async function reapplyAll(deps: EraseDeps): Promise<number> {
  const all = await deps.list.all(deps.db)
  const purged = all.length === 0 ? 0 : await purge(deps, all)
  await deps.list.level(deps.db)
  return purged
}

async function purge(deps: EraseDeps, entries: readonly ErasedEntry[]): Promise<number> {
  const macs = new Set(entries.map(({ mac }) => mac.toString('base64url')))
  let purged = 0
  for (let after: AccountId | undefined; ; ) {
    const ids = await deps.accounts.closing.ids(deps.db, { after, limit: IDS_AT_ONCE })
    for (const id of ids) {
      if (!macs.has(deps.list.macOf(id).toString('base64url'))) continue
      await eraseRows(deps, id)
      purged++
    }
    after = ids.at(-1)
    if (ids.length < IDS_AT_ONCE) return purged
  }
}
