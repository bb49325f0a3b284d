import { termsPage } from '../../../views/index.ts'
import type { Page } from '../../web/pages.ts'
import { accountOf } from '../facts.ts'
import type { Step, StepInput, StepOutcome } from '../step.ts'
import { TERMS_FIELD, termsToShow } from '../terms-to-show.ts'

/** Asks once for each version of a brand's terms: accept, or leave. What is accepted is what was shown, in the language it was shown in. */
export const termsStep: Step = {
  name: 'terms',
  view: (_deps, input) => termsView(input),

  async handle(deps, input, form): Promise<StepOutcome> {
    if (form.text('action', { max: 20 }) === 'deny') return { kind: 'denied' }
    const { facts, recipient, locale, now } = input
    const accountId = accountOf(facts)
    const shown = form.text(TERMS_FIELD, { max: 100 })
    // They were changed between the page and its form: the page that is due shows the new ones.
    if (!accountId || shown !== recipient.terms?.version) return { kind: 'accept', run: facts.run }
    return {
      kind: 'accept',
      run: facts.run,
      async write(tx) {
        await deps.accounts.terms.accept(tx, accountId, { recipient: recipient.key, version: shown, locale, now })
        return { ok: true }
      },
    }
  },
}

function termsView({ target, recipient, locale }: StepInput): Page {
  const terms = termsToShow(recipient, locale)
  if (!terms) throw new Error('a page of terms for a recipient that has none')
  return (page) => termsPage(page, { ...target, recipientName: recipient.name, terms })
}
