import { formatInstant } from '../../src/web/i18n.ts'
import { type MailContext, type MailText, mail } from './mail.ts'

/** Tells the owner that the account is going to be erased, when, and how to keep it. */
export function accountClosingMail(
  ctx: MailContext,
  { closesAt, accountHref }: { readonly closesAt: Date; readonly accountHref: string },
): MailText {
  const { t, locale, groupName } = ctx
  return mail(ctx, {
    subject: t('mail.account_closing.subject', { group: groupName }),
    title: t('mail.account_closing.title'),
    before: [
      t('mail.account_closing.lead', { group: groupName }),
      t('mail.account_closing.when', { at: formatInstant(closesAt, locale, 'UTC') }),
      t('mail.account_closing.undo'),
    ],
    button: { label: t('mail.account_closing.button'), href: accountHref },
    after: [t('mail.account_closing.not_you')],
    footer: t('mail.footer_safety', { group: groupName }),
  })
}
