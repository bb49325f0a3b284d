/** What may stand in an `html` template. Strings and numbers are escaped; nothing is printed for `false`, `null` and `undefined`. */
export type HtmlValue = Html | string | number | false | null | undefined | readonly HtmlValue[]

/** Markup that is safe to send: made by `html` or `raw`, never by concatenation. */
export class Html {
  readonly #markup: string

  constructor(markup: string) {
    this.#markup = markup
  }

  toString(): string {
    return this.#markup
  }
}

/** Template tag for markup. Every value is escaped so that it is inert as text and within a quoted attribute; write attributes with quotes. */
export function html(strings: TemplateStringsArray, ...values: readonly HtmlValue[]): Html {
  let markup = strings[0] ?? ''
  for (let i = 0; i < values.length; i++) markup += text(values[i]) + (strings[i + 1] ?? '')
  return new Html(markup)
}

/** Passes constant, trusted markup (drawings). Never call it with anything that came from a request, the database or the group file. */
export function raw(constant: string): Html {
  return new Html(constant)
}

/** Attributes from a record: `true` prints the bare name, `false` and `undefined` print nothing, values are escaped. */
export function attributes(values: Readonly<Record<string, string | number | boolean | undefined>>): Html {
  let markup = ''
  for (const [name, value] of Object.entries(values)) {
    if (value === undefined || value === false) continue
    markup += value === true ? ` ${name}` : ` ${name}="${escapeMarkup(String(value))}"`
  }
  return new Html(markup)
}

/** The finished text of a page or fragment. */
export function render(page: Html): string {
  return page.toString()
}

function text(value: HtmlValue): string {
  if (value instanceof Html) return value.toString()
  if (typeof value === 'string') return escapeMarkup(value)
  if (typeof value === 'number') return String(value)
  if (isList(value)) return value.map(text).join('')
  return ''
}

/** `Array.isArray` does not narrow readonly arrays. */
function isList(value: HtmlValue): value is readonly HtmlValue[] {
  return Array.isArray(value)
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }

/** Escapes for text and quoted attributes. */
export function escapeMarkup(plain: string): string {
  return plain.replace(/[&<>"']/g, (char) => ENTITIES[char] ?? '')
}
