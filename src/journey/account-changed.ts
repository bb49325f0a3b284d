import type { AccountChange } from '../../views/index.ts'
import type { AccountState, Proof } from '../changes/index.ts'
import type { Db } from '../store/db.ts'
import type { AccountId } from '../store/ids.ts'
import { levelOf } from './assurance.ts'
import { type Evidence, evidenceOf } from './facts.ts'
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
  const where = { client_id: client.id, session: facts.session?.uid, mail: mailContext(input) }
  const recovery = facts.run.mode === 'recover' && (kind === 'password_changed' || kind === 'password_added')
  const proof = proofOf(evidenceOf(facts))
  await changes.record(tx, accountId, { kind, at: now, ...where, recovery, ...(proof ? { proof } : {}), ...(before ? { before } : {}) })
}

/** What was proven in this journey before this answer. Its first part dates it: what was void by then is void. */
function proofOf(evidence: readonly Evidence[]): Proof | undefined {
  if (evidence.length === 0) return undefined
  return { level: levelOf(evidence), at: new Date(Math.min(...evidence.map(({ at }) => Date.parse(at)))) }
}
