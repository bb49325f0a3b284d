import { type Html, html } from '../../src/web/html.ts'
import { linkButton, primary } from '../elements/button.ts'
import { type FormTarget, form, hidden } from '../elements/form.ts'
import type { PageContext } from '../elements/page.ts'
import { type Portal, portalPage } from './portal-page.ts'

export interface ConfirmActionModel extends Portal, FormTarget {
  readonly kind: 'end_session' | 'end_this_session' | 'end_others'
  /** With `end_session`: the device's label. */
  readonly device?: string
  /** What the POST needs to know, as hidden inputs (`session`). */
  readonly fields?: Readonly<Record<string, string>>
  readonly cancelHref: string
}

/** Asks before something that cannot be undone. Only the POST does it. */
export function confirmActionPage(ctx: PageContext, model: ConfirmActionModel): Html {
  const { t } = ctx
  const title = t(`account_confirm.title.${model.kind}`, { device: model.device ?? '' })
  const content = html`${Object.entries(model.fields ?? {}).map(([name, value]) => hidden(name, value))}
<div class="pair">${primary(t('account_confirm.submit'), { danger: true })}
${linkButton(t('account_confirm.cancel'), model.cancelHref, { action: 'cancel' })}</div>`
  return portalPage(ctx, model, {
    name: 'account.confirm',
    title,
    main: html`<h1>${title}</h1>
<p class="lead">${t(`account_confirm.text.${model.kind}`)}</p>
${form(model, content)}`,
  })
}
