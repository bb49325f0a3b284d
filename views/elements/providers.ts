import { type Html, html } from '../../src/web/html.ts'
import { quiet, secondary } from './button.ts'
import { type FormTarget, form } from './form.ts'
import { icon } from './icon.ts'
import { alert } from './message.ts'
import type { PageContext } from './page.ts'

/** A provider at which the customer can sign in instead. */
export interface ProviderButton {
  readonly key: string
  /** In the page's language. */
  readonly name: string
  /** What the button says in place of our words. */
  readonly label?: string
}

/** Why a provider did not sign in anybody; never in its own words. */
export interface ProviderProblem {
  readonly name: string
  readonly reason: 'unavailable' | 'cancelled' | 'refused' | 'not_allowed' | 'unknown'
}

/** One quiet button each, below the page's own way. */
export function providerButtons({ t }: PageContext, providers: readonly ProviderButton[] = []): Html | false {
  if (providers.length === 0) return false
  return html`<div class="pair">${providers.map(({ key, name, label }) =>
    secondary(label ?? t('federated.continue', { provider: name }), { action: 'federated', name: 'provider', value: key }),
  )}</div>`
}

export const providerAlert = ({ t }: PageContext, problem: ProviderProblem | undefined): Html | false =>
  problem !== undefined && alert(t(`federated.error.${problem.reason}`, { provider: problem.name }))

/** Says that a provider vouched for the customer, what comes of that here, and lets them do without. */
export function providerNotice(
  { t }: PageContext,
  target: FormTarget,
  { provider, use }: { provider: string; use: 'sign_up' | 'link' },
): Html {
  return html`<div class="message plain">${icon('user')}<div><p>${t(`federated.notice.${use}`, { provider })}</p>
${form(target, quiet(t('federated.without', { provider }), { action: 'forget-provider', name: 'action', value: 'forget-provider' }))}</div></div>`
}
