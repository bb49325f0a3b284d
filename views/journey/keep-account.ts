import { type Html, html } from '../../src/web/html.ts'
import { primary, secondary } from '../elements/button.ts'
import { type FormTarget, form } from '../elements/form.ts'
import { instant } from '../elements/instant.ts'
import { type PageContext, page } from '../elements/page.ts'

export interface KeepAccountModel extends FormTarget {
  /** When the account is erased if nobody keeps it. */
  readonly closesAt: Date
}

/** The account is being closed, and its owner has come back: keep it, or leave it to its end. */
export function keepAccountPage(ctx: PageContext, model: KeepAccountModel): Html {
  const { t, groupName } = ctx
  const title = t('keep_account.title')
  return page(ctx, {
    name: 'keep_account',
    title,
    main: html`<h1>${title}</h1>
<p class="lead">${t('keep_account.lead', { group: groupName })}</p>
<p>${t('keep_account.closes')} <strong>${instant(ctx, model.closesAt)}</strong></p>
<p>${t('keep_account.stay')}</p>
${form(
  model,
  html`${primary(t('keep_account.submit'), { name: 'action', value: 'keep' })}
${secondary(t('keep_account.leave'), { action: 'sign-out', name: 'action', value: 'leave' })}`,
)}`,
  })
}
