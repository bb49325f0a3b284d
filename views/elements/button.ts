import { attributes, type Html, type HtmlValue, html } from '../../src/web/html.ts'

/** What else can be done here. `name` and `value` are what the form sends when it is a button. */
interface Action {
  /** `data-action`, public interface. */
  readonly action: string
  readonly name?: string
  readonly value?: string
  /** Id of the form it belongs to when it stands outside of it. */
  readonly form?: string
}

/** The one primary button of a page. */
export function primary(
  label: HtmlValue,
  options: { readonly name?: string; readonly value?: string; readonly danger?: boolean } = {},
): Html {
  const { name, value, danger } = options
  return html`<button${attributes({ type: 'submit', class: danger ? 'button danger' : 'button primary', 'data-primary': true, name, value })}>${label}</button>`
}

/** A button of lesser weight with the same size. */
export function secondary(label: HtmlValue, { action, name, value, form }: Action): Html {
  return html`<button${attributes({ type: 'submit', class: 'button secondary', 'data-action': action, name, value, form })}>${label}</button>`
}

/** A button that looks like a link, for what is rarely needed. */
export function quiet(label: HtmlValue, { action, name, value, form }: Action): Html {
  return html`<button${attributes({ type: 'submit', class: 'quiet', 'data-action': action, name, value, form })}>${label}</button>`
}

/** A link that looks like a button: it leads somewhere and changes nothing. */
export function linkButton(label: HtmlValue, href: string, options: { readonly action?: string; readonly primary?: boolean } = {}): Html {
  const look = options.primary ? 'button primary' : 'button secondary'
  return html`<a${attributes({ class: look, href, 'data-action': options.action })}>${label}</a>`
}
