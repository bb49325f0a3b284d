import { type Html, html } from '../../src/web/html.ts'
import { formatInstant } from '../../src/web/i18n.ts'
import { primary } from '../elements/button.ts'
import { field } from '../elements/field.ts'
import { type PageContext, page } from '../elements/page.ts'

export interface MailboxModel {
  readonly action: string
  /** The filter in force. */
  readonly to?: string
  /** Newest first. */
  readonly entries: readonly MailView[]
}

export interface MailView {
  readonly id: string
  readonly to: string
  readonly subject: string
  readonly text: string
  readonly links: readonly string[]
  readonly at: Date
  /** Of a text message. */
  readonly channel?: 'sms'
}

/** `/dev/mailbox`: the messages a server without a mail service would have sent. */
export function mailboxPage(ctx: PageContext, model: MailboxModel): Html {
  const { t } = ctx
  const title = t('mailbox.title')
  return page(ctx, {
    name: 'dev.mailbox',
    title,
    wide: true,
    main: html`<h1>${title}</h1>
<p class="lead">${t('mailbox.lead')}</p>
<form class="form inline" method="get" action="${model.action}">
${field({ name: 'to', label: t('mailbox.filter'), autocomplete: 'off', inputmode: 'email', value: model.to })}
${primary(t('mailbox.submit'))}
</form>
${model.entries.length === 0 ? html`<p class="help">${t('mailbox.empty')}</p>` : html`<ul class="rows">${model.entries.map((entry) => message(ctx, entry))}</ul>`}`,
  })
}

function message({ t, locale }: PageContext, { id, to, subject, text, links, at, channel }: MailView): Html {
  return html`<li class="row" data-mail="${id}" data-channel="${channel ?? 'email'}"><div><h2>${channel === 'sms' ? t('mailbox.sms') : subject}</h2>
<p class="hint">${to} · <time datetime="${at.toISOString()}" data-local>${formatInstant(at, locale, 'UTC')}</time></p>
<pre>${text}</pre>${links.map((link) => html`<p><a href="${link}">${link}</a></p>`)}</div></li>`
}
