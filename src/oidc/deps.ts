import type { JWK } from 'jose'
import type { Accounts } from '../accounts/index.ts'
import type { Events } from '../events/index.ts'
import type { Client, Group } from '../group/group.ts'
import type { Clock } from '../ports/clock.ts'
import type { GuardedFetch } from '../ports/guarded-fetch.ts'
import type { Random } from '../ports/random.ts'
import type { Sharing } from '../sharing/index.ts'
import type { Store } from '../store/db.ts'
import type { AccountId } from '../store/ids.ts'
import type { Vault } from '../vault/index.ts'
import type { CookieJar } from '../web/cookies.ts'
import type { Pages } from '../web/pages.ts'

export interface OidcDeps {
  readonly store: Store
  readonly vault: Vault
  readonly clock: Clock
  readonly random: Random
  readonly issuer: string
  readonly group: () => Group
  readonly signingKeys: { readonly keys: readonly JWK[] }
  readonly accounts: Accounts
  readonly sharing: Sharing
  readonly events: Events
  readonly pages: Pages
  readonly cookies: CookieJar
  /** For addresses that clients name: logout endpoints, key sets. */
  readonly fetch: GuardedFetch
  /** The journey's answer to "would this customer meet a page on the way to this client?". */
  readonly hasStepLeft: (accountId: AccountId, client: Client) => Promise<boolean>
}
