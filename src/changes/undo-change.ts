import type { MailContext } from '../../views/index.ts'
import type { Db } from '../store/db.ts'
import type { AccountId, ClientId } from '../store/ids.ts'
import { putHold } from './holds.ts'
import { type ChangesDeps, type Merged, stateOf } from './made-change.ts'
import { createPendingEmails } from './pending-emails.ts'
import { recordChange } from './record-change.ts'
import { listUndoable, markUndone, spendUndo, type UndoableRow } from './store.ts'
import { type UndoData, undoDataSchema } from './undo-data.ts'

/** Who undoes a change, and where. */
export interface UndoneBy {
  readonly at: Date
  readonly client_id: ClientId
  /** The session of the owner who does it signed in, which goes on. Absent: a link from a mail, which says that somebody else is inside. */
  readonly session?: string
  readonly mail: MailContext
}

export type UndoResult = { readonly ok: true } | { readonly ok: false; readonly reason: 'spent' }

const AT_ONCE = 20

/**
 * Undoes a change and every later one, since whoever made it was inside for those too: what was removed comes back, what was added goes, an
 * address that was replaced is in force again. All sessions and tokens end, and changes are held for 72 hours. It takes power from whoever made
 * the change and gives nobody any they did not have before it (MFA-44).
 *
 * A password is never put back: the one before may be how they got in. One that was changed is gone; by a link, any is. The way in is then a
 * recovery by the address that is in force again.
 */
export async function undoChange(deps: ChangesDeps, tx: Db, accountId: AccountId, seq: number, by: UndoneBy): Promise<UndoResult> {
  const { accounts, authenticators } = deps
  await lockWithJoined(deps, tx, accountId)
  const spent = await spendUndo(tx, accountId, seq, by.at)
  if (!spent) return { ok: false, reason: 'spent' }
  for (
    let later = await listUndoable(tx, accountId, seq, { limit: AT_ONCE });
    later.length > 0;
    later = await listUndoable(tx, accountId, seq, { limit: AT_ONCE })
  )
    for (const change of later) await takeBack(deps, tx, accountId, change, by)
  await takeBack(deps, tx, accountId, spent, by)
  await accounts.followIdentifiers(tx, accountId, ['email', 'phone'])
  if (by.session === undefined) await authenticators.passwords.remove(tx, accountId)
  await createPendingEmails(deps).discard(tx, accountId)
  await authenticators.pendingPhones.discard(tx, accountId)
  await deps.endSessions(tx, accountId, by.session)
  const { at, client_id, session, mail } = by
  await recordChange(deps, tx, accountId, {
    kind: 'undone',
    ...{ at, client_id, session, mail },
    before: await stateOf(deps, tx, accountId),
  })
  await putHold(tx, accountId, 'changes', 'undone', at)
  return { ok: true }
}

/** With what it may part from: in one order, so that two who undo the same merge at once wait for each other in turn. */
async function lockWithJoined({ accounts: { merges } }: ChangesDeps, tx: Db, accountId: AccountId): Promise<void> {
  const survivor = (await merges.states(tx, [accountId])).get(accountId)?.merged_into
  const absorbed = (await merges.open(tx, accountId)).map(({ absorbedId }) => absorbedId)
  await merges.lock(tx, [accountId, ...absorbed, ...(survivor ? [survivor] : [])])
}

async function takeBack(deps: ChangesDeps, tx: Db, accountId: AccountId, change: UndoableRow, by: UndoneBy): Promise<void> {
  const { accounts, authenticators } = deps
  if (change.undo_sealed) {
    const data = await openData(deps, tx, accountId, change.undo_sealed)
    // What belonged to an account that was part of this one, and is so no more, is that one's to put back (MFA-46).
    const own = new Set([accountId, ...(await accounts.merges.open(tx, accountId)).map(({ absorbedId }) => absorbedId)])
    const added = data.authenticators.added.filter(({ account_id }) => own.has(account_id))
    const taken = data.authenticators.removed.filter(({ account_id }) => own.has(account_id))
    const removed = taken.filter(({ kind }) => kind !== 'password')
    const passwords = taken.filter(({ kind }) => kind === 'password')
    await authenticators.restore(tx, { added: [...added, ...passwords], removed })
    await accounts.restoreIdentifiers(tx, accountId, data.identifiers)
    if (data.merge) await part(deps, tx, accountId, data.merge, by)
  }
  if (change.kind === 'recovery_code_used') await authenticators.recoveryCodes.discard(tx, accountId)
  await markUndone(tx, accountId, change.seq, by.at)
}

async function openData({ vault }: ChangesDeps, tx: Db, accountId: AccountId, sealed: Buffer): Promise<UndoData> {
  return undoDataSchema.parse(JSON.parse(await vault.open(tx, accountId, 'account_changes.undo_sealed', sealed)))
}

/** Whoever of two that became one says no: they part, and the other is told. */
async function part(deps: ChangesDeps, tx: Db, accountId: AccountId, merge: Merged, by: UndoneBy): Promise<void> {
  if (!(await deps.partAccounts(tx, merge))) return // they have parted before
  if (accountId === merge.absorbed) await giveBack(deps, tx, merge)
  const other = accountId === merge.survivor ? merge.absorbed : merge.survivor
  const { at, client_id, mail } = by
  await recordChange(deps, tx, other, { kind: 'accounts_parted', at, client_id, mail })
}

/** An account that parts has again what was taken from it, since they became one, by way of the other, whose record says so. */
async function giveBack(deps: ChangesDeps, tx: Db, { survivor, absorbed }: Merged): Promise<void> {
  for (let before: number | undefined; ; ) {
    const changes = await listUndoable(tx, survivor, 0, { limit: AT_ONCE, before })
    for (const { undo_sealed } of changes) {
      if (!undo_sealed) continue
      const { authenticators, merge } = await openData(deps, tx, survivor, undo_sealed)
      if (merge?.absorbed === absorbed) return
      const removed = authenticators.removed.filter(({ account_id, kind }) => account_id === absorbed && kind !== 'password')
      await deps.authenticators.restore(tx, { added: [], removed })
    }
    before = changes.at(-1)?.seq
    if (changes.length < AT_ONCE) return
  }
}
