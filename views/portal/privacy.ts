import { type Html, html } from '../../src/web/html.ts'
import { linkButton } from '../elements/button.ts'
import { icon } from '../elements/icon.ts'
import type { PageContext } from '../elements/page.ts'
import { type Portal, portalPage } from './portal-page.ts'

export interface PrivacyModel extends Portal {
  /** How long the deletion of the account can be undone. */
  readonly graceDays: number
}

/** What the customer may do with everything that is stored about them: take it along, have it erased. */
export function privacyPage(ctx: PageContext, model: PrivacyModel): Html {
  const { t, groupName } = ctx
  const title = t('privacy.title')
  return portalPage(ctx, model, {
    name: 'account.privacy',
    title,
    main: html`<h1>${title}</h1>
<p class="lead">${t('privacy.lead', { group: groupName })}</p>
<section class="part"><h2>${icon('leave')}<span>${t('privacy.delete.title')}</span></h2><p class="hint">${t('privacy.delete.lead', { days: model.graceDays })}</p>
${linkButton(t('privacy.delete.ask'), '/account/privacy/delete', { action: 'delete-account' })}</section>`,
  })
}
