import { type Html, html } from '../../src/web/html.ts'
import { formatList, type MessageKey } from '../../src/web/i18n.ts'
import { linkButton } from '../elements/button.ts'
import { hidden } from '../elements/form.ts'
import { icon } from '../elements/icon.ts'
import { instant } from '../elements/instant.ts'
import { status } from '../elements/message.ts'
import type { PageContext } from '../elements/page.ts'
import { type Portal, portalPage } from './portal-page.ts'
import { type ChangeRow, changeRow } from './security.ts'

/** How somebody proved who they are, as a customer would call it. */
export const SIGN_IN_METHODS = ['password', 'passkey', 'app_code', 'sms_code', 'email_code', 'recovery_code', 'provider'] as const
export type SignInMethod = (typeof SIGN_IN_METHODS)[number]

/** One completed sign-in. */
export interface SignInRow {
  readonly id: string
  readonly at: Date
  /** The shop's name. */
  readonly brand: string
  /** `Firefox · Windows`; empty when the browser said nothing. */
  readonly device: string
  readonly deviceKind: 'computer' | 'phone' | 'tablet'
  readonly methods: readonly SignInMethod[]
  /** The account was signed in to in this browser for the first time. */
  readonly newDevice: boolean
  /** It is the session that looks at this page. */
  readonly current: boolean
  /** Address it came from, for a month. */
  readonly address?: string | undefined
  /** Where it came from, once somebody can tell. */
  readonly place?: string | undefined
}

export interface ActivityModel extends Portal {
  /** The latest first. */
  readonly signIns: readonly SignInRow[]
  /** What was changed about how one signs in, the latest first; on the first page only. */
  readonly changes: readonly ChangeRow[]
  /** The page of older ones, when there are any. */
  readonly olderHref?: string | undefined
  /** The way back from a page of older ones. */
  readonly newestHref?: string | undefined
  /** Page that asks before a sign-in is reported; gets `?sign_in=ID`. */
  readonly reportAction: string
  readonly keptDays: number
  readonly status?: 'reported' | undefined
}

const SIGNS = { computer: 'monitor', phone: 'phone', tablet: 'tablet' } as const

/** Who signed in, when, how and where. */
export function activityPage(ctx: PageContext, model: ActivityModel): Html {
  const { t } = ctx
  const title = t('activity.title')
  return portalPage(ctx, model, {
    name: 'account.activity',
    title,
    main: html`<h1>${title}</h1>
${model.status && status(t(`activity.status.${model.status}`))}
<p class="lead">${t('activity.lead')}</p>
<p class="hint">${t('activity.kept', { days: model.keptDays })}</p>
${model.signIns.length > 0 ? html`<ul class="rows">${model.signIns.map((row) => signInRow(ctx, row, model.reportAction))}</ul>` : html`<p class="help">${t('activity.none')}</p>`}
<div class="choices">${model.newestHref && linkButton(t('activity.newest'), model.newestHref, { action: 'newest' })}
${model.olderHref && linkButton(t('activity.older'), model.olderHref, { action: 'older' })}</div>
${model.changes.length > 0 && html`<section class="part"><h2>${icon('clock')}<span>${t('security.changes.title')}</span></h2><ul class="rows">${model.changes.map((row) => changeRow(ctx, row))}</ul></section>`}`,
  })
}

function signInRow(ctx: PageContext, row: SignInRow, reportAction: string): Html {
  const { t, locale } = ctx
  const device = row.device === '' ? t('activity.unknown_device') : row.device
  const tag: MessageKey | false = row.current ? 'sessions.this_device' : row.newDevice && 'activity.new_device'
  const methods = row.methods.map((method) => t(`activity.method.${method}`))
  return html`<li class="row" data-sign-in="${row.id}">${icon(SIGNS[row.deviceKind])}
<div><h2>${row.brand}${tag && html` <span class="tag">${t(tag)}</span>`}</h2>
<dl><div><dt>${t('activity.at')}</dt> <dd>${instant(ctx, row.at)}</dd></div>
<div><dt>${t('activity.device')}</dt> <dd>${device}</dd></div>
${methods.length > 0 && html`<div><dt>${t('activity.methods')}</dt> <dd>${formatList(methods, locale)}</dd></div>`}
${row.place !== undefined && html`<div><dt>${t('activity.place')}</dt> <dd>${row.place}</dd></div>`}
${row.address !== undefined && html`<div><dt>${t('activity.address')}</dt> <dd>${row.address}</dd></div>`}</dl></div>
${!row.current && html`<form method="get" action="${reportAction}">${hidden('sign_in', row.id)}<button type="submit" class="quiet" data-action="report-sign-in"><span aria-hidden="true">${t('activity.report')}</span><span class="visually-hidden">${t('activity.report_device', { device, brand: row.brand })}</span></button></form>`}</li>`
}
