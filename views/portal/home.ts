import { type Html, html } from '../../src/web/html.ts'
import { type IconName, icon } from '../elements/icon.ts'
import type { PageContext } from '../elements/page.ts'
import { type Portal, portalPage } from './portal-page.ts'

export interface AccountHomeModel extends Portal {
  /** How the customer wants to be called, if known. */
  readonly name?: string
  readonly email?: string
  /** How many devices are signed in, this one included. */
  readonly sessionCount: number
}

/** Where the customer lands: what there is, in cards. */
export function accountHomePage(ctx: PageContext, model: AccountHomeModel): Html {
  const { t, groupName } = ctx
  const title = model.name ? t('account.title', { name: model.name }) : t('account.title_plain')
  return portalPage(ctx, model, {
    name: 'account',
    title,
    main: html`<h1>${title}</h1>
<p class="lead">${t('account.lead', { group: groupName })}</p>
<ul class="cards">
${card('user', '/account/profile', t('account.profile.card'), t('account.profile.card_text'), model.email)}
${card('shield', '/account/security', t('account.security.card'), t('account.security.card_text'))}
${card('monitor', '/account/sessions', t('account.sessions.card'), t('account.sessions.card_text', { count: model.sessionCount }))}
${card('clock', '/account/activity', t('account.activity.card'), t('account.activity.card_text'))}
${card('paper', '/account/privacy', t('account.privacy.card'), t('account.privacy.card_text'))}
</ul>`,
  })
}

/** The whole card is the link's target by a stretched pseudo-element; the link's words are the heading. */
function card(sign: IconName, href: string, title: string, text: string, extra?: string): Html {
  return html`<li class="card">${icon(sign)}<h2><a href="${href}">${title}</a></h2><p>${text}</p>${extra && html`<p class="hint">${extra}</p>`}${icon('chevron')}</li>`
}
