import { type Html, html } from '../../src/web/html.ts'
import { linkButton, primary, quiet, secondary } from '../elements/button.ts'
import { field } from '../elements/field.ts'
import { type FormTarget, form } from '../elements/form.ts'
import type { PageContext } from '../elements/page.ts'
import { type Portal, portalPage } from './portal-page.ts'

const NAME = 'account.security.email'
const BACK = '/account/security'

export interface EmailChangeModel extends Portal, FormTarget {
  /** The address in force. */
  readonly email: string
  /** What was typed. */
  readonly value?: string
  readonly error?: 'malformed_email' | 'same_email' | 'taken' | 'too_many_sends'
  /** With `too_many_sends`. */
  readonly retryMinutes?: number
}

/** Asks for another address to sign in with. */
export function emailChangePage(ctx: PageContext, model: EmailChangeModel): Html {
  const { t } = ctx
  const title = t('email_change.title')
  return portalPage(ctx, model, {
    name: NAME,
    title,
    main: html`<h1>${title}</h1>
<p class="lead">${t.html('email_change.lead', { email: model.email })}</p>
${form(
  model,
  html`${field({
    name: 'address',
    label: t('email_change.address'),
    type: 'email',
    inputmode: 'email',
    autocomplete: 'email',
    value: model.value,
    maxlength: 254,
    hint: t('email_change.after'),
    error: model.error && t(`email_change.error.${model.error}`, { minutes: model.retryMinutes ?? 1 }),
    required: true,
  })}
${primary(t('email_change.submit'))}`,
)}
${linkButton(t('security.cancel'), BACK)}`,
  })
}

export interface EmailCodeModel extends Portal, FormTarget {
  /** The address that is to be proven. */
  readonly email: string
  readonly error?: 'wrong_code' | 'expired_code' | 'too_many_tries' | 'no_code'
}

/** Asks for the code from the new address. Says the same whether or not one was sent. */
export function emailCodePage(ctx: PageContext, model: EmailCodeModel): Html {
  const { t } = ctx
  const title = t('verify_email.title')
  return portalPage(ctx, model, {
    name: NAME,
    title,
    main: html`<h1>${title}</h1>
<p class="lead">${t.html('verify_email.lead', { email: model.email })}</p>
${form(
  model,
  html`${field({
    name: 'code',
    label: t('verify_email.code'),
    hint: t('verify_email.hint'),
    autocomplete: 'one-time-code',
    inputmode: 'numeric',
    maxlength: 20,
    error: model.error && t(`verify_email.error.${model.error}`),
    required: true,
    code: true,
  })}
${primary(t('verify_email.submit'))}
${secondary(t('verify_email.resend'), { action: 'resend', name: 'action', value: 'resend' })}
${quiet(t('verify_email.back'), { action: 'back', name: 'action', value: 'back' })}`,
)}
<p class="help">${t('verify_email.help')}</p>`,
  })
}
