import { type Html, html } from '../../src/web/html.ts'
import { linkButton } from '../elements/button.ts'
import { type PageContext, page } from '../elements/page.ts'

/** What can go wrong with a whole page, as the customer understands it. Words are `error.title.…` and `error.text.…`. */
export const ERROR_KINDS = [
  'expired',
  'finished',
  'other_browser',
  'stale_page',
  'wrong_link',
  'refused',
  'denied',
  'held',
  'not_found',
  'other_host',
  'too_many_requests',
  'fault',
  'overloaded',
] as const
export type ErrorKind = (typeof ERROR_KINDS)[number]

export interface ErrorModel {
  readonly kind: ErrorKind
  /** The way back: the shop, or the address that is right. Its name is shown. */
  readonly back?: { readonly href: string; readonly name: string }
  /** This address again, where trying again can help. */
  readonly againHref?: string
  /** For developers, behind a closed disclosure. */
  readonly details?: ErrorDetails
}

export interface ErrorDetails {
  /** `invalid_redirect_uri`. */
  readonly code: string
  readonly description?: string
  readonly received?: string
  readonly registered?: readonly string[]
}

/** The apology, the way on, and the request's number. */
export function errorPage(ctx: PageContext, { kind, back, againHref, details }: ErrorModel): Html {
  const { t } = ctx
  const title = t(`error.title.${kind}`)
  return page(ctx, {
    name: 'error',
    title,
    main: html`<h1>${title}</h1>
<p class="lead" role="alert">${t(`error.text.${kind}`)}</p>
${
  (againHref !== undefined || back) &&
  html`<div class="pair">${againHref !== undefined && linkButton(t('error.again'), againHref, { action: 'again', primary: true })}
${back && linkButton(t('error.back', { brand: back.name }), back.href, { action: 'back', primary: againHref === undefined })}</div>`
}
<p class="help">${t.html('error.request', { id: ctx.requestId })}</p>
${details && developerDetails(ctx, details)}`,
  })
}

function developerDetails({ t }: PageContext, details: ErrorDetails): Html {
  return html`<details class="developers"><summary>${t('error.details')}</summary><dl>
<dt>${t('error.code')}</dt><dd><code>${details.code}</code></dd>
${details.description !== undefined && html`<dt>${t('error.description')}</dt><dd lang="en">${details.description}</dd>`}
${details.received !== undefined && html`<dt>${t('error.received')}</dt><dd><code>${details.received}</code></dd>`}
${details.registered && html`<dt>${t('error.registered')}</dt>${details.registered.map((value) => html`<dd><code>${value}</code></dd>`)}`}
</dl></details>`
}
