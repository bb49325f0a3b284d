import { attributes, type Html, html } from '../../src/web/html.ts'
import type { MessageKey } from '../../src/web/i18n.ts'
import { icon } from '../elements/icon.ts'
import { type PageContext, page } from '../elements/page.ts'

/** What every page of the portal needs beside its own model. */
export interface Portal {
  /** Where signing out is asked for; a link, because that page asks again. */
  readonly signOutHref: string
}

interface PortalParts {
  readonly name: string
  readonly title: string
  readonly main: Html
  readonly passkeys?: boolean
}

const SECTIONS: readonly { readonly page: string; readonly href: string; readonly words: MessageKey }[] = [
  { page: 'account', href: '/account', words: 'account.nav.home' },
  { page: 'account.profile', href: '/account/profile', words: 'account.nav.profile' },
  { page: 'account.security', href: '/account/security', words: 'account.nav.security' },
  { page: 'account.sessions', href: '/account/sessions', words: 'account.nav.sessions' },
  { page: 'account.activity', href: '/account/activity', words: 'account.nav.activity' },
  { page: 'account.privacy', href: '/account/privacy', words: 'account.nav.privacy' },
]

/** A page of the signed-in customer: sections and the way out in the header. */
export function portalPage(ctx: PageContext, { signOutHref }: Portal, { name, title, main, passkeys = false }: PortalParts): Html {
  const { t } = ctx
  const nav = html`<nav class="sections" aria-label="${t('account.nav')}"><ul>${SECTIONS.map(
    (section) =>
      html`<li><a${attributes({ href: section.href, 'aria-current': (section.page === name && 'page') || (name.startsWith(`${section.page}.`) && section.page !== 'account' && 'true') })}>${t(section.words)}</a></li>`,
  )}</ul></nav>
<a class="sign-out" href="${signOutHref}" data-action="sign-out">${icon('leave')}<span>${t('account.sign_out')}</span></a>`
  return page(ctx, { name, title, main, passkeys, wide: true, nav })
}
