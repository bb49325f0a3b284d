import type { AccountChange, MailContext } from '../../views/index.ts'
import type { Accounts } from '../accounts/index.ts'
import type { Authenticators } from '../authenticators/index.ts'
import type { Events } from '../events/index.ts'
import type { Db } from '../store/db.ts'
import type { AccountId, ClientId } from '../store/ids.ts'
import type { Vault } from '../vault/index.ts'
import type { AccountState } from './undo-data.ts'

/** What this folder is handed. */
export interface ChangesDeps {
  readonly accounts: Accounts
  readonly authenticators: Authenticators
  readonly events: Events
  readonly vault: Vault
  readonly issuer: string
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
  /** Whose mail it is and in which language. */
  readonly mail: MailContext
}

/** How an account is found and proven now. */
export async function stateOf({ accounts, authenticators }: ChangesDeps, tx: Db, accountId: AccountId): Promise<AccountState> {
  return { authenticators: await authenticators.keep(tx, accountId), identifiers: await accounts.keepIdentifiers(tx, accountId) }
}
