import { type Html, html } from '../../src/web/html.ts'
import type { MessageKey } from '../../src/web/i18n.ts'
import { primary, quiet } from '../elements/button.ts'
import { checkbox } from '../elements/checkbox.ts'
import { field } from '../elements/field.ts'
import { type FormTarget, form } from '../elements/form.ts'
import { alert, status } from '../elements/message.ts'
import { type PageContext, page } from '../elements/page.ts'
import { type PasskeyAsk, passkeyButton } from '../elements/passkey.ts'

/** Ways to prove oneself beside the password. */
export type ProofMethod = 'passkey' | 'totp' | 'sms' | 'recovery_code'

interface Proof extends FormTarget {
  /** Why it is asked for: the customer set it up, or the client wants it. */
  readonly why: 'own_wish' | 'client'
  readonly clientName: string
  /** Whether there is another way to offer. */
  readonly otherWays: boolean
  /** Whether this browser may be spared the question for a while. */
  readonly trust?: boolean
  readonly error?: 'wrong_code' | 'too_many_tries' | 'refused' | 'dead_code' | 'too_many_sends'
  /** With `too_many_tries` and `too_many_sends`. */
  readonly retryMinutes?: number
}

interface SmsProof {
  readonly method: 'sms'
  /** Whether a code is under way; else a button sends one. */
  readonly sent: boolean
  /** The last two of the number. */
  readonly lastDigits: string
  readonly status?: 'resent' | undefined
}

export type ProofModel =
  | (Proof & { readonly method: 'passkey'; readonly ask: PasskeyAsk })
  | (Proof & SmsProof)
  | (Proof & { readonly method: 'totp' | 'recovery_code' })

const FIELDS = {
  totp: { autocomplete: 'one-time-code', inputmode: 'numeric', maxlength: 20 },
  sms: { autocomplete: 'one-time-code', inputmode: 'numeric', maxlength: 20 },
  recovery_code: { autocomplete: 'off', maxlength: 40 },
} as const

/** Asks for one more proof, by one method. */
export function proofPage(ctx: PageContext, model: ProofModel): Html {
  const { t } = ctx
  const title = t(`proof.title.${model.method}`)
  return page(ctx, {
    name: model.method === 'sms' ? 'code' : model.method,
    title,
    passkeys: model.method === 'passkey',
    main: html`<h1>${title}</h1>
${model.method === 'passkey' && model.error && alert(errorWords(ctx, model))}
${model.method === 'sms' && model.status && status(t(`proof.status.${model.status}`))}
<p class="lead">${t(`proof.why.${model.why}`, { client: model.clientName })} ${leadWords(ctx, model)}</p>
${form(
  model,
  html`${partsOf(ctx, model)}
${model.trust && model.method === 'passkey' && trustBox(ctx)}
${model.otherWays && html`<div class="choices">${quiet(t('proof.other_ways'), { action: 'other-ways', name: 'action', value: 'other-ways' })}</div>`}`,
)}`,
  })
}

function leadWords({ t }: PageContext, model: ProofModel): string {
  if (model.method !== 'sms') return t(`proof.lead.${model.method}`)
  return t(model.sent ? 'proof.lead.sms' : 'proof.lead.sms_unsent', { digits: model.lastDigits })
}

function partsOf(ctx: PageContext, model: ProofModel): Html {
  const { t } = ctx
  if (model.method === 'passkey') return passkeyButton(ctx, model.ask, { kind: 'get', label: t('passkey.use'), primary: true })
  if (model.method !== 'sms') return codeParts(ctx, { ...model, method: model.method })
  if (!model.sent)
    return html`${model.error && alert(errorWords(ctx, model))}${primary(t('proof.send.sms'), { name: 'action', value: 'resend' })}`
  return html`${codeParts(ctx, model)}
${quiet(t('proof.resend.sms'), { action: 'resend', name: 'action', value: 'resend' })}`
}

function codeParts(ctx: PageContext, model: Proof & { readonly method: 'totp' | 'sms' | 'recovery_code' }): Html {
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
  sms: 'proof.way.sms',
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
