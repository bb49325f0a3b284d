import { type MailContext, type MailText, mail } from './mail.ts'

/** What was changed about how a customer signs in. Each has its words. */
export const ACCOUNT_CHANGES = [
  'passkey_added',
  'passkey_removed',
  'totp_added',
  'totp_removed',
  'phone_added',
  'phone_changed',
  'phone_removed',
  'sms_added',
  'sms_removed',
  'recovery_codes_made',
  'recovery_code_used',
  'password_changed',
  'password_added',
  'password_removed',
  'provider_added',
  'provider_removed',
  'passkey_copied',
  'passkey_backed_up',
  'passkey_backup_ended',
  'device_trusted',
  'trusted_device_copied',
  'email_changed',
  'undone',
  'codes_withheld',
  'sign_in_reported',
  'deletion_undone',
  'accounts_merged',
  'accounts_parted',
] as const
export type AccountChange = (typeof ACCOUNT_CHANGES)[number]

/**
 * Tells the owner of an account what was changed about it, and what to do if it was not them.
 *
 * @param about `undoHref`: where the change can be undone without signing in; absent where there is nothing to undo
 */
export function accountChangedMail(
  ctx: MailContext,
  { change, securityHref, undoHref }: { readonly change: AccountChange; readonly securityHref: string; readonly undoHref?: string },
): MailText {
  const { t, groupName } = ctx
  const undo = undoHref !== undefined && {
    button: { label: t('mail.account_changed.undo_button'), href: undoHref },
    after: [t('mail.account_changed.not_you_undo')],
  }
  return mail(ctx, {
    subject: t(`mail.account_changed.subject.${change}`, { group: groupName }),
    title: t(`mail.account_changed.title.${change}`),
    before: [t(`mail.account_changed.text.${change}`, { group: groupName }), t('mail.account_changed.you')],
    button: { label: t('mail.account_changed.button'), href: securityHref },
    after: [t('mail.account_changed.not_you')],
    ...undo,
    footer: t('mail.footer_safety', { group: groupName }),
  })
}
