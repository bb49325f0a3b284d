import type { AccountChange, PasskeyAsk } from '../../views/index.ts'
import type { Assertion, PasskeySignal } from '../authenticators/index.ts'
import type { Db } from '../store/db.ts'
import type { AccountId } from '../store/ids.ts'
import { accountChanged } from './account-changed.ts'
import type { StepDeps, StepInput } from './step.ts'

/** What the page asks the browser for: any passkey, or one of an account. */
export async function askForPasskey({ authenticators, db }: StepDeps, { ceremony }: StepInput, accountId?: AccountId): Promise<PasskeyAsk> {
  return authenticators.passkeys.request(db, ceremony, accountId)
}

const TOLD = {
  counter_went_back: 'passkey_copied',
  backed_up: 'passkey_backed_up',
  backup_ended: 'passkey_backup_ended',
} as const satisfies Record<PasskeySignal, AccountChange>

/** Notes that a passkey was used, in the transaction that relies on it, and tells its owner what is worth telling of it. False: it is gone. */
export async function recordPasskey(deps: StepDeps, tx: Db, input: StepInput, used: Extract<Assertion, { ok: true }>): Promise<boolean> {
  if (!(await used.record(tx))) return false
  for (const signal of used.signals) await accountChanged(deps, tx, input, used.accountId, TOLD[signal])
  return true
}

/** For the page that answers a refused passkey: the run is saved with it, so what it asks belongs to the journey as it is then. */
export const afterRefusal = (input: StepInput): StepInput => ({ ...input, ceremony: input.nextCeremony })
