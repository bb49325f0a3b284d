import type { Db } from '../store/db.ts'
import type { AccountId } from '../store/ids.ts'
import { sha256, type Vault } from '../vault/index.ts'

interface Deps {
  readonly vault: Vault
}

/** The account whose rows they are, and whose they become. */
interface Move {
  readonly from: AccountId
  readonly to: AccountId
}

/** Makes what finds an absorbed account its survivor's own for good, in the caller's transaction. */
export async function moveAccountRows(deps: Deps, tx: Db, move: Move): Promise<void> {
  await moveIdentifiers(deps, tx, move)
  await moveSubjects(tx, move)
  await tx.updateTable('guest_index').set({ account_id: move.to }).where('account_id', '=', move.from).execute()
  await moveNotices(tx, move)
  await endAccount(tx, move)
}

async function moveIdentifiers({ vault }: Deps, tx: Db, { from, to }: Move): Promise<void> {
  const rows = await tx.selectFrom('identifiers').select(['kind', 'blind_index', 'value_sealed']).where('account_id', '=', from).execute()
  for (const { kind, blind_index, value_sealed } of rows) {
    const field = 'identifiers.value_sealed'
    const sealed = await vault.seal(tx, to, field, await vault.open(tx, from, field, value_sealed))
    await tx
      .updateTable('identifiers')
      .set({ account_id: to, value_sealed: sealed })
      .where('kind', '=', kind)
      .where('blind_index', '=', blind_index)
      .execute()
  }
}

/**
 * Where the survivor is not known the subject becomes its own. Where it is, the row stays with the account that is gone, so that the subject is
 * found when this account is absorbed in turn, or erased. All of them lead to the survivor: also those that the account took over from others.
 */
async function moveSubjects(tx: Db, { from, to }: Move): Promise<void> {
  const gone = tx.selectFrom('account_merges').select('absorbed_id').where('account_id', '=', from)
  const rows = await tx
    .selectFrom('subjects')
    .select('sub')
    .where((is) => is.or([is('account_id', '=', from), is('account_id', 'in', gone)]))
    .execute()
  for (const { sub } of rows) await tx.updateTable('subject_index').set({ account_id: to }).where('sub_hash', '=', sha256(sub)).execute()
  await tx
    .updateTable('subjects')
    .set({ account_id: to })
    .where('account_id', '=', from)
    .where('sector', 'not in', tx.selectFrom('subjects').select('sector').where('account_id', '=', to))
    .execute()
}

async function moveNotices(tx: Db, { from, to }: Move): Promise<void> {
  await tx.updateTable('account_notices').set({ account_id: to }).where('account_id', '=', from).execute()
}

/** What was absorbed by the account that is gone is the survivor's now: by `account_merges` alone one finds what still bears its id. */
async function endAccount(tx: Db, { from, to }: Move): Promise<void> {
  await tx.updateTable('account_merges').set({ account_id: to }).where('account_id', '=', from).execute()
  await tx.deleteFrom('accounts').where('id', '=', from).execute()
}
