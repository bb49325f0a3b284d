import { formatInstant } from '../../src/web/i18n.ts'
import type { MailContext } from '../mails/mail.ts'

/**
 * Text messages: a line each, because every seventy letters cost another message. A code stands once, as the only run of digits; so none is bound to
 * the site by WHATWG's last line (`@host #code`), which would say it again.
 */

type Words = Pick<MailContext, 't' | 'brand' | 'groupName'>

/** The code, and that nobody else is to be told. */
export const codeText = ({ t, brand }: Words, { code }: { readonly code: string }): string =>
  line(t('text.code', { brand: brand.name, code }))

/** Goes to a number that somebody signs up with again. */
export const accountExistsText = ({ t, brand }: Words): string => line(t('text.account_exists', { brand: brand.name }))

/** Goes to a number that nobody has an account for. */
export const noAccountText = ({ t, brand }: Words): string => line(t('text.no_account', { brand: brand.name }))

/** Goes to a number that is somebody else's already. */
export const phoneTakenText = ({ t, groupName }: Words): string => line(t('text.phone_taken', { group: groupName }))

/** Goes to a number that took another's place lately, in place of a code. */
export const waitsText = ({ t, brand, locale }: Words & Pick<MailContext, 'locale'>, { until }: { readonly until: Date }): string =>
  line(t('text.waits', { brand: brand.name, until: formatInstant(until, locale, 'UTC') }))

/** What a mail would have said, to an account that has no address: its subject, and where to undo what it is about. */
export const noticeText = (
  brandName: string,
  { subject, href }: { readonly subject: string; readonly href?: string | undefined },
): string => line(href === undefined ? `${brandName}: ${subject}` : `${brandName}: ${subject} – ${href}`)

/** One line, without what turns the reading direction (SEC-62). */
const line = (text: string): string => text.replace(/[\p{Cc}\p{Zl}\p{Zp}\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069]+/gu, ' ').trim()
