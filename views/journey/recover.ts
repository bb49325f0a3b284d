import { type Html, html } from '../../src/web/html.ts'
import { primary } from '../elements/button.ts'
import { passwordField } from '../elements/field.ts'
import { type FormTarget, form } from '../elements/form.ts'
import { type PageContext, page } from '../elements/page.ts'
import type { PasswordProblem } from './details.ts'

export interface RecoverModel extends FormTarget {
  readonly email: string
  readonly minLength: number
  readonly error?: PasswordProblem
}

/** The end of a recovery: who it is was proven, now a new password is chosen. */
export function recoverPage(ctx: PageContext, model: RecoverModel): Html {
  const { t } = ctx
  const title = t('recover.title')
  const content = html`
<input class="for-managers" type="text" name="username" value="${model.email}" autocomplete="username" readonly tabindex="-1" aria-hidden="true">
${passwordField(
  {
    name: 'password',
    label: t('recover.password'),
    autocomplete: 'new-password',
    hint: t('details.password_hint', { min: model.minLength }),
    error: model.error && t(`details.error.${model.error}`, { min: model.minLength }),
    required: true,
    autofocus: true,
  },
  t,
)}
${primary(t('recover.submit'))}`
  return page(ctx, {
    name: 'recover',
    title,
    main: html`<h1>${title}</h1>
<p class="lead">${t('recover.lead')}</p>
${form(model, content)}`,
  })
}
