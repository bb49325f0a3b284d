import { createHash } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { Context } from 'koa'
import type { PageContext } from '../../views/elements/page.ts'
import type { Group, Recipient } from '../group/group.ts'
import type { Random } from '../ports/random.ts'
import type { RecipientKey } from '../store/ids.ts'
import { type Html, render } from './html.ts'
import { chooseLocale, LOCALE_NAMES, LOCALES, type Locale, translator } from './i18n.ts'
import { requestScope } from './request-scope.ts'
import { contentSecurityPolicy } from './security-headers.ts'
import { themeCss } from './theme.ts'

/** A page that still wants to know whose it is and in which language. */
export type Page = (context: PageContext) => Html

export interface SendOptions {
  readonly status?: number
  /** Whose look; the group's own when none is known. */
  readonly recipient?: RecipientKey | undefined
  /** Languages asked for by the authorization request. */
  readonly uiLocales?: string | undefined
  readonly formTargets?: readonly string[]
}

/** How a view becomes an answer. */
export interface Pages {
  localeOf(req: IncomingMessage, uiLocales?: string): Locale
  /** Answers with a page. The body is set, not sent: what the request writes is committed before anything leaves. */
  send(ctx: Context, page: Page, options?: SendOptions): void
  /** The style of one recipient, for `/assets/theme/KEY.css`. */
  theme(key: string): string | undefined
}

/** Turns views into answers: brand, language, nonce, policy and cache rules in one place. */
export function createPages(deps: { group: () => Group; random: Random; assets: Omit<PageContext['assets'], 'theme'> }): Pages {
  function localeOf(req: IncomingMessage, uiLocales?: string): Locale {
    return chooseLocale({ ui_locales: queryOf(req).get('ui_locales') ?? uiLocales, acceptLanguage: req.headers['accept-language'] })
  }

  function context(req: IncomingMessage, nonce: string, options: SendOptions): PageContext {
    const group = deps.group()
    const locale = localeOf(req, options.uiLocales)
    const recipient = (options.recipient && group.recipients.get(options.recipient)) ?? groupRecipient(group)
    return {
      t: translator(locale),
      locale,
      brand: brandOf(recipient, group),
      groupName: group.name,
      nonce,
      assets: { ...deps.assets, theme: `/assets/theme/${recipient?.key ?? 'group'}.css?v=${themeVersion(recipient)}` },
      languageLinks: LOCALES.map((to) => ({ locale: to, href: hrefIn(req, to), name: LOCALE_NAMES[to] })),
      requestId: requestScope(req).requestId,
    }
  }

  return {
    localeOf,
    send(ctx, page, options = {}) {
      const nonce = deps.random.bytes(16).toString('base64url')
      ctx.status = options.status ?? 200
      ctx.type = 'html'
      ctx.set('Content-Language', localeOf(ctx.req, options.uiLocales))
      ctx.set('Vary', 'Accept-Language, Cookie')
      ctx.set('Content-Security-Policy', contentSecurityPolicy({ nonce, formTargets: options.formTargets ?? [] }))
      ctx.body = render(page(context(ctx.req, nonce, options)))
    },
    theme(key) {
      const group = deps.group()
      const recipient = key === 'group' ? groupRecipient(group) : group.recipients.get(key as RecipientKey) // a look-up with any text is harmless
      return recipient ? themeCss(recipient.look) : key === 'group' ? themeCss(PLAIN_LOOK) : undefined
    },
  }
}

/** The request's query, whatever the host says. */
export const queryOf = (req: IncomingMessage): URLSearchParams => new URLSearchParams((req.url ?? '').split('?')[1] ?? '')

const PLAIN_LOOK: Recipient['look'] = { color: '#3b4a6b', radiusPx: 8, font: 'sans', mark: 'arch' }

const groupRecipient = (group: Group): Recipient | undefined => [...group.recipients.values()].find((r) => r.kind === 'group')

function brandOf(recipient: Recipient | undefined, group: Group): PageContext['brand'] {
  if (!recipient || recipient.kind === 'group') return { key: 'group', name: group.name, look: recipient?.look ?? PLAIN_LOOK }
  return recipient
}

/** This page in another language: only a page that can be fetched again keeps its query. */
function hrefIn(req: IncomingMessage, locale: Locale): string {
  // A target of another form would lead to another host: `//host`, which browsers also read in `/\host`, and `http://host`.
  const path = /^\/(?![/\\])[^?]*/.exec(req.url ?? '')?.[0] ?? '/'
  const query = new URLSearchParams(req.method === 'GET' ? queryOf(req) : undefined)
  query.set('ui_locales', locale)
  // Never two slashes at the front: browsers take those for another host.
  return `/${path.replace(/^[/\\]+/, '')}?${query}`
}

/** A memory of a pure function, per look and as long as that lives: every page names its theme's version. */
const themeVersions = new WeakMap<Recipient['look'], string>()

function themeVersion({ look }: { readonly look: Recipient['look'] } = { look: PLAIN_LOOK }): string {
  const known = themeVersions.get(look)
  if (known) return known
  const version = createHash('sha256').update(themeCss(look)).digest('base64url').slice(0, 10)
  themeVersions.set(look, version)
  return version
}
