import { type Html, html } from '../../src/web/html.ts'
import { primary, secondary } from '../elements/button.ts'
import { type FormTarget, form, hidden } from '../elements/form.ts'
import { type PageContext, page } from '../elements/page.ts'

/** A recipient's terms, of one version. */
export interface TermsLink {
  readonly version: string
  readonly href: string
  /** What the recipient calls them. */
  readonly title?: string
}

export interface TermsModel extends FormTarget {
  readonly recipientName: string
  readonly terms: TermsLink
}

/** New terms: accept, or leave. */
export function termsPage(ctx: PageContext, model: TermsModel): Html {
  const { t } = ctx
  const words = { recipient: model.recipientName }
  const title = t('terms.title', words)
  const content = html`${shownVersion(model.terms)}
<div class="pair">${primary(t('terms.submit'))}
${secondary(t('terms.deny'), { action: 'deny', name: 'action', value: 'deny' })}</div>`
  return page(ctx, {
    name: 'terms',
    title,
    main: html`<h1>${title}</h1>
<p class="lead">${t('terms.lead', words)}</p>
<p>${termsLink(ctx, model.terms)}</p>
${form(model, content)}`,
  })
}

/** Opens beside the journey, which goes on where it is. */
export const termsLink = ({ t }: PageContext, { href, title }: TermsLink): Html =>
  html`<a href="${href}" target="_blank" rel="noopener noreferrer">${title ?? t('terms.name')}</a>`

/** Which version the page showed: the form accepts that one and no other. */
export const shownVersion = ({ version }: TermsLink): Html => hidden('terms_version', version)
