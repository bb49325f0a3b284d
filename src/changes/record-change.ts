import { accountChangedMail } from '../../views/index.ts'
import { mailOwner } from '../accounts/index.ts'
import type { Db } from '../store/db.ts'
import type { AccountId } from '../store/ids.ts'
import { sha256 } from '../vault/index.ts'
import { type ChangesDeps, type MadeChange, stateOf } from './made-change.ts'
import { insertChange } from './store.ts'
import { difference, isEmpty, stateBefore, undoDataSchema } from './undo-data.ts'

/** How long a change can be undone (MFA-44). */
export const UNDO_S = 72 * 3_600

/** Records a change with what undoing it takes, and tells the owner of the account, all in the transaction that makes it. */
export async function recordChange(deps: ChangesDeps, tx: Db, accountId: AccountId, change: MadeChange): Promise<void> {
  const { kind, at, client_id, session, mail } = change
  if (!change.before) await deps.accounts.lock(tx, accountId)
  const after = await stateOf(deps, tx, accountId)
  const data = difference(change.before ?? stateBefore(after, at), after)
  const undoable = !isEmpty(data)
  const json = JSON.stringify(undoDataSchema.encode(data))
  await insertChange(tx, {
    account_id: accountId,
    kind,
    at,
    client_id,
    session_hash: session === undefined ? null : sha256(session),
    undo_sealed: undoable ? await deps.vault.seal(tx, accountId, 'account_changes.undo_sealed', json) : null,
    undo_until: undoable ? new Date(at.getTime() + UNDO_S * 1000) : null,
  })
  const text = accountChangedMail(mail, { change: kind, securityHref: `${deps.issuer}/account/security` })
  await mailOwner(deps, tx, accountId, { from_name: mail.brand.name, mail: text })
}
