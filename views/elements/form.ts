import { type Html, type HtmlValue, html } from '../../src/web/html.ts'

/** Where a form of a journey goes and what proves that it came from our own page. */
export interface FormTarget {
  readonly action: string
  readonly csrf: string
  /** The step this page was shown for; an answer to another one is stale. */
  readonly step?: string
}

/**
 * A form that posts. Without native validation: the browser speaks its own language and cannot know our rules, so the server answers for all.
 * The first submit button within is what the Enter key presses; keep it the primary one.
 */
export function form(target: FormTarget, content: HtmlValue): Html {
  return html`<form class="form" method="post" action="${target.action}" novalidate data-once>
${hidden('csrf', target.csrf)}${target.step !== undefined && hidden('step', target.step)}
${content}
</form>`
}

export function hidden(name: string, value: string): Html {
  return html`<input type="hidden" name="${name}" value="${value}">`
}
