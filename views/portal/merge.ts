import { type Html, html } from '../../src/web/html.ts'
import { formatList } from '../../src/web/i18n.ts'
import { linkButton, primary, quiet } from '../elements/button.ts'
import { choice } from '../elements/choice.ts'
import { type FormTarget, form, hidden } from '../elements/form.ts'
import { icon } from '../elements/icon.ts'
import { instant } from '../elements/instant.ts'
import { alert, status } from '../elements/message.ts'
import type { PageContext } from '../elements/page.ts'
import { type Portal, portalPage } from './portal-page.ts'

const WENT_WELL = ['merged', 'undone'] as const
const WENT_WRONG = [
  'not_proven',
  'stale',
  'same_account',
  'not_active',
  'has_absorbed',
  'too_many',
  'on_hold',
  'changed_meanwhile',
] as const
/** What this page may say of what was just tried. */
export const MERGE_SAYINGS = [...WENT_WELL, ...WENT_WRONG] as const
export type MergeSaying = (typeof MERGE_SAYINGS)[number]

export interface JoinedAccount {
  readonly id: string
  /** What the customer knows it by. */
  readonly name: string
  readonly mergedAt: Date
  readonly undoUntil: Date
}

export interface MergeModel extends Portal, FormTarget {
  readonly joined: readonly JoinedAccount[]
  /** Page that asks before two accounts part; gets `?merge=ID`. */
  readonly undoAction: string
  readonly said?: MergeSaying
}

/** For whoever has two accounts: the way to the other one, and what can be undone. */
export function mergePage(ctx: PageContext, model: MergeModel): Html {
  const { t, groupName } = ctx
  const title = t('merge.title')
  const good = WENT_WELL.find((saying) => saying === model.said)
  const bad = WENT_WRONG.find((saying) => saying === model.said)
  return portalPage(ctx, model, {
    name: 'account.security.merge',
    title,
    main: html`<h1>${title}</h1>
${good && status(t(`merge.status.${good}`))}${bad && alert(t(`merge.error.${bad}`))}
<p class="lead">${t('merge.lead', { group: groupName })}</p>
<p>${t('merge.how')}</p>
${form(model, html`<div class="pair">${primary(t('merge.start'))}</div>`)}
${model.joined.length > 0 && joinedAccounts(ctx, model)}`,
  })
}

function joinedAccounts(ctx: PageContext, { joined, undoAction }: MergeModel): Html {
  const { t } = ctx
  return html`<section class="part" aria-labelledby="joined"><h2 id="joined">${t('merge.joined.title')}</h2>
<ul class="rows">${joined.map(
    ({ id, name, mergedAt, undoUntil }) => html`<li class="row">${icon('user')}<div><h3>${name}</h3>
<p class="hint">${t('merge.joined.since')} ${instant(ctx, mergedAt)}</p><p class="hint">${t('merge.joined.until')} ${instant(ctx, undoUntil)}</p></div>
<form method="get" action="${undoAction}">${hidden('merge', id)}${quiet(html`${t('merge.joined.undo')}<span class="visually-hidden"> ${name}</span>`, { action: 'undo-merge' })}</form></li>`,
  )}</ul></section>`
}

export interface MergePreviewModel extends Portal, FormTarget {
  /** What the form sends back. */
  readonly fields: Readonly<Record<string, string>>
  /** What the customer knows the account by that stays, and the one that goes. */
  readonly survivor: string
  readonly absorbed: string
  /** The page with the two the other way round; absent where only this way is possible. */
  readonly swapHref?: string
  /** This browser's session is the other one's, and ends. */
  readonly signsOut: boolean
  readonly conflicts: readonly { readonly name: string; readonly label: string; readonly survivor: string; readonly absorbed: string }[]
  /** Who knows what afterwards. */
  readonly shared: readonly { readonly recipient: string; readonly attributes: readonly string[] }[]
  /** Of what both have now, which will be one only after thirty days. */
  readonly oneLater: { readonly password: boolean; readonly totp: boolean }
}

/** Everything that comes of making two accounts one, before it is done. */
export function mergePreviewPage(ctx: PageContext, model: MergePreviewModel): Html {
  const { t } = ctx
  const { survivor, absorbed, conflicts } = model
  const title = t('merge_preview.title')
  return portalPage(ctx, model, {
    name: 'account.security.merge.preview',
    title,
    main: html`<h1>${title}</h1>
<p class="lead">${t('merge_preview.lead', { survivor, absorbed })}</p>
${model.swapHref && linkButton(t('merge_preview.swap', { absorbed }), model.swapHref, { action: 'swap' })}
${signIn(ctx, model)}
${sharing(ctx, model)}
${form(
  model,
  html`${Object.entries(model.fields).map(([name, value]) => hidden(name, value))}
${conflicts.length > 0 && values(ctx, model)}
<p>${t('merge_preview.undo')}</p>
<div class="pair">${primary(t('merge_preview.submit'))}${linkButton(t('merge_preview.cancel'), '/account/security', { action: 'cancel' })}</div>`,
)}`,
  })
}

function signIn({ t }: PageContext, { survivor, oneLater, signsOut }: MergePreviewModel): Html {
  return html`<section class="part"><h2>${icon('key')}<span>${t('merge_preview.sign_in.title')}</span></h2>
<ul class="points"><li>${t('merge_preview.sign_in.both')}</li>
${oneLater.password && html`<li>${t('merge_preview.sign_in.password_later', { survivor })}</li>`}
${oneLater.totp && html`<li>${t('merge_preview.sign_in.totp_later', { survivor })}</li>`}
<li>${t(signsOut ? 'merge_preview.sign_in.all_devices' : 'merge_preview.sign_in.devices')}</li></ul></section>`
}

function sharing({ t, locale }: PageContext, { shared }: MergePreviewModel): Html {
  const row = ({ recipient, attributes }: MergePreviewModel['shared'][number]): Html =>
    html`<li class="row"><h3>${recipient}</h3><p class="hint">${attributes.length > 0 ? formatList(attributes, locale) : t('merge_preview.shared.known')}</p></li>`
  return html`<section class="part"><h2>${icon('shield')}<span>${t('merge_preview.shared.title')}</span></h2><p class="hint">${t('merge_preview.shared.lead')}</p>
${shared.length > 0 ? html`<ul class="rows">${shared.map(row)}</ul>` : html`<p>${t('merge_preview.shared.none')}</p>`}</section>`
}

function values({ t }: PageContext, { conflicts, survivor, absorbed }: MergePreviewModel): Html {
  return html`<section class="part"><h2>${icon('user')}<span>${t('merge_preview.values.title')}</span></h2><p class="hint">${t('merge_preview.values.lead')}</p>
${conflicts.map(({ name, label, ...value }) =>
  choice({
    name: `value.${name}`,
    legend: label,
    options: [
      { value: 'survivor', label: value.survivor, hint: t('merge_preview.values.of', { account: survivor }) },
      { value: 'absorbed', label: value.absorbed, hint: t('merge_preview.values.of', { account: absorbed }) },
    ],
  }),
)}</section>`
}
