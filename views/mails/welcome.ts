import { type MailContext, type MailText, mail } from './mail.ts'

/** The first mail after an account was opened. */
export function welcomeMail(ctx: MailContext): MailText {
  const { t, brand, groupName } = ctx
  const words = { brand: brand.name, group: groupName }
  return mail(ctx, {
    subject: t('mail.welcome.subject', words),
    title: t('mail.welcome.title'),
    before: [t('mail.welcome.lead', words)],
    ...(brand.uri !== undefined && { button: { label: t('mail.welcome.button', words), href: brand.uri } }),
    after: [t('mail.welcome.not_you')],
  })
}
