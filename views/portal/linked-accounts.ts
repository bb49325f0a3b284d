import { type Html, html } from '../../src/web/html.ts'
import { linkButton, quiet, secondary } from '../elements/button.ts'
import { form, hidden } from '../elements/form.ts'
import { icon } from '../elements/icon.ts'
import { instant } from '../elements/instant.ts'
import type { PageContext } from '../elements/page.ts'
import type { ProviderButton } from '../elements/providers.ts'

export interface LinkedAccountRow {
  readonly id: string
  /** Of the provider. */
  readonly name: string
  /** The address there when it was linked. */
  readonly address: string | undefined
  readonly createdAt: Date
  readonly lastUsedAt: Date | undefined
  /** The provider is switched off, or no longer there. */
  readonly off: boolean
}

/** Accounts of the customer's at other providers. */
export interface LinkedAccounts {
  readonly rows: readonly LinkedAccountRow[]
  /** Providers that one more can be linked of. */
  readonly providers: readonly ProviderButton[]
  /** Whether the customer has just proven who they are; else the buttons lead to that proof. */
  readonly fresh: boolean
}

const PATH = '/account/security/providers'

/** The accounts that open this one, and buttons for more. */
export function linkedAccounts(
  ctx: PageContext,
  { csrf, proveHref }: { readonly csrf: string; readonly proveHref: string },
  { rows, providers, fresh }: LinkedAccounts,
): Html {
  const { t } = ctx
  const buttons = providers.map(({ key, name }) => {
    const label = t('security.providers.add', { provider: name })
    return fresh
      ? secondary(label, { action: 'link-provider', name: 'provider', value: key })
      : linkButton(label, proveHref, { action: 'link-provider' })
  })
  const choices = html`<div class="choices">${buttons}</div>`
  return html`<ul class="rows">${rows.map((row) => linkedRow(ctx, row))}</ul>
${providers.length > 0 && (fresh ? form({ action: PATH, csrf }, choices) : choices)}`
}

function linkedRow(ctx: PageContext, { id, name, address, createdAt, lastUsedAt, off }: LinkedAccountRow): Html {
  const { t } = ctx
  const used = lastUsedAt
    ? html`${t('security.passkeys.used')} ${instant(ctx, lastUsedAt)}`
    : html`${t('security.passkeys.added')} ${instant(ctx, createdAt)}`
  return html`<li class="row" data-link-id="${id}">${icon('user')}<div><h3>${name}</h3>${address !== undefined && html`<p>${address}</p>`}
<p class="hint">${off ? t('security.providers.off') : used}</p></div>
<form method="get" action="${PATH}/remove">${hidden('link', id)}${quiet(html`${t('security.providers.remove')}<span class="visually-hidden"> ${name}</span>`, { action: 'unlink-provider' })}</form></li>`
}
