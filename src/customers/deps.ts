import type { Accounts } from '../accounts/index.ts'
import type { Group } from '../group/group.ts'
import type { Limits } from '../limits/index.ts'
import type { Oidc } from '../oidc/index.ts'
import type { Clock } from '../ports/clock.ts'
import type { Sharing } from '../sharing/index.ts'
import type { Db } from '../store/db.ts'

/** What the API of this folder is handed. */
export interface CustomersDeps extends Pick<Oidc, 'verifyApiToken' | 'dpop'> {
  readonly db: Db
  readonly accounts: Accounts
  readonly sharing: Sharing
  readonly limits: Limits
  readonly group: () => Group
  readonly clock: Clock
  readonly issuer: string
}
