import type { Context } from 'koa'
import { confirmActionPage, MERGE_SAYINGS, mergePage } from '../../../views/index.ts'
import { UNDO_S } from '../../merging/index.ts'
import { queryOf } from '../../web/pages.ts'
import { Refusal } from '../../web/refusal.ts'
import type { CustomerPage, PortalDeps } from '../deps.ts'
import { readChange } from '../security/change.ts'
import { enrolledIfFresh } from '../security/fresh.ts'
import { tellOwner } from '../security/tell-owner.ts'
import { nameOf } from './names.ts'
import { backToMerge } from './other-account.ts'
import { SECOND_SIGN_IN_PATH } from './second-sign-in.ts'

const PATH = '/account/merge'
const UNDO_PATH = `${PATH}/undo`

/** GET /account/merge: what it means, the way to the other account, and what can be undone. */
export async function showMerge(deps: PortalDeps, ctx: Context, customer: CustomerPage): Promise<void> {
  if (!(await enrolledIfFresh(deps, ctx, customer))) return
  const merges = await deps.accounts.merges.open(deps.db, customer.account_id)
  const joined = await Promise.all(
    merges.map(async ({ absorbedId, mergedAt }) => ({
      id: absorbedId,
      name: nameOf((await deps.accounts.readOwnProfile(deps.db, absorbedId)).profile),
      mergedAt,
      undoUntil: new Date(mergedAt.getTime() + UNDO_S * 1000),
    })),
  )
  const said = MERGE_SAYINGS.find((saying) => saying === queryOf(ctx.req).get('status'))
  const model = { action: PATH, csrf: deps.csrf.token(customer.csrfBinding), signOutHref: customer.signOutHref, undoAction: UNDO_PATH }
  deps.pages.send(ctx, (page) => mergePage(page, { ...model, joined, ...(said ? { said } : {}) }))
}

/** POST: on to the sign-in to the other account. */
export async function startMerge(deps: PortalDeps, ctx: Context, customer: CustomerPage): Promise<void> {
  await readChange(deps, ctx, customer)
  ctx.redirect(`${SECOND_SIGN_IN_PATH}/${deps.secondSignIns.begin(customer)}`)
  ctx.status = 303
}

/** GET /account/merge/undo?merge=…: asks first. */
export async function askToUndo(deps: PortalDeps, ctx: Context, customer: CustomerPage): Promise<void> {
  if (!(await enrolledIfFresh(deps, ctx, customer))) return
  const absorbed = await openMerge(deps, customer, queryOf(ctx.req).get('merge') ?? '')
  const model = { csrf: deps.csrf.token(customer.csrfBinding), signOutHref: customer.signOutHref }
  const question = { kind: 'undo_merge' as const, action: UNDO_PATH, fields: { merge: absorbed }, cancelHref: PATH }
  deps.pages.send(ctx, (page) => confirmActionPage(page, { ...model, ...question }))
}

/** POST: two accounts again. Both owners' addresses are told. */
export async function undoMerge(deps: PortalDeps, ctx: Context, customer: CustomerPage): Promise<void> {
  const { form } = await readChange(deps, ctx, customer)
  const absorbed = await openMerge(deps, customer, form.text('merge', { max: 50 }))
  const undone = await deps.db.transaction().execute(async (tx) => {
    if (!(await deps.merging.undo(tx, { survivor: customer.account_id, absorbed }))) return false
    for (const account_id of [customer.account_id, absorbed]) await tellOwner(deps, ctx, tx, { ...customer, account_id }, 'accounts_parted')
    return true
  })
  if (!undone) throw new Refusal('not_found')
  deps.events.wake()
  backToMerge(ctx, 'undone')
}

/** One's own merge, or none. */
async function openMerge({ accounts, db }: PortalDeps, { account_id }: CustomerPage, id: string) {
  const merge = (await accounts.merges.open(db, account_id)).find(({ absorbedId }) => absorbedId === id)
  if (!merge) throw new Refusal('not_found')
  return merge.absorbedId
}
