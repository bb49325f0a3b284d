import { type Html, html } from '../../src/web/html.ts'
import { primary, quiet } from '../elements/button.ts'
import { field } from '../elements/field.ts'
import { type FormTarget, form } from '../elements/form.ts'
import { status } from '../elements/message.ts'
import { type PageContext, page } from '../elements/page.ts'

export interface VerifyEmailModel extends FormTarget {
  readonly email: string
  readonly error?: 'wrong_code' | 'no_code' | 'expired_code' | 'too_many_tries' | 'too_many_sends'
  /** With `too_many_sends`. */
  readonly retryMinutes?: number
  readonly status?: 'resent'
}

/** Asks for the code that was sent. The page does not tell whether the mail had one: a known address gets another mail. */
export function verifyEmailPage(ctx: PageContext, model: VerifyEmailModel): Html {
  const { t } = ctx
  const title = t('verify_email.title')
  const content = html`
${field({
  name: 'code',
  label: t('verify_email.code'),
  autocomplete: 'one-time-code',
  inputmode: 'numeric',
  hint: t('verify_email.hint'),
  error: model.error && t(`verify_email.error.${model.error}`, { minutes: model.retryMinutes ?? 1 }),
  required: true,
  autofocus: true,
  maxlength: 20,
  code: true,
})}
${primary(t('verify_email.submit'))}
<p class="help">${t('verify_email.help')}</p>
<div class="choices">${quiet(t('verify_email.resend'), { action: 'resend', name: 'action', value: 'resend' })}
${quiet(t('verify_email.back'), { action: 'back', name: 'action', value: 'back' })}</div>`
  return page(ctx, {
    name: 'verify_email',
    title,
    main: html`<h1>${title}</h1>
${model.status && status(t(`verify_email.status.${model.status}`))}
<p class="lead">${t.html('verify_email.lead', { email: model.email })}</p>
${form(model, content)}`,
  })
}
