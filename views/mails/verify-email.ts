import { type MailContext, type MailText, mail } from './mail.ts'

/** The code that proves an address, in subject and text. Nothing else in it has six to eight digits in a row. */
export function verifyEmailMail(ctx: MailContext, { code }: { readonly code: string }): MailText {
  const { t, brand } = ctx
  return mail(ctx, {
    subject: t('mail.verify_email.subject', { code, brand: brand.name }),
    title: t('mail.verify_email.title'),
    before: [t('mail.verify_email.lead')],
    code,
    after: [t('mail.verify_email.expires'), t('mail.verify_email.not_you')],
  })
}
