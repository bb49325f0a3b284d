import { type MailContext, type MailText, mail } from './mail.ts'

/** The code that proves the address an account is to have, in subject and text. */
export function newAddressMail(ctx: MailContext, { code }: { readonly code: string }): MailText {
  const { t, groupName } = ctx
  return mail(ctx, {
    subject: t('mail.new_address.subject', { code, group: groupName }),
    title: t('mail.new_address.title'),
    before: [t('mail.verify_email.lead')],
    code,
    after: [t('mail.verify_email.expires'), t('mail.verify_email.not_you')],
  })
}

/** Goes to the owner of an address that somebody wants for another account: the page must not tell, the mail may. */
export function addressTakenMail(ctx: MailContext): MailText {
  const { t, groupName } = ctx
  return mail(ctx, {
    subject: t('mail.address_taken.subject', { group: groupName }),
    title: t('mail.address_taken.title'),
    before: [t('mail.address_taken.lead', { group: groupName })],
    after: [t('mail.account_exists.not_you')],
  })
}
