import { type Html, html, raw } from '../../src/web/html.ts'
import { linkButton, primary, secondary } from '../elements/button.ts'
import { field, passwordField } from '../elements/field.ts'
import { type FormTarget, form, hidden } from '../elements/form.ts'
import type { PageContext } from '../elements/page.ts'
import { type RemovalRefusal, refusalWords } from './confirm-action.ts'
import { type Portal, portalPage } from './portal-page.ts'

const BACK = '/account/security'

export interface TotpSetupModel extends Portal, FormTarget {
  /** Base32, to be typed where no camera is. */
  readonly secret: string
  /** The secret as the server hands it to itself: sealed, so that it is the one it made. */
  readonly sealed: string
  /** A QR code as SVG, made by us. */
  readonly picture: string
  readonly error?: 'wrong_code' | 'too_many_tries'
  /** With `too_many_tries`. */
  readonly retryMinutes?: number
}

/** Sets up an authenticator app: scan, then type its first code. */
export function totpSetupPage(ctx: PageContext, model: TotpSetupModel): Html {
  const { t } = ctx
  const title = t('totp_setup.title')
  return portalPage(ctx, model, {
    name: 'account.security.totp',
    title,
    main: html`<h1>${title}</h1>
<p class="lead">${t('totp_setup.lead')}</p>
<div class="qr" role="img" aria-label="${t('totp_setup.picture')}">${raw(model.picture)}</div>
<p class="hint">${t('totp_setup.by_hand')}</p>
<p><code class="secret">${model.secret.match(/.{1,4}/g)?.join(' ')}</code></p>
${form(
  model,
  html`${hidden('offer', model.sealed)}
${field({
  name: 'code',
  label: t('totp_setup.code'),
  hint: t('proof.hint.totp'),
  autocomplete: 'one-time-code',
  inputmode: 'numeric',
  maxlength: 20,
  error: model.error && t(`proof.error.${model.error}`, { minutes: model.retryMinutes ?? 1 }),
  required: true,
  code: true,
})}
${primary(t('totp_setup.submit'))}`,
)}
${linkButton(t('security.cancel'), BACK)}`,
  })
}

export interface RecoveryCodesModel extends Portal {
  readonly codes: readonly string[]
}

/** The new codes, shown this once. */
export function recoveryCodesPage(ctx: PageContext, model: RecoveryCodesModel): Html {
  const { t } = ctx
  const title = t('recovery_codes.title')
  return portalPage(ctx, model, {
    name: 'account.security.recovery_codes',
    title,
    main: html`<h1>${title}</h1>
<p class="lead">${t('recovery_codes.lead')}</p>
<ol class="codes">${model.codes.map((code) => html`<li><code>${code}</code></li>`)}</ol>
<p>${t('recovery_codes.print')}</p>
${linkButton(t('recovery_codes.done'), BACK, { primary: true, action: 'codes-kept' })}`,
  })
}

export interface PasskeyEditModel extends Portal, FormTarget {
  readonly id: string
  readonly name: string
  readonly error?: RemovalRefusal | { readonly reason: 'required' }
}

/** Gives a passkey another name, or takes it away. */
export function passkeyEditPage(ctx: PageContext, model: PasskeyEditModel): Html {
  const { t } = ctx
  const title = t('passkey_edit.title', { name: model.name })
  return portalPage(ctx, model, {
    name: 'account.security.passkey',
    title,
    main: html`<h1>${title}</h1>
${form(
  model,
  html`${hidden('passkey', model.id)}
${field({ name: 'name', label: t('passkey_edit.name'), autocomplete: 'off', value: model.name, maxlength: 60, error: model.error && (model.error.reason === 'required' ? t('passkey_edit.error.required') : refusalWords(ctx, model.error)), required: true })}
${primary(t('passkey_edit.submit'))}
${secondary(t('passkey_edit.remove'), { action: 'remove-passkey', name: 'action', value: 'remove' })}`,
)}
<p class="help">${t('passkey_edit.remove_hint')}</p>
${linkButton(t('security.cancel'), BACK)}`,
  })
}

export interface PasswordChangeModel extends Portal, FormTarget {
  readonly email: string
  readonly minLength: number
  readonly error?: 'required' | 'too_short' | 'too_long' | 'too_common' | 'breached' | 'contains_context'
}

/** A new password. Who the customer is was proven on the way here. */
export function passwordChangePage(ctx: PageContext, model: PasswordChangeModel): Html {
  const { t } = ctx
  const title = t('password_change.title')
  return portalPage(ctx, model, {
    name: 'account.security.password',
    title,
    main: html`<h1>${title}</h1>
<p class="lead">${t('password_change.lead')}</p>
${form(
  model,
  html`<input class="for-managers" type="text" name="username" value="${model.email}" autocomplete="username" readonly tabindex="-1" aria-hidden="true">
${passwordField(
  {
    name: 'password',
    label: t('password_change.password'),
    autocomplete: 'new-password',
    hint: t('details.password_hint', { min: model.minLength }),
    error: model.error && t(`details.error.${model.error}`, { min: model.minLength }),
    required: true,
  },
  t,
)}
${primary(t('password_change.submit'))}`,
)}
${linkButton(t('security.cancel'), BACK)}`,
  })
}
