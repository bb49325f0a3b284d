import { type Html, html } from '../../src/web/html.ts'
import { primary, quiet, secondary } from '../elements/button.ts'
import { passwordField } from '../elements/field.ts'
import { type FormTarget, form } from '../elements/form.ts'
import { type PageContext, page } from '../elements/page.ts'
import { who } from '../elements/who.ts'

export interface PasswordModel extends FormTarget {
  /** The address or number typed before. */
  readonly identifier: string
  readonly error?: 'wrong_password' | 'too_many_tries' | 'no_texts'
  /** With `too_many_tries`. */
  readonly retryMinutes?: number
  /** Whether a way to recover is offered. */
  readonly forgot?: boolean
  /** How a code in its place would get there, where one is offered. */
  readonly code?: 'email' | 'sms' | undefined
}

const CODE_ACTIONS = { email: 'email-code', sms: 'text-code' } as const

/** The password page. It is the same whether the address has an account or not. */
export function passwordPage(ctx: PageContext, model: PasswordModel): Html {
  const { t } = ctx
  const title = t('password.title')
  const error = model.error && t(`password.error.${model.error}`, { minutes: model.retryMinutes ?? 1 })
  const content = html`
<input class="for-managers" type="text" name="username" value="${model.identifier}" autocomplete="username" readonly tabindex="-1" aria-hidden="true">
${passwordField({ name: 'password', label: t('password.password'), autocomplete: 'current-password', error, required: true, autofocus: true }, t)}
<input type="hidden" name="can_keep_passkey" value="" data-can-keep-passkey>
${primary(t('password.submit'))}
${model.forgot && quiet(t('password.forgot'), { action: 'forgot-password', name: 'action', value: 'forgot-password' })}
${model.code && secondary(t(`password.code.${model.code}`), { action: CODE_ACTIONS[model.code], name: 'action', value: CODE_ACTIONS[model.code] })}
<p class="or"><span>${t('password.new')}</span></p>
${secondary(t('password.sign_up'), { action: 'sign-up', name: 'action', value: 'sign-up' })}`
  return page(ctx, {
    name: 'password',
    title,
    main: html`<h1>${title}</h1>
${who(model, { label: t('password.signing_in_as'), address: model.identifier, change: t('password.change'), action: 'back' })}
${form(model, content)}`,
  })
}
