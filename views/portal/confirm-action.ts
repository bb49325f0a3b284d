import { type Html, html } from '../../src/web/html.ts'
import type { MessageKey } from '../../src/web/i18n.ts'
import { linkButton, primary } from '../elements/button.ts'
import { type FormTarget, form, hidden } from '../elements/form.ts'
import { alert } from '../elements/message.ts'
import type { PageContext } from '../elements/page.ts'
import { type Portal, portalPage } from './portal-page.ts'

/** Why an authenticator stays: nothing else opens the account, or a shop that the customer uses asks for what nothing else proves. */
export type RemovalRefusal = { readonly reason: 'last_way_in' } | { readonly reason: 'needed'; readonly clientName: string }

/** The same in words. */
export const refusalWords = ({ t }: PageContext, refusal: RemovalRefusal): string =>
  refusal.reason === 'needed' ? t('security.refused.needed', { client: refusal.clientName }) : t('security.refused.last_way_in')

export interface ConfirmActionModel extends Portal, FormTarget {
  readonly kind:
    | 'end_session'
    | 'end_this_session'
    | 'end_others'
    | 'forget_trusted'
    | 'remove_totp'
    | 'remove_password'
    | 'remove_provider'
    | 'remove_sms'
    | 'remove_phone'
    | 'make_recovery_codes'
    | 'undo_change'
    | 'delete_account'
    | 'export_data'
    | 'report_sign_in'
    | 'undo_merge'
  /** With `delete_account`: how long it can be undone. */
  readonly days?: number
  /** With `end_session`, `forget_trusted` and `report_sign_in`: the device's label; with `remove_provider`: the provider's name. */
  readonly device?: string
  /** What the POST needs to know, as hidden inputs (`session`). */
  readonly fields?: Readonly<Record<string, string>>
  readonly cancelHref: string
  /** Why it could not be done. */
  readonly refusal?: RemovalRefusal
}

/** What the button says where it does not sign anybody out. */
const SUBMITS: Partial<Readonly<Record<ConfirmActionModel['kind'], MessageKey>>> = {
  forget_trusted: 'account_confirm.submit.forget_trusted',
  remove_totp: 'account_confirm.submit.remove_totp',
  remove_password: 'account_confirm.submit.remove_password',
  remove_provider: 'account_confirm.submit.remove_provider',
  remove_sms: 'account_confirm.submit.remove_sms',
  remove_phone: 'account_confirm.submit.remove_phone',
  make_recovery_codes: 'account_confirm.submit.make_recovery_codes',
  undo_change: 'account_confirm.submit.undo_change',
  delete_account: 'account_confirm.submit.delete_account',
  export_data: 'account_confirm.submit.export_data',
  report_sign_in: 'account_confirm.submit.report_sign_in',
  undo_merge: 'account_confirm.submit.undo_merge',
}

/** Asks before something that cannot be undone. Only the POST does it. */
export function confirmActionPage(ctx: PageContext, model: ConfirmActionModel): Html {
  const { t } = ctx
  const title = t(`account_confirm.title.${model.kind}`, { device: model.device ?? '' })
  const content = html`${Object.entries(model.fields ?? {}).map(([name, value]) => hidden(name, value))}
<div class="pair">${primary(t(SUBMITS[model.kind] ?? 'account_confirm.submit'), { danger: model.kind !== 'make_recovery_codes' })}
${linkButton(t('account_confirm.cancel'), model.cancelHref, { action: 'cancel' })}</div>`
  return portalPage(ctx, model, {
    name: 'account.confirm',
    title,
    main: html`<h1>${title}</h1>
${model.refusal && alert(refusalWords(ctx, model.refusal))}
<p class="lead">${t(`account_confirm.text.${model.kind}`, { days: model.days ?? 0 })}</p>
${form(model, content)}`,
  })
}
