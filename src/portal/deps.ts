import type { Accounts } from '../accounts/index.ts'
import type { Activity } from '../activity/index.ts'
import type { Authenticators } from '../authenticators/index.ts'
import type { Changes } from '../changes/index.ts'
import type { Events } from '../events/index.ts'
import type { Group } from '../group/group.ts'
import type { Journey } from '../journey/index.ts'
import type { Limits } from '../limits/index.ts'
import type { Merging } from '../merging/index.ts'
import type { CurrentSession, GroupSessions, Oidc } from '../oidc/index.ts'
import type { Clock } from '../ports/clock.ts'
import type { Random } from '../ports/random.ts'
import type { Exports } from '../privacy/index.ts'
import type { Sharing } from '../sharing/index.ts'
import type { Db } from '../store/db.ts'
import type { Vault } from '../vault/index.ts'
import type { ClientAddressOf } from '../web/client-address.ts'
import type { CookieJar } from '../web/cookies.ts'
import type { Csrf } from '../web/csrf.ts'
import type { Pages } from '../web/pages.ts'
import type { SecondSignIns } from './merge/index.ts'

/** What the pages of this folder are handed. */
export interface PortalDeps {
  readonly db: Db
  readonly accounts: Accounts
  readonly activity: Activity
  readonly exports: Exports
  readonly authenticators: Authenticators
  readonly changes: Changes
  readonly limits: Limits
  readonly sharing: Sharing
  readonly merging: Merging
  /** Sign-ins to a second account, and the journeys they run on. */
  readonly secondSignIns: SecondSignIns
  readonly secondJourney: Journey
  readonly events: Events
  readonly vault: Vault
  readonly sessions: GroupSessions
  readonly redeemOwnCode: Oidc['redeemOwnCode']
  readonly group: () => Group
  readonly pages: Pages
  readonly csrf: Csrf
  readonly cookies: CookieJar
  readonly addressOf: ClientAddressOf
  readonly clock: Clock
  readonly random: Random
  readonly issuer: string
  /** Whether text messages can be sent at all. */
  readonly smsOffered: boolean
  /** For the state and verifier of its own sign-in. */
  readonly key: Buffer
}

/** Who is looking at a page of theirs. */
export interface CustomerPage extends CurrentSession {
  /** CSRF tokens of these pages belong to the session. */
  readonly csrfBinding: string
  readonly signOutHref: string
}
