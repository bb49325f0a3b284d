import { type Html, html } from '../../src/web/html.ts'
import { primary, secondary } from '../elements/button.ts'
import { field } from '../elements/field.ts'
import { type FormTarget, form } from '../elements/form.ts'
import { type PageContext, page } from '../elements/page.ts'
import { type PasskeyAsk, passkeyButton, passkeySignal } from '../elements/passkey.ts'
import { type ProviderButton, type ProviderProblem, providerAlert, providerButtons, providerNotice } from '../elements/providers.ts'

export interface IdentifyModel extends FormTarget {
  readonly clientName: string
  /** What was typed. */
  readonly value?: string
  readonly error?: 'malformed_identifier' | 'passkey_refused'
  readonly passkey: PasskeyAsk
  /** For the customer's password manager, after a passkey that nobody here has. */
  readonly signal?: object
  readonly providers?: readonly ProviderButton[]
  readonly problem?: ProviderProblem
  /** A provider the customer brought along, to be linked to the account they sign in to. */
  readonly linking?: string
}

/** The first page of a sign-in: who are you? It is the same for every address. */
export function identifyPage(ctx: PageContext, model: IdentifyModel): Html {
  const { t } = ctx
  const title = t('identify.title', { client: model.clientName })
  const content = html`
${field({
  name: 'identifier',
  label: t('identify.identifier'),
  autocomplete: 'username webauthn',
  inputmode: 'email',
  value: model.value,
  error: model.error && t(`identify.error.${model.error}`),
  required: true,
  autofocus: true,
  maxlength: 254,
})}
${primary(t('identify.submit'))}
${passkeyButton(ctx, model.passkey, { kind: 'get', label: t('passkey.sign_in') })}
${providerButtons(ctx, model.providers)}
<p class="or"><span>${t('identify.new')}</span></p>
${secondary(t('identify.sign_up'), { action: 'sign-up', name: 'action', value: 'sign-up' })}`
  return page(ctx, {
    name: 'identify',
    title,
    passkeys: true,
    main: html`<h1>${title}</h1>
${providerAlert(ctx, model.problem)}
${model.linking !== undefined && providerNotice(ctx, model, { provider: model.linking, use: 'link' })}
<p class="lead">${t('identify.lead', { group: ctx.groupName })}</p>
${form(model, content)}
${model.signal && passkeySignal(model.signal)}`,
  })
}
