import type { Db } from '../store/db.ts'
import type { AccountId } from '../store/ids.ts'
import type { CodeTry } from './code-limits.ts'
import type { KeyOf } from './keys.ts'
import { PROOF_FAILURES } from './rules.ts'
import { giveBack, takeOne } from './store.ts'

/** Codes that an account has by itself: of an app, of paper. */
export type ProofKind = 'totp' | 'recovery_code'

export interface ProofLimits {
  /** Counts a try before the code is looked at, in whatever journey, session or process (MFA-16, SEC-45). */
  begin(db: Db, accountId: AccountId, kind: ProofKind, now: Date): Promise<CodeTry>
}

export function createProofLimits(keyOf: KeyOf): ProofLimits {
  return {
    async begin(db, accountId, kind, now) {
      const soon = { key: keyOf(`${kind} tries`, accountId), rule: PROOF_FAILURES.soon }
      const inARow = { key: keyOf(`${kind} tries in a row`, accountId), rule: PROOF_FAILURES.inARow }
      // One after the other: a try that is refused unseen is no failure, else a hundred refusals would end the method for its owner.
      for (const { key, rule } of [soon, inARow]) {
        const take = await takeOne(db, key, rule, now)
        if (!take.ok) return take
      }
      return { ok: true, succeeded: (tx) => giveBack(tx, { all: [soon.key, inARow.key] }) }
    },
  }
}
