/** Markup. Only this passes unescaped through {@link html}. */
export class Html {
  readonly markup: string
  constructor(markup: string) {
    this.markup = markup
  }
}

type Value = Html | readonly Html[] | string | number | false | undefined

/** Builds markup from a template. Every value is escaped, also inside quoted attributes; `false` and `undefined` print nothing. */
export const html = (parts: TemplateStringsArray, ...values: readonly Value[]): Html =>
  new Html(parts.reduce((markup, part, i) => markup + print(values[i - 1]) + part))

function print(value: Value): string {
  if (value === undefined || value === false) return ''
  if (value instanceof Html) return value.markup
  if (typeof value === 'object') return value.map((piece) => piece.markup).join('')
  return String(value).replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
}
