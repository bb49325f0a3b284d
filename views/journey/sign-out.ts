import { type Html, html } from '../../src/web/html.ts'
import { linkButton, primary, secondary } from '../elements/button.ts'
import { hidden } from '../elements/form.ts'
import { type PageContext, page } from '../elements/page.ts'

export interface SignOutModel {
  readonly action: string
  /** The protocol engine's own proof that the form is ours. */
  readonly xsrf: { readonly name: string; readonly value: string }
  /** The client that asks, if one does. */
  readonly clientName?: string
}

/** Asks before signing out. Both buttons post; only the primary one sends `logout=yes`. */
export function signOutPage(ctx: PageContext, model: SignOutModel): Html {
  const { t, groupName } = ctx
  const title = t('sign_out.title')
  const lead =
    model.clientName === undefined
      ? t('sign_out.lead', { group: groupName })
      : t('sign_out.lead_client', { group: groupName, client: model.clientName })
  return page(ctx, {
    name: 'sign_out',
    title,
    main: html`<h1>${title}</h1>
<p class="lead">${lead}</p>
<form class="form" method="post" action="${model.action}" data-once>${hidden(model.xsrf.name, model.xsrf.value)}
<div class="pair">${primary(t('sign_out.submit'), { name: 'logout', value: 'yes' })}
${secondary(t('sign_out.stay'), { action: 'stay' })}</div>
</form>`,
  })
}

export interface SignedOutModel {
  readonly back?: { readonly href: string; readonly name: string }
}

/** The end of a sign-out that no client asked to come back from. */
export function signedOutPage(ctx: PageContext, { back }: SignedOutModel): Html {
  const { t } = ctx
  const title = t('signed_out.title')
  return page(ctx, {
    name: 'signed_out',
    title,
    main: html`<h1>${title}</h1>
<p class="lead" role="status">${t('signed_out.lead')}</p>
${back && linkButton(t('error.back', { brand: back.name }), back.href, { action: 'back', primary: true })}`,
  })
}
