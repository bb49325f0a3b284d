import type { AccountChange, MailContext } from '../../views/index.ts'
import type { Accounts } from '../accounts/index.ts'
import type { Authenticators } from '../authenticators/index.ts'
import type { Events } from '../events/index.ts'
import type { Random } from '../ports/random.ts'
import type { Db } from '../store/db.ts'
import type { AccountId, ClientId } from '../store/ids.ts'
import type { Vault } from '../vault/index.ts'
import type { Proof } from './holds.ts'
import type { AccountState } from './undo-data.ts'

/** Which account absorbed which. */
export interface Merged {
  readonly survivor: AccountId
  readonly absorbed: AccountId
}

/** What this folder is handed. */
export interface ChangesDeps {
  readonly accounts: Accounts
  readonly authenticators: Authenticators
  readonly events: Events
  readonly vault: Vault
  readonly random: Random
  readonly issuer: string
  /** Makes two accounts of one that they became, in the caller's transaction. */
  readonly partAccounts: (tx: Db, who: Merged) => Promise<unknown>
  /** Ends every session and token of an account but one session, in the caller's transaction. */
  readonly endSessions: (tx: Db, accountId: AccountId, except: string | undefined) => Promise<unknown>
}

/** What is told and recorded of one change. */
export interface MadeChange {
  readonly kind: AccountChange
  readonly at: Date
  readonly client_id: ClientId
  /** The uid of the session it was made in. */
  readonly session?: string | undefined
  /** What {@link Changes.begin} gave before the change was made. Without it, what was made from `at` on counts as added. */
  readonly before?: AccountState
  /** Two accounts became one: this one and another. Undoing it parts them. */
  readonly merge?: Merged
  /** The proof it stands on: what lifts a hold. Without it a change that is on hold is refused. */
  readonly proof?: Proof
  /** It ends a recovery: a new password is the way back in, and no hold keeps its owner out. */
  readonly recovery?: boolean
  /** Whose mail it is and in which language. */
  readonly mail: MailContext
}

/** How an account is found and proven now. */
export async function stateOf({ accounts, authenticators }: ChangesDeps, tx: Db, accountId: AccountId): Promise<AccountState> {
  return { authenticators: await authenticators.keep(tx, accountId), identifiers: await accounts.keepIdentifiers(tx, accountId) }
}
