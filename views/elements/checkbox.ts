import { type Html, html } from '../../src/web/html.ts'
import { fieldId } from './field.ts'

/** One box that may be ticked, and is not. */
export function checkbox({ name, value, label }: { readonly name: string; readonly value: string; readonly label: string }): Html {
  const id = fieldId(name)
  return html`<div class="check"><input id="${id}" type="checkbox" name="${name}" value="${value}" autocomplete="off"><label for="${id}">${label}</label></div>`
}
