import type { AccountChange } from '../../views/index.ts'
import type { AccountState } from '../changes/index.ts'
import type { Db } from '../store/db.ts'
import type { AccountId } from '../store/ids.ts'
import { mailContext } from './send-code.ts'
import type { StepDeps, StepInput } from './step.ts'

/**
 * Records what was changed about an account, and tells its owner, in the transaction that changes it (MFA-44).
 *
 * @param before how it was (`changes.begin`): needed where the change took something away, else what was made since this request counts as added
 */
export async function accountChanged(
  { changes }: StepDeps,
  tx: Db,
  input: StepInput,
  accountId: AccountId,
  kind: AccountChange,
  before?: AccountState,
): Promise<void> {
  const { now, client, facts } = input
  const where = { client_id: client.id, session: facts.session?.uid }
  await changes.record(tx, accountId, { kind, at: now, ...where, mail: mailContext(input), ...(before ? { before } : {}) })
}
