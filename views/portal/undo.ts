import { type Html, html } from '../../src/web/html.ts'
import { linkButton, primary } from '../elements/button.ts'
import { type FormTarget, form, hidden } from '../elements/form.ts'
import { instant } from '../elements/instant.ts'
import { status } from '../elements/message.ts'
import { type PageContext, page } from '../elements/page.ts'
import { ACCOUNT_CHANGES, type AccountChange } from '../mails/account-changed.ts'

/** Something that was changed about an account. */
export interface ChangeItem {
  /** A word that this version does not know is not shown. */
  readonly kind: string
  readonly at: Date
}

export interface UndoModel extends FormTarget {
  /** From the link. */
  readonly token: string
  /** The change the link is about, and later ones that would be undone with it. */
  readonly changes: readonly ChangeItem[]
}

const EFFECTS = ['changes', 'sessions', 'password', 'hold'] as const

/** Asks whoever opened a link from a mail whether it was them. Opening it does nothing: mail programs follow links (SEC-60). */
export function undoPage(ctx: PageContext, model: UndoModel): Html {
  const { t, groupName } = ctx
  const title = t('undo.title')
  return page(ctx, {
    name: 'undo',
    title,
    main: html`<h1>${title}</h1>
<p class="lead">${t('undo.lead', { group: groupName })}</p>
<ul class="bullets">${model.changes.map(({ kind, at }) => isKnown(kind) && html`<li data-change="${kind}">${t(`mail.account_changed.title.${kind}`)}, ${instant(ctx, at)}</li>`)}</ul>
<h2>${t('undo.effects')}</h2>
<ul class="bullets">${EFFECTS.map((effect) => html`<li>${t(`undo.effect.${effect}`)}</li>`)}</ul>
${form(model, html`${hidden('token', model.token)}${primary(t('undo.submit'), { danger: true })}`)}
<p class="help">${t('undo.you')}</p>`,
  })
}

/** Whether this version has words for a kind of change. */
export const isKnown = (kind: string): kind is AccountChange => ACCOUNT_CHANGES.some((known) => known === kind)

/** It is undone; what to do now. */
export function undonePage(ctx: PageContext, { accountHref }: { readonly accountHref: string }): Html {
  const { t } = ctx
  const title = t('undo.done.title')
  return page(ctx, {
    name: 'undone',
    title,
    main: html`<h1>${title}</h1>
${status(t('undo.done.status'))}
<p class="spaced">${t('undo.done.text')}</p>
${linkButton(t('undo.done.next'), accountHref, { action: 'account', primary: true })}`,
  })
}

/** The link was used or is too old, or there never was one like it. */
export function undoSpentPage(ctx: PageContext, { accountHref }: { readonly accountHref: string }): Html {
  const { t } = ctx
  const title = t('undo.spent.title')
  return page(ctx, {
    name: 'undo',
    title,
    main: html`<h1>${title}</h1>
<p class="lead" role="alert">${t('undo.spent.text')}</p>
${linkButton(t('undo.done.next'), accountHref, { action: 'account', primary: true })}`,
  })
}
