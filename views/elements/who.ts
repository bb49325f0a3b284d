import { type Html, html } from '../../src/web/html.ts'
import { quiet } from './button.ts'
import { type FormTarget, form } from './form.ts'
import { icon } from './icon.ts'

interface Who {
  readonly label: string
  readonly address: string
  readonly change: string
  /** `data-action` and what the form sends as `action`. */
  readonly action: string
}

/**
 * The address this page is about, with the way to take another one. A form of its own: within the main form its button would come first, and
 * the Enter key presses the first.
 */
export function who(target: FormTarget, { label, address, change, action }: Who): Html {
  return html`<div class="who">${icon('user')}<p><span class="hint">${label}</span> <strong>${address}</strong></p>
${form(target, quiet(change, { action, name: 'action', value: action }))}</div>`
}
