import { type MailContext, type MailText, mail } from './mail.ts'

/** Goes to the owner of a session that was ended because its key was used twice. */
export function sessionEndedMail(ctx: MailContext, { devicesHref }: { readonly devicesHref: string }): MailText {
  const { t, brand, groupName } = ctx
  const words = { brand: brand.name }
  return mail(ctx, {
    subject: t('mail.session_ended.subject', words),
    title: t('mail.session_ended.title'),
    before: [t('mail.session_ended.lead', words), t('mail.session_ended.do', words)],
    button: { label: t('mail.session_ended.button'), href: devicesHref },
    after: [],
    footer: t('mail.footer_safety', { group: groupName }),
  })
}
