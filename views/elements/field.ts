import { attributes, type Html, type HtmlValue, html } from '../../src/web/html.ts'
import type { Translate } from '../../src/web/i18n.ts'
import { icon } from './icon.ts'

export interface Field {
  readonly name: string
  readonly label: string
  /** The standard token (HTML §4.10.18.7); `off` where there is none. */
  readonly autocomplete: string
  readonly type?: 'text' | 'email' | 'password' | 'tel' | 'date' | 'number'
  readonly inputmode?: 'email' | 'numeric' | 'tel' | 'decimal'
  readonly value?: string | undefined
  readonly hint?: HtmlValue
  readonly error?: string | undefined
  /** The error is announced with the field; a page with several errors announces them in its summary instead. */
  readonly announce?: boolean
  /** Said after the label of a field that may stay empty. */
  readonly optional?: string | undefined
  readonly required?: boolean
  readonly readonly?: boolean
  readonly autofocus?: boolean
  readonly maxlength?: number
  /** A code: wide letters of one width. */
  readonly code?: boolean
}

/** One labelled input with its hint and error, tied together for assistive technology. */
export function field(model: Field): Html {
  return frame(model, html`<input${attributes(inputAttributes(model))}>`)
}

/** A password with a button that shows it; the button appears with the script that makes it work. */
export function passwordField(model: Omit<Field, 'type' | 'value'>, t: Translate): Html {
  return frame(
    model,
    html`<div class="reveal"><input${attributes(inputAttributes({ ...model, type: 'password' }))}><button type="button" class="eye" data-reveal aria-label="${t('common.show_password')}" aria-pressed="false" hidden>${icon('eye')}</button></div>`,
  )
}

/** The id of a field's input, for links from an error summary. */
export function fieldId(name: string): string {
  return `f-${name.replaceAll('.', '-')}`
}

function frame(model: Omit<Field, 'type'>, input: Html): Html {
  const id = fieldId(model.name)
  return html`<div class="field">
<label for="${id}">${model.label}${model.optional && html` <span class="optional">(${model.optional})</span>`}</label>
${model.hint && html`<p class="hint" id="${id}-hint">${model.hint}</p>`}
${input}
${model.error && html`<p${attributes({ class: 'error', id: `${id}-error`, role: model.announce !== false && 'alert' })}>${icon('alert')}<span>${model.error}</span></p>`}
</div>`
}

function inputAttributes(model: Field): Readonly<Record<string, string | number | boolean | undefined>> {
  const id = fieldId(model.name)
  const described = [model.hint && `${id}-hint`, model.error && `${id}-error`].filter((part) => typeof part === 'string').join(' ')
  const typed = model.type ?? 'text'
  const literal = typed === 'email' || model.inputmode === 'email' || model.code === true
  return {
    id,
    name: model.name,
    type: typed,
    class: model.code ? 'code' : undefined,
    inputmode: model.inputmode,
    autocomplete: model.autocomplete,
    autocapitalize: literal ? 'none' : undefined,
    spellcheck: literal ? 'false' : undefined,
    value: model.value,
    maxlength: model.maxlength,
    required: model.required,
    readonly: model.readonly,
    autofocus: model.autofocus,
    'aria-invalid': model.error ? 'true' : undefined,
    'aria-describedby': described || undefined,
  }
}
