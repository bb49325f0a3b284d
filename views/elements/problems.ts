import { type Html, html } from '../../src/web/html.ts'
import { fieldId } from './field.ts'
import { alert } from './message.ts'
import type { PageContext } from './page.ts'

export interface Problem {
  /** Name of the input. */
  readonly field: string
  readonly label: string
  readonly text: string
}

/** The summary above a form with several fields: announced, focused, each line a link to its field. */
export function problems({ t }: PageContext, found: readonly Problem[]): Html | undefined {
  if (found.length === 0) return undefined
  return alert(
    html`<p>${t('common.problems', { count: found.length })}</p>
<ul>${found.map((p) => html`<li><a href="#${fieldId(p.field)}">${p.label}</a>: ${p.text}</li>`)}</ul>`,
    { focus: true },
  )
}
