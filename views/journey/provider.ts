import { type Html, html } from '../../src/web/html.ts'
import { linkButton, primary, secondary } from '../elements/button.ts'
import { type FormTarget, form } from '../elements/form.ts'
import { type PageContext, page } from '../elements/page.ts'

export interface GoOnModel {
  /** The provider's name; absent on the way back. */
  readonly provider?: string
  readonly href: string
}

/**
 * On the way to a provider or back. Goes on by itself, without script. A redirect would not do: browsers check where a form's answer leads, over all
 * redirects, and nobody knows to how many houses a provider sends its customers.
 */
export function goOnPage(ctx: PageContext, { provider, href }: GoOnModel): Html {
  const { t } = ctx
  const title = provider === undefined ? t('federated.back.title') : t('federated.go.title', { provider })
  return page(ctx, {
    name: 'go_on',
    title,
    goOn: href,
    main: html`<h1>${title}</h1>
<p class="lead">${t('federated.go.lead')}</p>
${linkButton(t('federated.go.submit'), href, { action: 'go-on', primary: true })}`,
  })
}

export interface LinkProviderModel extends FormTarget {
  readonly provider: string
  /** The address at the provider, where it told one. */
  readonly theirAddress?: string
  /** The account it would be linked to. */
  readonly accountEmail: string
  /** Whether the proof of this sign-in is enough to add a way in. */
  readonly enough: boolean
}

/** Asks whether a provider is to be linked to the account that was just signed in to. */
export function linkProviderPage(ctx: PageContext, model: LinkProviderModel): Html {
  const { t } = ctx
  const { provider, theirAddress, accountEmail, enough } = model
  const title = t('link_provider.title', { provider })
  const content = enough
    ? html`${primary(t('link_provider.submit'), { name: 'action', value: 'link' })}
${secondary(t('link_provider.skip'), { action: 'skip', name: 'action', value: 'skip' })}`
    : primary(t('link_provider.go_on'), { name: 'action', value: 'skip' })
  const lead = enough
    ? t.html('link_provider.lead', { provider, email: accountEmail, group: ctx.groupName })
    : t('link_provider.not_enough', { provider })
  return page(ctx, {
    name: 'link_provider',
    title,
    main: html`<h1>${title}</h1>
<p class="lead">${lead}</p>
${enough && theirAddress !== undefined && html`<p class="hint">${t('link_provider.address', { provider, email: theirAddress })}</p>`}
${form(model, content)}`,
  })
}
