import { type Html, html } from '../../src/web/html.ts'
import { formatList } from '../../src/web/i18n.ts'
import { primary, secondary } from '../elements/button.ts'
import { type FormTarget, form } from '../elements/form.ts'
import { icon } from '../elements/icon.ts'
import { type PageContext, page } from '../elements/page.ts'
import { who } from '../elements/who.ts'

export interface ConfirmModel extends FormTarget {
  readonly clientName: string
  readonly recipientName: string
  /** What is passed on, in the customer's words, each with what it is for. */
  readonly items: readonly { readonly label: string; readonly purpose: string }[]
  /** What else this recipient is registered for and can read once it is filled in, in the customer's words. */
  readonly alsoReads: readonly string[]
  readonly accountEmail: string
  /** First visit to this recipient; the client asked for this page; an app anybody could have started. */
  readonly reason: 'first_visit' | 'asked' | 'native_app'
}

/** Who asks for what, before it is passed on for the first time. */
export function confirmPage(ctx: PageContext, model: ConfirmModel): Html {
  const { t } = ctx
  const words = { client: model.clientName, recipient: model.recipientName, group: ctx.groupName }
  const title = t(`confirm.title.${model.reason}`, words)
  const content = html`
<ul class="facts">${model.items.map((item) => html`<li>${icon('tick')}<span><strong>${item.label}</strong> <span class="hint">${item.purpose}</span></span></li>`)}</ul>
<p class="help">${model.alsoReads.length > 0 ? t('confirm.also_reads', { recipient: model.recipientName, items: formatList(model.alsoReads, ctx.locale) }) : t('confirm.nothing_else')}</p>
<div class="pair">${primary(t('confirm.submit'))}
${secondary(t('confirm.deny'), { action: 'deny', name: 'action', value: 'deny' })}</div>`
  return page(ctx, {
    name: 'confirm',
    title,
    main: html`<h1>${title}</h1>
<p class="lead">${t(`confirm.lead.${model.reason}`, words)}</p>
${form(model, content)}
${who(model, { label: t('confirm.account'), address: model.accountEmail, change: t('confirm.other_account'), action: 'other-account' })}`,
  })
}
