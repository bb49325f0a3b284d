import { type Html, html } from '../../src/web/html.ts'
import { linkButton, primary, quiet, secondary } from '../elements/button.ts'
import { field } from '../elements/field.ts'
import { type FormTarget, form } from '../elements/form.ts'
import { status } from '../elements/message.ts'
import type { PageContext } from '../elements/page.ts'
import { type Portal, portalPage } from './portal-page.ts'

const BACK = '/account/security'

export interface PhoneModel extends Portal, FormTarget {
  /** The number the account has. */
  readonly number?: string | undefined
  /** Whether codes to it are asked for after the password, or can be turned on. */
  readonly factor: 'on' | 'off' | 'not_offered'
  /** What was typed. */
  readonly value?: string
  readonly error?: 'malformed_phone' | 'same_phone' | 'no_texts' | 'too_many_sends' | 'taken'
  /** With `too_many_sends`. */
  readonly retryMinutes?: number
}

/** The customer's phone number: add one, take another, and what it is good for. */
export function phonePage(ctx: PageContext, model: PhoneModel): Html {
  const { t } = ctx
  const title = t('phone.title')
  return portalPage(ctx, model, {
    name: 'account.security.phone',
    title,
    main: html`<h1>${title}</h1>
<p class="lead">${t('phone.lead')}</p>
${model.number !== undefined && html`<p>${t('phone.number')} <strong>${model.number}</strong></p>`}
${form(
  model,
  html`${field({
    name: 'phone_number',
    label: t(model.number === undefined ? 'phone.new' : 'phone.other'),
    hint: t('phone.hint'),
    type: 'tel',
    autocomplete: 'tel',
    inputmode: 'tel',
    value: model.value,
    maxlength: 40,
    error: model.error && t(`phone.error.${model.error}`, { minutes: model.retryMinutes ?? 1 }),
    required: true,
  })}
${primary(t('phone.submit'))}`,
)}
${model.number !== undefined && factorPart(ctx, model)}
${model.number !== undefined && linkButton(t('phone.remove'), `${BACK}/phone/remove`, { action: 'remove-phone' })}
${linkButton(t('security.cancel'), BACK)}`,
  })
}

function factorPart({ t }: PageContext, model: PhoneModel): Html | undefined {
  if (model.factor === 'not_offered') return undefined
  const button =
    model.factor === 'on'
      ? linkButton(t('phone.factor.turn_off'), `${BACK}/phone/sms/remove`, { action: 'remove-sms' })
      : form({ action: `${BACK}/phone/sms`, csrf: model.csrf }, secondary(t('phone.factor.turn_on'), { action: 'add-sms' }))
  return html`<section class="part"><h2>${t('phone.factor.title')}</h2><p class="hint">${t(`phone.factor.${model.factor}`)}</p>${button}</section>`
}

export interface PhoneCodeModel extends Portal, FormTarget {
  readonly number: string
  readonly error?: 'wrong_code' | 'no_code' | 'expired_code' | 'too_many_tries' | undefined
  readonly status?: 'resent' | undefined
}

/** Asks for the code that was texted. The page does not tell whether the message had one: a number of somebody else gets another. */
export function phoneCodePage(ctx: PageContext, model: PhoneCodeModel): Html {
  const { t } = ctx
  const title = t('verify_phone.title')
  return portalPage(ctx, model, {
    name: 'account.security.phone',
    title,
    main: html`<h1>${title}</h1>
${model.status && status(t(`verify_phone.status.${model.status}`))}
<p class="lead">${t.html('verify_phone.lead', { email: model.number })}</p>
${form(
  model,
  html`${field({
    name: 'code',
    label: t('verify_phone.code'),
    hint: t('verify_phone.hint'),
    autocomplete: 'one-time-code',
    inputmode: 'numeric',
    maxlength: 20,
    error: model.error && t(`verify_phone.error.${model.error}`),
    required: true,
    code: true,
  })}
${primary(t('phone.confirm'))}
<p class="help">${t('verify_phone.help')}</p>
<div class="choices">${quiet(t('verify_phone.resend'), { action: 'resend', name: 'action', value: 'resend' })}
${quiet(t('phone.back'), { action: 'back', name: 'action', value: 'back' })}</div>`,
)}`,
  })
}
