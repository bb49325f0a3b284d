import { type Html, html } from '../../src/web/html.ts'
import { formatInstant } from '../../src/web/i18n.ts'
import type { PageContext } from './page.ts'

/** An instant in UTC; with script it becomes the browser's own time zone. */
export function instant({ locale }: PageContext, at: Date): Html {
  return html`<time datetime="${at.toISOString()}" data-local>${formatInstant(at, locale, 'UTC')}</time>`
}
