import type { Accounts } from '../accounts/index.ts'
import type { Activity } from '../activity/index.ts'
import type { Authenticators } from '../authenticators/index.ts'
import type { Group } from '../group/group.ts'
import type { Clock } from '../ports/clock.ts'
import type { Sharing } from '../sharing/index.ts'
import type { Db } from '../store/db.ts'
import type { AccountId } from '../store/ids.ts'
import type { Vault } from '../vault/index.ts'

/** What this folder is handed. */
export interface MergingDeps {
  readonly db: Db
  readonly vault: Pick<Vault, 'destroyAccountKeys'>
  readonly clock: Clock
  readonly group: () => Group
  readonly accounts: Accounts
  readonly activity: Pick<Activity, 'move'>
  readonly authenticators: Authenticators
  readonly sharing: Sharing
  /** Takes away the archive of everything about an account. */
  readonly forgetExport: (tx: Db, accountId: AccountId) => Promise<void>
  /** Ends every session and token of an account but one session, in the caller's transaction. */
  readonly endSessions: (tx: Db, accountId: AccountId, except: string | undefined) => Promise<unknown>
}
