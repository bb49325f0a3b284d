import { attributes, type Html, html } from '../../src/web/html.ts'
import { fieldId } from './field.ts'

export interface Choice {
  readonly name: string
  readonly legend: string
  readonly options: readonly { readonly value: string; readonly label: string; readonly hint: string }[]
}

/** One of a few: radio buttons under one question, the first one chosen. The whole box can be pressed. */
export function choice({ name, legend, options }: Choice): Html {
  return html`<fieldset class="choice"><legend>${legend}</legend>${options.map(({ value, label, hint }, index) => {
    const id = `${fieldId(name)}-${value}`
    return html`<div class="option"><input${attributes({ id, type: 'radio', name, value, checked: index === 0 })}>
<label for="${id}"><strong>${label}</strong> <span class="hint">${hint}</span></label><span class="mark-of-choice"></span></div>`
  })}</fieldset>`
}
