import { attributes, type Html, type HtmlValue, html } from '../../src/web/html.ts'
import { icon } from './icon.ts'

/** What went wrong with the page as a whole. What belongs to one field stands at that field. */
export function alert(content: HtmlValue, { focus }: { readonly focus?: boolean } = {}): Html {
  return html`<div${attributes({ class: 'message bad', role: 'alert', tabindex: focus ? -1 : undefined, autofocus: focus })}>${icon('alert')}<div>${content}</div></div>`
}

/** What went well. */
export function status(content: HtmlValue): Html {
  return html`<div class="message good" role="status">${icon('check')}<div>${content}</div></div>`
}
