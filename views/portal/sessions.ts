import { type Html, html } from '../../src/web/html.ts'
import { formatList } from '../../src/web/i18n.ts'
import { hidden } from '../elements/form.ts'
import { icon } from '../elements/icon.ts'
import { instant } from '../elements/instant.ts'
import { status } from '../elements/message.ts'
import type { PageContext } from '../elements/page.ts'
import { type Portal, portalPage } from './portal-page.ts'

/** One place where the customer is signed in. */
export interface SessionRow {
  /** Names the session on the confirm page; never the session's secret. */
  readonly id: string
  /** `Firefox on Windows`. */
  readonly device: string
  readonly deviceKind?: 'computer' | 'phone' | 'tablet'
  readonly signedInAt: Date
  readonly lastSeenAt: Date
  /** Names of the brands it was used for. */
  readonly brands: readonly string[]
  readonly current: boolean
}

/** Something that was done to protect the account. */
export interface NoticeRow {
  readonly kind: 'copied_key'
  /** The shop's name. */
  readonly brand: string
  readonly at: Date
}

/** A browser that is not asked for the second factor. */
export interface TrustRow {
  readonly id: string
  readonly device: string
  readonly deviceKind?: SessionRow['deviceKind']
  readonly until: Date
}

export interface SessionsModel extends Portal {
  readonly trusted: readonly TrustRow[]
  /** Page that asks before a device is trusted no more; gets `?device=ID`. */
  readonly forgetAction: string
  readonly sessions: readonly SessionRow[]
  /** The latest first. */
  readonly notices: readonly NoticeRow[]
  /** Page that asks before one session ends; gets `?session=ID`. */
  readonly endAction: string
  /** Page that asks before all others end. */
  readonly endOthersAction: string
  readonly status?: 'ended' | 'others_ended' | 'trust_ended'
}

const SIGNS = { computer: 'monitor', phone: 'phone', tablet: 'tablet' } as const

/** Where the customer is signed in, this device first. Its buttons lead to a page that asks again, so they are GET forms. */
export function sessionsPage(ctx: PageContext, model: SessionsModel): Html {
  const { t } = ctx
  const title = t('sessions.title')
  const others = model.sessions.some((session) => !session.current)
  return portalPage(ctx, model, {
    name: 'account.sessions',
    title,
    main: html`<h1>${title}</h1>
${model.status && status(t(`sessions.status.${model.status}`))}
<p class="lead">${t('sessions.lead')}</p>
<ul class="rows">${model.sessions.map((session) => row(ctx, session, model.endAction))}</ul>
${
  others
    ? html`<form method="get" action="${model.endOthersAction}"><button type="submit" class="button secondary" data-action="end-others">${t('sessions.end_others')}</button></form>`
    : html`<p class="help">${t('sessions.only_this')}</p>`
}
${model.trusted.length > 0 && trusted(ctx, model)}
${model.notices.length > 0 && notices(ctx, model.notices)}`,
  })
}

function trusted(ctx: PageContext, { trusted: rows, forgetAction }: SessionsModel): Html {
  const { t } = ctx
  return html`<section aria-labelledby="trusted"><h2 id="trusted">${t('sessions.trusted.title')}</h2>
<p class="hint">${t('sessions.trusted.lead')}</p>
<ul class="rows">${rows.map(
    ({ id, device, deviceKind, until }) => html`<li class="row" data-trusted="${id}">${icon(SIGNS[deviceKind ?? 'computer'])}
<div><h3>${device}</h3><p class="hint">${t('sessions.trusted.until')} ${instant(ctx, until)}</p></div>
<form method="get" action="${forgetAction}">${hidden('device', id)}<button type="submit" class="quiet" data-action="forget-device"><span aria-hidden="true">${t('sessions.trusted.forget')}</span><span class="visually-hidden">${t('sessions.trusted.forget_device', { device })}</span></button></form></li>`,
  )}</ul></section>`
}

function notices(ctx: PageContext, rows: readonly NoticeRow[]): Html {
  const { t } = ctx
  return html`<section aria-labelledby="notices"><h2 id="notices">${t('sessions.notices')}</h2>
<ul class="rows">${rows.map(
    ({
      kind,
      brand,
      at,
    }) => html`<li class="row" data-notice="${kind}">${icon('alert')}<div><p>${t(`sessions.notice.${kind}`, { brand })}</p>
<p class="help">${instant(ctx, at)}</p></div></li>`,
  )}</ul></section>`
}

function row(ctx: PageContext, session: SessionRow, endAction: string): Html {
  const { t, locale } = ctx
  return html`<li class="row" data-session="${session.id}">${icon(SIGNS[session.deviceKind ?? 'computer'])}
<div><h2>${session.device}${session.current && html` <span class="tag">${t('sessions.this_device')}</span>`}</h2>
<dl><div><dt>${t('sessions.signed_in')}</dt> <dd>${instant(ctx, session.signedInAt)}</dd></div>
<div><dt>${t('sessions.last_seen')}</dt> <dd>${instant(ctx, session.lastSeenAt)}</dd></div>
${session.brands.length > 0 && html`<div><dt>${t('sessions.brands')}</dt> <dd>${formatList(session.brands, locale)}</dd></div>`}</dl></div>
<form method="get" action="${endAction}">${hidden('session', session.id)}<button type="submit" class="quiet" data-action="end-session"><span aria-hidden="true">${t('sessions.end')}</span><span class="visually-hidden">${t('sessions.end_device', { device: session.device })}</span></button></form></li>`
}
