import { type MailContext, type MailText, mail } from './mail.ts'

/** The code that signs in in place of a password, in subject and text. */
export function signInCodeMail(ctx: MailContext, { code }: { readonly code: string }): MailText {
  const { t, brand } = ctx
  return mail(ctx, {
    subject: t('mail.sign_in_code.subject', { code, brand: brand.name }),
    title: t('mail.sign_in_code.title'),
    before: [t('mail.sign_in_code.lead')],
    code,
    after: [t('mail.verify_email.expires'), t('mail.sign_in_code.not_you')],
  })
}
