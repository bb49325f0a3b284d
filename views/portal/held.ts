import { type Html, html } from '../../src/web/html.ts'
import { linkButton } from '../elements/button.ts'
import { instant } from '../elements/instant.ts'
import type { PageContext } from '../elements/page.ts'
import { type Portal, portalPage } from './portal-page.ts'

export interface HeldModel extends Portal {
  readonly because: 'recovery_code' | 'undone' | 'unused_codes'
  readonly until: Date
  /** Where a passkey confirms; absent: the account has none. */
  readonly passkeyHref?: string
}

/** Why a change has to wait, until when, and how to go on at once. */
export function heldPage(ctx: PageContext, model: HeldModel): Html {
  const { t } = ctx
  const title = t('held.title')
  return portalPage(ctx, model, {
    name: 'account.security.held',
    title,
    main: html`<h1>${title}</h1>
<p class="lead" role="alert">${t(`held.text.${model.because}`)}</p>
<p class="spaced">${t('held.until')} ${instant(ctx, model.until)}</p>
${model.passkeyHref !== undefined && html`<p class="spaced">${t('held.passkey_lead')}</p>`}
<div class="pair">${model.passkeyHref !== undefined && linkButton(t('held.passkey'), model.passkeyHref, { action: 'use-passkey', primary: true })}
${linkButton(t('held.back'), '/account/security', { action: 'back' })}</div>`,
  })
}
