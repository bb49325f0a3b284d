import { formatInstant } from '../../src/web/i18n.ts'
import { type MailContext, type MailText, mail } from './mail.ts'

/** The code that begins a recovery, in subject and text. */
export function recoverMail(ctx: MailContext, { code }: { readonly code: string }): MailText {
  const { t, groupName } = ctx
  return mail(ctx, {
    subject: t('mail.recover.subject', { code, group: groupName }),
    title: t('mail.recover.title'),
    before: [t('mail.recover.lead')],
    code,
    after: [t('mail.verify_email.expires'), t('mail.recover.not_you')],
  })
}

/** Goes to an address that nobody has an account for: the page must not tell, the mail may. */
export function noAccountMail(ctx: MailContext, wanted: 'recover' | 'sign_in'): MailText {
  const { t, brand, groupName } = ctx
  const words = { brand: brand.name, group: groupName }
  return mail(ctx, {
    subject: t('mail.no_account.subject', words),
    title: t('mail.no_account.title'),
    before: [t(`mail.no_account.lead.${wanted}`, words), t('mail.no_account.do')],
    ...(brand.uri !== undefined && { button: { label: t('mail.no_account.button', words), href: brand.uri } }),
    after: [t('mail.no_account.not_you')],
  })
}

/** Goes to an address that replaced another one lately: its mailbox alone chooses no password yet (MFA-32). */
export function recoverWaitsMail(ctx: MailContext, { until }: { readonly until: Date }): MailText {
  const { t, groupName, locale } = ctx
  return mail(ctx, {
    subject: t('mail.recover_waits.subject'),
    title: t('mail.recover_waits.title'),
    before: [t('mail.recover_waits.lead', { group: groupName, until: formatInstant(until, locale, 'UTC') })],
    after: [t('mail.recover_waits.do')],
    footer: t('mail.footer_safety', { group: groupName }),
  })
}
