import type { Db } from '../store/db.ts'
import type { AccountId, RecipientKey } from '../store/ids.ts'
import { hasAcceptedTerms, insertAcceptedTerms } from './terms-store.ts'

/** One version of a recipient's terms. */
export interface TermsVersion {
  readonly recipient: RecipientKey
  readonly version: string
}

/** Which versions of whose terms a customer accepted: written once, never changed. */
export interface AcceptedTerms {
  has(db: Db, accountId: AccountId, terms: TermsVersion): Promise<boolean>
  /** Records the first acceptance of a version; another one changes nothing. `locale`: the language the terms were shown in. */
  accept(db: Db, accountId: AccountId, terms: TermsVersion & { readonly locale: string; readonly now: Date }): Promise<void>
}

/** Accepted terms in the table `accepted_terms`. */
export const createAcceptedTerms = (): AcceptedTerms => ({
  has: hasAcceptedTerms,
  accept: (db, accountId, { recipient, version, locale, now }) =>
    insertAcceptedTerms(db, { account_id: accountId, recipient, version, locale, accepted_at: now }),
})
