import { type Html, html } from '../../src/web/html.ts'
import { primary, quiet } from '../elements/button.ts'
import { field } from '../elements/field.ts'
import { type FormTarget, form } from '../elements/form.ts'
import { status } from '../elements/message.ts'
import { type PageContext, page } from '../elements/page.ts'

export interface VerifyEmailModel extends FormTarget {
  /** Where the code went. */
  readonly address: string
  readonly channel: 'email' | 'sms'
  readonly error?: 'wrong_code' | 'no_code' | 'expired_code' | 'too_many_tries' | 'too_many_sends'
  /** With `too_many_sends`. */
  readonly retryMinutes?: number
  readonly status?: 'resent'
}

type Part =
  | 'title'
  | 'code'
  | 'hint'
  | 'submit'
  | 'help'
  | 'resend'
  | 'back'
  | 'lead'
  | 'status.resent'
  | `error.${NonNullable<VerifyEmailModel['error']>}`

const WORDS = {
  email: <P extends Part>(part: P) => `verify_email.${part}` as const,
  sms: <P extends Part>(part: P) => `verify_phone.${part}` as const,
}
const NAMES = { email: 'verify_email', sms: 'code' } as const

/** Asks for the code that was sent. The page does not tell whether the message had one: a known address or number gets another. */
export function verifyEmailPage(ctx: PageContext, model: VerifyEmailModel): Html {
  const { t } = ctx
  const words = WORDS[model.channel]
  const title = t(words('title'))
  const content = html`
${field({
  name: 'code',
  label: t(words('code')),
  autocomplete: 'one-time-code',
  inputmode: 'numeric',
  hint: t(words('hint')),
  error: model.error && t(words(`error.${model.error}`), { minutes: model.retryMinutes ?? 1 }),
  required: true,
  autofocus: true,
  maxlength: 20,
  code: true,
})}
${primary(t(words('submit')))}
<p class="help">${t(words('help'))}</p>
<div class="choices">${quiet(t(words('resend')), { action: 'resend', name: 'action', value: 'resend' })}
${quiet(t(words('back')), { action: 'back', name: 'action', value: 'back' })}</div>`
  return page(ctx, {
    name: NAMES[model.channel],
    title,
    main: html`<h1>${title}</h1>
${model.status && status(t(words(`status.${model.status}`)))}
<p class="lead">${t.html(words('lead'), { email: model.address })}</p>
${form(model, content)}`,
  })
}
