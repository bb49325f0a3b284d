import type { Context } from 'koa'
import { ChangeHeld } from '../../changes/index.ts'
import { assuranceOf } from '../../journey/index.ts'
import type { MergeInput } from '../../merging/index.ts'
import type { Db } from '../../store/db.ts'
import type { Form } from '../../web/form.ts'
import type { CustomerPage, PortalDeps } from '../deps.ts'
import { ACCOUNT_CLIENT } from '../own-client.ts'
import { readChange } from '../security/change.ts'
import { proofOf } from '../security/held.ts'
import { mailOf } from '../security/tell-owner.ts'
import { backToMerge, type OtherAccount, otherAccount } from './other-account.ts'

/** Attributes whose value the form takes from the account that goes: `value.ATTRIBUTE=absorbed`. */
const chosenOf = (form: Form, names: readonly string[]): ReadonlySet<string> =>
  new Set(names.filter((name) => form.text(`value.${name}`, { max: 20 }) === 'absorbed'))

const versionOf = (form: Form, name: string): number => Number.parseInt(form.text(name, { max: 20 }), 10) || 0

/** Leaves the transaction with nothing written. Never gets past {@link merge}. */
class RolledBack extends Error {
  readonly reason: string
  constructor(reason: string) {
    super(reason)
    this.reason = reason
  }
}

/**
 * POST /account/merge/preview: makes the two one. Both proofs are asked for again, at most five minutes old each (MFA-27), and the second one is
 * spent with the merge, so that it makes one.
 */
export async function merge(deps: PortalDeps, ctx: Context, customer: CustomerPage): Promise<void> {
  const { form } = await readChange(deps, ctx, customer)
  const other = await otherAccount(deps, customer, form.text('with', { max: 200 }))
  if (!other.ok) return backToMerge(ctx, other.reason)
  const stays = form.text('stays', { max: 20 }) === 'other' ? other.accountId : customer.account_id
  const goes = stays === customer.account_id ? other.accountId : customer.account_id
  const input: MergeInput = {
    survivor: stays,
    absorbed: goes,
    chosen: chosenOf(form, [...deps.group().attributes.keys()]),
    versions: { survivor: versionOf(form, 'version'), absorbed: versionOf(form, 'other_version') },
    keepSession: stays === customer.account_id ? customer.uid : undefined,
  }
  backToMerge(ctx, await outcomeOf(() => mergeAndTell(deps, ctx, customer, { other, input })))
}

async function outcomeOf(work: () => Promise<void>): Promise<string> {
  try {
    await work()
    return 'merged'
  } catch (error) {
    if (error instanceof RolledBack) return error.reason
    if (error instanceof ChangeHeld) return 'on_hold'
    throw error
  }
}

type ProvenOther = Extract<OtherAccount, { ok: true }>

async function mergeAndTell(
  deps: PortalDeps,
  ctx: Context,
  customer: CustomerPage,
  { other, input }: { other: ProvenOther; input: MergeInput },
): Promise<void> {
  await deps.db.transaction().execute(async (tx) => {
    const merged = await deps.merging.merge(tx, input)
    if (!merged.ok) throw new RolledBack(merged.reason)
    if (!(await deps.secondJourney.spend(tx, other.uid))) throw new RolledBack('not_proven')
    // Each account is told, and each may be on hold: what proved it decides (MFA-19, MFA-35).
    const { acr, auth_time } = assuranceOf(other.evidence) ?? { acr: undefined, auth_time: 0 }
    for (const owner of [customer, { ...customer, account_id: other.accountId, acr, auth_time }])
      await tellMerged(deps, ctx, tx, owner, input)
  })
  deps.events.wake()
}

/**
 * Records and tells it at one of the two. The mail's link parts them again without a sign-in: whoever got in to both may have a stronger proof than
 * the owner of either (MFA-44).
 */
async function tellMerged(deps: PortalDeps, ctx: Context, tx: Db, owner: CustomerPage, { survivor, absorbed }: MergeInput): Promise<void> {
  const mail = mailOf(deps, ctx)
  if (!mail) return
  const where = { client_id: ACCOUNT_CLIENT, session: owner.uid, proof: proofOf(owner), mail }
  await deps.changes.record(tx, owner.account_id, { kind: 'accounts_merged', at: deps.clock(), ...where, merge: { survivor, absorbed } })
}
