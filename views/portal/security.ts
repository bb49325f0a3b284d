import { type Html, html } from '../../src/web/html.ts'
import { linkButton, quiet } from '../elements/button.ts'
import { form, hidden } from '../elements/form.ts'
import { type IconName, icon } from '../elements/icon.ts'
import { instant } from '../elements/instant.ts'
import { status } from '../elements/message.ts'
import type { PageContext } from '../elements/page.ts'
import { type PasskeyAsk, passkeyButton, passkeySignal } from '../elements/passkey.ts'
import { type LinkedAccounts, linkedAccounts } from './linked-accounts.ts'
import { type Portal, portalPage } from './portal-page.ts'
import { type ChangeItem, isKnown } from './undo.ts'

export interface PasskeyRow {
  readonly id: string
  readonly name: string
  readonly createdAt: Date
  readonly lastUsedAt: Date | undefined
}

/** A change, as its owner sees it. */
export interface ChangeRow extends ChangeItem {
  readonly seq: number
  readonly state: 'undoable' | 'undone' | 'final'
}

export const SECURITY_CHANGES = [
  'passkey_added',
  'passkey_refused',
  'passkey_removed',
  'passkey_renamed',
  'totp_added',
  'totp_removed',
  'phone_added',
  'phone_changed',
  'phone_removed',
  'sms_added',
  'sms_removed',
  'password_changed',
  'password_added',
  'password_removed',
  'email_changed',
  'undone',
  'provider_added',
  'provider_removed',
  'provider_refused',
] as const
export type SecurityChange = (typeof SECURITY_CHANGES)[number]

export interface SecurityModel extends Portal {
  readonly csrf: string
  /** The address in force; absent where the account has none. */
  readonly email: string | undefined
  readonly hasPassword: boolean
  /** Whether something else opens the account too. */
  readonly mayLosePassword: boolean
  readonly passkeys: readonly PasskeyRow[]
  readonly totpSince: Date | undefined
  /** The number the customer has proven. */
  readonly phone: string | undefined
  /** Since when codes to it are a second factor. */
  readonly smsSince: Date | undefined
  readonly recoveryCodesLeft: number
  /** Accounts elsewhere that open this one; absent where no provider is to be had and none is linked. */
  readonly linked?: LinkedAccounts
  /** How well the account is protected, in one word. */
  readonly strength: 'mailbox_only' | 'provider_only' | 'password_only' | 'two_steps' | 'passkey'
  /** Whether a lost phone or a forgotten password would leave the customer outside. */
  readonly lossPlan: 'email' | 'recovery_codes' | 'several'
  /** Absent when the customer proved who they are too long ago: then the button leads to that proof. */
  readonly addPasskey: PasskeyAsk | undefined
  readonly proveHref: string
  /** What was changed lately, the latest first. */
  readonly changes: readonly ChangeRow[]
  readonly status?: SecurityChange
  /** For the customer's password manager, after a passkey was removed or renamed. */
  readonly signal?: object
}

const WEAK: readonly SecurityModel['strength'][] = ['mailbox_only', 'provider_only', 'password_only']

/** How the customer proves who they are, and what they would do if they lost it. */
export function securityPage(ctx: PageContext, model: SecurityModel): Html {
  const { t } = ctx
  const title = t('security.title')
  return portalPage(ctx, model, {
    name: 'account.security',
    title,
    passkeys: true,
    main: html`<h1>${title}</h1>
${model.status && status(t(`security.status.${model.status}`))}
<div class="message ${WEAK.includes(model.strength) ? 'plain' : 'good'}">${icon('shield')}<div><p><strong>${t(`security.strength.${model.strength}`)}</strong></p><p>${t(`security.loss.${model.lossPlan}`)}</p></div></div>
${section('mail', t('security.email.title'), t('security.email.lead'), emailAddress(ctx, model))}
${section('key', t('security.passkeys.title'), t('security.passkeys.lead'), passkeys(ctx, model))}
${section('phone', t('security.totp.title'), t('security.totp.lead'), totp(ctx, model))}
${section('phone', t('security.phone.title'), t('security.phone.lead'), phone(ctx, model))}
${section('paper', t('security.recovery.title'), t('security.recovery.lead'), recovery(ctx, model))}
${section('user', t('security.password.title'), t(model.hasPassword ? 'security.password.lead' : 'security.password.none'), password(ctx, model))}
${model.linked && section('user', t('security.providers.title'), t('security.providers.lead'), linkedAccounts(ctx, model, model.linked))}
${section('user', t('security.merge.title'), t('security.merge.lead'), linkButton(t('security.merge.link'), '/account/merge', { action: 'merge-accounts' }))}
${model.changes.length > 0 && section('clock', t('security.changes.title'), t('security.changes.lead'), html`<ul class="rows">${model.changes.map((row) => changeRow(ctx, row))}</ul>`)}
${model.signal && passkeySignal(model.signal)}`,
  })
}

function section(sign: IconName, title: string, lead: string, content: Html): Html {
  return html`<section class="part"><h2>${icon(sign)}<span>${title}</span></h2><p class="hint">${lead}</p>${content}</section>`
}

function emailAddress({ t }: PageContext, { email }: SecurityModel): Html {
  return html`${email !== undefined && html`<p class="break">${email}</p>`}
${linkButton(t('security.email.change'), '/account/security/email', { action: 'change-email' })}`
}

function passkeys(ctx: PageContext, model: SecurityModel): Html {
  const { t } = ctx
  const add = model.addPasskey
    ? form(
        { action: '/account/security/passkeys', csrf: model.csrf },
        passkeyButton(ctx, model.addPasskey, { kind: 'create', label: t('security.passkeys.add') }),
      )
    : linkButton(t('security.passkeys.add'), model.proveHref, { action: 'add-passkey' })
  return html`<ul class="rows">${model.passkeys.map((row) => passkeyRow(ctx, row))}</ul>${add}`
}

function passkeyRow(ctx: PageContext, row: PasskeyRow): Html {
  const { t } = ctx
  const used = row.lastUsedAt
    ? html`${t('security.passkeys.used')} ${instant(ctx, row.lastUsedAt)}`
    : html`${t('security.passkeys.added')} ${instant(ctx, row.createdAt)}`
  return html`<li class="row" data-passkey-id="${row.id}">${icon('key')}<div><h3>${row.name}</h3><p class="hint">${used}</p></div>
<form method="get" action="/account/security/passkeys/edit">${hidden('passkey', row.id)}${quiet(html`${t('security.passkeys.edit')}<span class="visually-hidden"> ${row.name}</span>`, { action: 'edit-passkey' })}</form></li>`
}

function totp(ctx: PageContext, { totpSince }: SecurityModel): Html {
  const { t } = ctx
  if (!totpSince) return linkButton(t('security.totp.add'), '/account/security/totp', { action: 'add-totp' })
  return html`<p>${t('security.totp.since')} ${instant(ctx, totpSince)}</p>
<div class="choices">${linkButton(t('security.totp.replace'), '/account/security/totp', { action: 'add-totp' })}
${linkButton(t('security.totp.remove'), '/account/security/totp/remove', { action: 'remove-totp' })}</div>`
}

function password({ t }: PageContext, { hasPassword, mayLosePassword }: SecurityModel): Html {
  const change = linkButton(t(hasPassword ? 'security.password.change' : 'security.password.add'), '/account/security/password', {
    action: 'change-password',
  })
  if (!mayLosePassword) return change
  return html`<div class="choices">${change}
${linkButton(t('security.password.remove'), '/account/security/password/remove', { action: 'remove-password' })}</div>`
}

function phone({ t }: PageContext, { phone, smsSince }: SecurityModel): Html {
  const link = linkButton(t(phone === undefined ? 'security.phone.add' : 'security.phone.change'), '/account/security/phone', {
    action: 'phone',
  })
  if (phone === undefined) return link
  return html`<p><strong>${phone}</strong>${smsSince && html` · ${t('security.phone.second')}`}</p>${link}`
}

function recovery({ t }: PageContext, { recoveryCodesLeft }: SecurityModel): Html {
  return html`<p>${recoveryCodesLeft === 0 ? t('security.recovery.none') : t('security.recovery.left', { count: recoveryCodesLeft })}</p>
${linkButton(t(recoveryCodesLeft > 0 ? 'security.recovery.renew' : 'security.recovery.make'), '/account/security/recovery-codes', { action: 'make-recovery-codes' })}`
}

/** One thing that was changed, and the way to undo it while there is one. */
export function changeRow(ctx: PageContext, { kind, seq, at, state }: ChangeRow): Html | undefined {
  const { t } = ctx
  if (!isKnown(kind)) return undefined
  const title = t(`mail.account_changed.title.${kind}`)
  const undo = html`<form method="get" action="/account/security/undo">${hidden('change', String(seq))}${quiet(html`${t('security.changes.undo')}<span class="visually-hidden"> ${title}</span>`, { action: 'undo-change' })}</form>`
  return html`<li class="row" data-change="${kind}">${icon('clock')}<div><h3>${title}${state === 'undone' && html` <span class="tag">${t('security.changes.undone')}</span>`}</h3><p class="hint">${instant(ctx, at)}</p></div>
${state === 'undoable' && undo}</li>`
}
