import { type MailContext, type MailText, mail } from './mail.ts'

/** Tells the owner that the archive of everything about them can be fetched. It holds nothing of it, and its link asks who is there. */
export function exportReadyMail(
  ctx: MailContext,
  { privacyHref, days }: { readonly privacyHref: string; readonly days: number },
): MailText {
  const { t, groupName } = ctx
  return mail(ctx, {
    subject: t('mail.export_ready.subject', { group: groupName }),
    title: t('mail.export_ready.title'),
    before: [t('mail.export_ready.lead', { group: groupName }), t('mail.export_ready.until', { days })],
    button: { label: t('mail.export_ready.button'), href: privacyHref },
    after: [t('mail.export_ready.not_you')],
    footer: t('mail.footer_safety', { group: groupName }),
  })
}
