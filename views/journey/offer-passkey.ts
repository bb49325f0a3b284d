import { type Html, html } from '../../src/web/html.ts'
import { quiet, secondary } from '../elements/button.ts'
import { type FormTarget, form } from '../elements/form.ts'
import { alert } from '../elements/message.ts'
import { type PageContext, page } from '../elements/page.ts'
import { type PasskeyAsk, passkeyButton } from '../elements/passkey.ts'

export interface OfferPasskeyModel extends FormTarget {
  readonly ask: PasskeyAsk
  readonly groupName: string
  readonly isRefused: boolean
}

/** After a sign-in with a password: the next one could be a touch. Whoever does not want that goes on with one press. */
export function offerPasskeyPage(ctx: PageContext, model: OfferPasskeyModel): Html {
  const { t } = ctx
  const title = t('offer_passkey.title')
  return page(ctx, {
    name: 'offer_passkey',
    title,
    passkeys: true,
    main: html`<h1>${title}</h1>
${model.isRefused && alert(t('offer_passkey.refused'))}
<p class="lead">${t('offer_passkey.lead', { group: model.groupName })}</p>
${form(
  model,
  html`${passkeyButton(ctx, model.ask, { kind: 'create', label: t('offer_passkey.create'), primary: true })}
${secondary(t('offer_passkey.not_now'), { action: 'not-now', name: 'action', value: 'not-now' })}
<div class="choices">${quiet(t('offer_passkey.never'), { action: 'never', name: 'action', value: 'never' })}</div>`,
)}`,
  })
}
