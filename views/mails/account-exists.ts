import { type MailContext, type MailText, mail } from './mail.ts'

/** Goes to the owner of an address that somebody signs up with again: the page must not tell, the mail may. */
export function accountExistsMail(ctx: MailContext): MailText {
  const { t, brand, groupName } = ctx
  const words = { brand: brand.name, group: groupName }
  return mail(ctx, {
    subject: t('mail.account_exists.subject', words),
    title: t('mail.account_exists.title'),
    before: [t('mail.account_exists.lead', words), t('mail.account_exists.do')],
    ...(brand.uri !== undefined && { button: { label: t('mail.account_exists.button', words), href: brand.uri } }),
    after: [t('mail.account_exists.not_you')],
  })
}
