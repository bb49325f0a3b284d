import type { IncomingMessage } from 'node:http'
import type { Accounts } from '../accounts/index.ts'
import type { Activity } from '../activity/index.ts'
import type { Events } from '../events/index.ts'
import type { Client, Group } from '../group/group.ts'
import type { Registrations } from '../group/index.ts'
import type { Limits } from '../limits/index.ts'
import type { Clock } from '../ports/clock.ts'
import type { GuardedFetch } from '../ports/guarded-fetch.ts'
import type { Metrics } from '../ports/metrics.ts'
import type { Random } from '../ports/random.ts'
import type { Sharing } from '../sharing/index.ts'
import type { Db, Store } from '../store/db.ts'
import type { AccountId } from '../store/ids.ts'
import type { SigningKeySet, Vault } from '../vault/index.ts'
import type { ClientAddressOf } from '../web/client-address.ts'
import type { CookieJar } from '../web/cookies.ts'
import type { Pages } from '../web/pages.ts'

export interface OidcDeps {
  readonly store: Store
  readonly vault: Vault
  readonly clock: Clock
  readonly random: Random
  readonly metrics: Metrics
  readonly issuer: string
  readonly group: () => Group
  readonly signingKeys: () => SigningKeySet
  readonly registrations: Registrations
  /** Reads the group again now, after a client of it was changed here. */
  readonly refreshGroup: () => Promise<unknown>
  readonly accounts: Accounts
  readonly activity: Activity
  readonly sharing: Sharing
  readonly events: Events
  readonly limits: Limits
  readonly addressOf: ClientAddressOf
  readonly pages: Pages
  readonly cookies: CookieJar
  /** Whether the other end of the connection is a proxy of ours, whose word on the client's certificate counts. */
  readonly isProxy: (req: IncomingMessage) => boolean
  /** For addresses that clients name: logout endpoints, key sets. */
  readonly fetch: GuardedFetch
  /** What else is void when all sessions of an account end: in the same transaction. */
  readonly afterEndingAll: (tx: Db, accountId: AccountId) => Promise<unknown>
  /** The journey's answer to "would this customer meet a page on the way to this client?". */
  readonly hasStepLeft: (accountId: AccountId, client: Client) => Promise<boolean>
}
