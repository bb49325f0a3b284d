import { attributes, type Html, html } from '../../src/web/html.ts'
import { hidden } from './form.ts'
import { icon } from './icon.ts'
import type { PageContext } from './page.ts'

/** One ceremony that a page offers. `views/assets/passkeys.js` makes it work. */
export interface PasskeyAsk {
  /** What the browser is asked: the JSON forms of WebAuthn §5.1. */
  readonly options: object
  /** When it was asked; comes back with the answer. */
  readonly askedAt: string
}

interface PasskeyButton {
  readonly kind: 'create' | 'get'
  readonly label: string
  readonly primary?: boolean
  /** `data-action`, where it is not the usual one. */
  readonly action?: string
  /** One of two ways on: these words divide it from the other, and all of it is there only where this device can keep a passkey. */
  readonly orElse?: string
}

const ACTIONS = { create: 'add-passkey', get: 'use-passkey' } as const

/** The button within a form, and the field the browser's answer goes into. Without script or support it says what else there is. */
export function passkeyButton(
  { t }: PageContext,
  ask: PasskeyAsk,
  { kind, label, primary = false, action = ACTIONS[kind], orElse }: PasskeyButton,
): Html {
  const said = (name: string, words: string): Html => html`<p class="help" data-passkey-said="${name}" hidden>${words}</p>`
  return html`<div${attributes({ class: 'passkey', 'data-passkey': kind, 'data-options': JSON.stringify(ask.options), hidden: orElse !== undefined, 'data-passkey-here': orElse !== undefined })}>
${orElse !== undefined && html`<p class="or"><span>${orElse}</span></p>`}
${hidden('passkey', '')}${hidden('passkey_asked_at', ask.askedAt)}
<button${attributes({ type: 'button', class: primary ? 'button primary' : 'button secondary', 'data-action': action, 'data-passkey-start': true, hidden: true })}>${icon('key')}<span>${label}</span></button>
<div aria-live="polite">${said('failed', t('passkey.said.failed'))}${said('known', t('passkey.said.known'))}${said('incomplete', t('passkey.said.incomplete'))}${orElse === undefined && said('unsupported', t('passkey.said.unsupported'))}</div>
${orElse === undefined && html`<noscript><p class="help">${t('passkey.said.no_script')}</p></noscript>`}
</div>`
}

/** What the customer's password manager is told, once the page is there (WebAuthn §5.1.10, the Signal API). */
export const passkeySignal = (signal: object): Html => html`<span data-passkey-signal="${JSON.stringify(signal)}" hidden></span>`
