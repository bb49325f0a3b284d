import type { TermsLink } from '../../views/index.ts'
import type { Recipient } from '../group/group.ts'
import { type Locale, localised } from '../web/i18n.ts'

/** A recipient's present terms as a page names them; undefined where it has none. */
export function termsToShow({ terms }: Recipient, locale: Locale): TermsLink | undefined {
  if (!terms) return undefined
  return { version: terms.version, href: localised(terms.uri, locale), ...(terms.title ? { title: localised(terms.title, locale) } : {}) }
}

/** The name of the field that says which version a page showed: another one is not accepted by its form. */
export const TERMS_FIELD = 'terms_version'
