import { type Html, html } from '../../src/web/html.ts'
import { primary, secondary } from '../elements/button.ts'
import { field } from '../elements/field.ts'
import { type FormTarget, form } from '../elements/form.ts'
import { type PageContext, page } from '../elements/page.ts'
import { type ProviderButton, providerButtons, providerNotice } from '../elements/providers.ts'

export interface SignUpModel extends FormTarget {
  readonly value?: string
  /** Whether a phone number may be typed in place of the address. */
  readonly byPhone?: boolean
  readonly error?: 'malformed_email' | 'too_many_sends' | 'no_texts'
  /** With `too_many_sends`. */
  readonly retryMinutes?: number
  readonly providers?: readonly ProviderButton[]
  /** A provider the customer signs up with. */
  readonly signingUpWith?: string
}

/** The first page of a sign-up: only the address or number. What follows is the same whether it is known. */
export function signUpPage(ctx: PageContext, model: SignUpModel): Html {
  const { t } = ctx
  const title = t('sign_up.title')
  const content = html`
${field({
  name: 'email',
  label: t(model.byPhone ? 'sign_up.email_or_phone' : 'sign_up.email'),
  type: 'text',
  autocomplete: 'email',
  inputmode: 'email',
  value: model.value,
  error: model.error && t(`sign_up.error.${model.error}`, { minutes: model.retryMinutes ?? 1 }),
  required: true,
  autofocus: true,
  maxlength: 254,
})}
${primary(t('sign_up.submit'))}
${providerButtons(ctx, model.providers)}
<p class="or"><span>${t('sign_up.known')}</span></p>
${secondary(t('sign_up.sign_in'), { action: 'sign-in', name: 'action', value: 'sign-in' })}`
  return page(ctx, {
    name: 'sign_up',
    title,
    main: html`<h1>${title}</h1>
${model.signingUpWith !== undefined && providerNotice(ctx, model, { provider: model.signingUpWith, use: 'sign_up' })}
<p class="lead">${t(model.byPhone ? 'sign_up.lead_phone' : 'sign_up.lead', { group: ctx.groupName })}</p>
${form(model, content)}`,
  })
}
