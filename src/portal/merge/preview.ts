import type { Context } from 'koa'
import { type MergePreviewModel, mergePreviewPage } from '../../../views/index.ts'
import type { MergePreview } from '../../merging/index.ts'
import { KNOWN } from '../../sharing/index.ts'
import { type Locale, localised } from '../../web/i18n.ts'
import { queryOf } from '../../web/pages.ts'
import type { CustomerPage, PortalDeps } from '../deps.ts'
import { enrolledIfFresh } from '../security/fresh.ts'
import { nameOf, readable } from './names.ts'
import { backToMerge, otherAccount } from './other-account.ts'
import { PREVIEW_PATH } from './second-sign-in.ts'

/** Which of the two stays: the one whose session this is, or the other. */
export type Stays = 'this' | 'other'

/** GET /account/merge/preview?with=…: what would come of it. Both accounts were proven, each as well as it can be. */
export async function showPreview(deps: PortalDeps, ctx: Context, customer: CustomerPage): Promise<void> {
  if (!(await enrolledIfFresh(deps, ctx, customer))) return
  const query = queryOf(ctx.req)
  const other = await otherAccount(deps, customer, query.get('with') ?? '')
  if (!other.ok) return backToMerge(ctx, other.reason)
  const wanted: Stays = query.get('stays') === 'other' ? 'other' : 'this'
  const previews = {
    this: await deps.merging.preview(deps.db, customer.account_id, other.accountId),
    other: await deps.merging.preview(deps.db, other.accountId, customer.account_id),
  }
  // Where only one of the two may stay, that one does.
  const stays = previews[wanted].problem && !previews[opposite(wanted)].problem ? opposite(wanted) : wanted
  const { problem } = previews[stays]
  if (problem) return backToMerge(ctx, problem)
  sendPreview(deps, ctx, customer, { uid: other.uid, stays, preview: previews[stays], maySwap: !previews[opposite(stays)].problem })
}

const opposite = (stays: Stays): Stays => (stays === 'this' ? 'other' : 'this')

interface Shown {
  readonly uid: string
  readonly stays: Stays
  readonly preview: MergePreview
  readonly maySwap: boolean
}

function sendPreview(deps: PortalDeps, ctx: Context, customer: CustomerPage, { uid, stays, preview, maySwap }: Shown): void {
  const locale = deps.pages.localeOf(ctx.req)
  const swap = new URLSearchParams({ with: uid, stays: opposite(stays) })
  const { survivor, absorbed } = preview
  const model: MergePreviewModel = {
    action: PREVIEW_PATH,
    csrf: deps.csrf.token(customer.csrfBinding),
    signOutHref: customer.signOutHref,
    fields: { with: uid, stays, version: String(survivor.version), other_version: String(absorbed.version) },
    survivor: nameOf(survivor.profile),
    absorbed: nameOf(absorbed.profile),
    signsOut: stays === 'other',
    ...(maySwap ? { swapHref: `${PREVIEW_PATH}?${swap}` } : {}),
    conflicts: conflictsOf(deps, locale, preview),
    shared: sharedOf(deps, locale, preview),
    oneLater: {
      password: survivor.enrolled.password && absorbed.enrolled.password,
      totp: survivor.enrolled.totpSince !== undefined && absorbed.enrolled.totpSince !== undefined,
    },
  }
  deps.pages.send(ctx, (page) => mergePreviewPage(page, model))
}

function conflictsOf({ group }: PortalDeps, locale: Locale, { conflicts }: MergePreview): MergePreviewModel['conflicts'] {
  return conflicts
    .filter(({ choice }) => choice)
    .map(({ attribute, survivor, absorbed }) => ({
      name: attribute,
      label: localised(group().attributes.get(attribute)?.label ?? {}, locale) || attribute,
      survivor: readable(survivor.value),
      absorbed: readable(absorbed.value),
    }))
}

/** Who reads what afterwards, by recipient; that it knows the customer at all goes without saying. */
function sharedOf({ group }: PortalDeps, locale: Locale, { shared }: MergePreview): MergePreviewModel['shared'] {
  const { recipients, attributes } = group()
  return [...Map.groupBy(shared, ({ recipient }) => recipient)].map(([recipient, grants]) => ({
    recipient: recipients.get(recipient)?.name ?? recipient,
    attributes: [...new Set(grants.map(({ attribute }) => attribute))]
      .filter((attribute) => attribute !== KNOWN)
      .map((attribute) => localised(attributes.get(attribute)?.label ?? {}, locale) || attribute),
  }))
}
