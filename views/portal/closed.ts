import { type Html, html } from '../../src/web/html.ts'
import { linkButton } from '../elements/button.ts'
import { type PageContext, page } from '../elements/page.ts'

export interface ClosedModel {
  readonly graceDays: number
  /** Where signing in undoes it. */
  readonly accountHref: string
}

/** After the deletion was asked for: signed out everywhere, and how to undo it. */
export function closedPage(ctx: PageContext, model: ClosedModel): Html {
  const { t, groupName } = ctx
  const title = t('closed.title')
  return page(ctx, {
    name: 'account.closed',
    title,
    main: html`<h1>${title}</h1>
<p class="lead">${t('closed.lead', { group: groupName })}</p>
<p>${t('closed.undo', { days: model.graceDays })}</p>
${linkButton(t('closed.sign_in'), model.accountHref, { action: 'sign-in' })}`,
  })
}
