import { type Html, html } from '../../src/web/html.ts'
import type { MessageKey } from '../../src/web/i18n.ts'
import { primary, quiet } from '../elements/button.ts'
import { checkbox } from '../elements/checkbox.ts'
import { field } from '../elements/field.ts'
import { type FormTarget, form } from '../elements/form.ts'
import { alert } from '../elements/message.ts'
import { type PageContext, page } from '../elements/page.ts'
import { type PasskeyAsk, passkeyButton } from '../elements/passkey.ts'

/** Ways to prove oneself beside the password. */
export type ProofMethod = 'passkey' | 'totp' | 'recovery_code'

interface Proof extends FormTarget {
  /** Why it is asked for: the customer set it up, or the client wants it. */
  readonly why: 'own_wish' | 'client'
  readonly clientName: string
  /** Whether there is another way to offer. */
  readonly otherWays: boolean
  /** Whether this browser may be spared the question for a while. */
  readonly trust?: boolean
  readonly error?: 'wrong_code' | 'too_many_tries' | 'refused'
  /** With `too_many_tries`. */
  readonly retryMinutes?: number
}

export type ProofModel =
  | (Proof & { readonly method: 'passkey'; readonly ask: PasskeyAsk })
  | (Proof & { readonly method: 'totp' | 'recovery_code' })

const FIELDS = {
  totp: { autocomplete: 'one-time-code', inputmode: 'numeric', maxlength: 20 },
  recovery_code: { autocomplete: 'off', maxlength: 40 },
} as const

/** Asks for one more proof, by one method. */
export function proofPage(ctx: PageContext, model: ProofModel): Html {
  const { t } = ctx
  const title = t(`proof.title.${model.method}`)
  return page(ctx, {
    name: model.method,
    title,
    passkeys: model.method === 'passkey',
    main: html`<h1>${title}</h1>
${model.method === 'passkey' && model.error && alert(errorWords(ctx, model))}
<p class="lead">${t(`proof.why.${model.why}`, { client: model.clientName })} ${t(`proof.lead.${model.method}`)}</p>
${form(
  model,
  html`${model.method === 'passkey' ? passkeyButton(ctx, model.ask, { kind: 'get', label: t('passkey.use'), primary: true }) : codeParts(ctx, { ...model, method: model.method })}
${model.trust && model.method === 'passkey' && trustBox(ctx)}
${model.otherWays && html`<div class="choices">${quiet(t('proof.other_ways'), { action: 'other-ways', name: 'action', value: 'other-ways' })}</div>`}`,
)}`,
  })
}

function codeParts(ctx: PageContext, model: Proof & { readonly method: 'totp' | 'recovery_code' }): Html {
  const { t } = ctx
  return html`${field({
    name: 'code',
    label: t(`proof.code.${model.method}`),
    hint: t(`proof.hint.${model.method}`),
    ...FIELDS[model.method],
    error: model.error && errorWords(ctx, model),
    required: true,
    autofocus: true,
    code: true,
  })}
${model.trust && trustBox(ctx)}
${primary(t('proof.submit'))}`
}

const trustBox = ({ t }: PageContext): Html => checkbox({ name: 'trust_device', value: 'yes', label: t('proof.trust_device') })

const errorWords = ({ t }: PageContext, { error = 'refused', retryMinutes = 1 }: Proof): string =>
  t(`proof.error.${error}`, { minutes: retryMinutes })

export interface OtherWaysModel extends FormTarget {
  readonly methods: readonly ProofMethod[]
}

const WAYS: Readonly<Record<ProofMethod, MessageKey>> = {
  passkey: 'proof.way.passkey',
  totp: 'proof.way.totp',
  recovery_code: 'proof.way.recovery_code',
}

/** The ways this customer has, each a button; none proves less than what is asked for. */
export function otherWaysPage(ctx: PageContext, model: OtherWaysModel): Html {
  const { t } = ctx
  const title = t('proof.title.other_ways')
  const ways = model.methods.map(
    (method) =>
      html`<li><button type="submit" class="button secondary" name="action" value="use ${method}" data-method="${method}">${t(WAYS[method])}</button></li>`,
  )
  return page(ctx, {
    name: 'other_ways',
    title,
    main: html`<h1>${title}</h1>
<p class="lead">${t('proof.lead.other_ways')}</p>
${form(model, html`<ul class="stack">${ways}</ul>`)}`,
  })
}
