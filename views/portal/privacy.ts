import { type Html, html } from '../../src/web/html.ts'
import { linkButton } from '../elements/button.ts'
import { icon } from '../elements/icon.ts'
import { instant } from '../elements/instant.ts'
import { alert, status } from '../elements/message.ts'
import type { PageContext } from '../elements/page.ts'
import { type Portal, portalPage } from './portal-page.ts'

export interface PrivacyModel extends Portal {
  /** How long the deletion of the account can be undone. */
  readonly graceDays: number
  /** The latest file with everything; absent when none was asked for, or it is gone. */
  readonly file?: { readonly state: 'pending' | 'ready' | 'failed'; readonly until: Date }
  readonly told?: 'asked' | 'too_soon'
}

const EXPORT = '/account/privacy/export'

/** What the customer may do with everything that is stored about them: take it along, have it erased. */
export function privacyPage(ctx: PageContext, model: PrivacyModel): Html {
  const { t, groupName } = ctx
  const title = t('privacy.title')
  return portalPage(ctx, model, {
    name: 'account.privacy',
    title,
    main: html`<h1>${title}</h1>
${model.told === 'asked' && status(t('privacy.status.asked'))}
${model.told === 'too_soon' && alert(t('privacy.error.too_soon'))}
<p class="lead">${t('privacy.lead', { group: groupName })}</p>
<section class="part"><h2>${icon('paper')}<span>${t('privacy.export.title')}</span></h2><p class="hint">${t('privacy.export.lead')}</p>
${file(ctx, model)}</section>
<section class="part"><h2>${icon('leave')}<span>${t('privacy.delete.title')}</span></h2><p class="hint">${t('privacy.delete.lead', { days: model.graceDays })}</p>
${linkButton(t('privacy.delete.ask'), '/account/privacy/delete', { action: 'delete-account' })}</section>`,
  })
}

function file(ctx: PageContext, { file }: PrivacyModel): Html {
  const { t } = ctx
  if (!file) return linkButton(t('privacy.export.ask'), EXPORT, { action: 'export-data' })
  if (file.state === 'pending') return html`<p>${t('privacy.export.pending')}</p>`
  const again = linkButton(t('privacy.export.again'), EXPORT, { action: 'export-data' })
  if (file.state === 'failed') return html`<p>${t('privacy.export.failed')}</p>${again}`
  return html`<p>${t('privacy.export.until')} ${instant(ctx, file.until)}</p>
<div class="choices">${linkButton(t('privacy.export.download'), '/account/privacy/download', { action: 'download-data' })}
${again}</div>`
}
