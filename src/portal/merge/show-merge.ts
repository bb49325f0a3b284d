import type { Context } from 'koa'
import { confirmActionPage, MERGE_SAYINGS, mergePage } from '../../../views/index.ts'
import type { Level } from '../../group/group.ts'
import { UNDO_S } from '../../merging/index.ts'
import { readForm } from '../../web/form.ts'
import { queryOf } from '../../web/pages.ts'
import { Refusal } from '../../web/refusal.ts'
import type { CustomerPage, PortalDeps } from '../deps.ts'
import { enrolledIfFresh, isFresh, strongest } from '../security/fresh.ts'
import { requireNoHold } from '../security/held.ts'
import { tellOwner } from '../security/tell-owner.ts'
import { FRESH_S, proveAgain } from '../sign-in.ts'
import { nameOf } from './names.ts'
import { backToMerge } from './other-account.ts'
import { SECOND_SIGN_IN_PATH } from './second-sign-in.ts'

const PATH = '/account/merge'
const UNDO_PATH = `${PATH}/undo`

/** GET /account/merge: what it means, the way to the other account, and what can be undone. */
export async function showMerge(deps: PortalDeps, ctx: Context, customer: CustomerPage): Promise<void> {
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
  const form = await readForm(ctx.req)
  deps.csrf.verify(ctx.req, customer.csrfBinding, form.text('csrf', { max: 100 }))
  await requireNoHold(deps, customer)
  if (!(await enrolledIfFresh(deps, ctx, customer))) return // and back to the page, to go on
  ctx.redirect(`${SECOND_SIGN_IN_PATH}/${deps.secondSignIns.begin(customer)}`)
  ctx.status = 303
}

/**
 * What undoing takes: a fresh proof as strong as this account's own ways in. Those that came with the other account do not count, because they may be
 * a stranger's, and the owner must be able to get rid of them (MFA-44). It takes power from them and gives nobody any.
 */
const levelToUndo = async ({ authenticators, db }: PortalDeps, { account_id }: CustomerPage): Promise<Level> =>
  strongest(await authenticators.enrolledAlone(db, account_id))

/** GET /account/merge/undo?merge=…: asks first. */
export async function askToUndo(deps: PortalDeps, ctx: Context, customer: CustomerPage): Promise<void> {
  const level = await levelToUndo(deps, customer)
  if (!isFresh(deps, customer, level)) return proveAgain(deps, ctx, level)
  const absorbed = await openMerge(deps, customer, queryOf(ctx.req).get('merge') ?? '')
  const model = { csrf: deps.csrf.token(customer.csrfBinding), signOutHref: customer.signOutHref }
  const question = { kind: 'undo_merge' as const, action: UNDO_PATH, fields: { merge: absorbed }, cancelHref: PATH }
  deps.pages.send(ctx, (page) => confirmActionPage(page, { ...model, ...question }))
}

/** POST: two accounts again. Both owners' addresses are told. */
export async function undoMerge(deps: PortalDeps, ctx: Context, customer: CustomerPage): Promise<void> {
  const form = await readForm(ctx.req)
  deps.csrf.verify(ctx.req, customer.csrfBinding, form.text('csrf', { max: 100 }))
  const level = await levelToUndo(deps, customer)
  if (!isFresh(deps, customer, level))
    throw new Refusal('insufficient_user_authentication', { needed: { acr_values: level, max_age: FRESH_S } })
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
