import type { BrandLook, RecipientKind } from '../../src/group/index.ts'
import { attributes, type Html, html } from '../../src/web/html.ts'
import { LOCALE_NAMES, type Locale, localised, type Translate } from '../../src/web/i18n.ts'
import { palette } from '../../src/web/theme.ts'
import { favicon, mark } from './mark.ts'
import { scene } from './scene.ts'

/** What every page knows: whose page it is, in which language, and where its style and script are. */
export interface PageContext {
  readonly t: Translate
  readonly locale: Locale
  readonly brand: PageBrand
  readonly groupName: string
  /** The CSP nonce of this answer. */
  readonly nonce: string
  readonly assets: {
    readonly css: string
    readonly theme: string
    readonly js: string
    readonly webauthn: string
    readonly passkeys: string
  }
  /** This page in every language. */
  readonly languageLinks: readonly { readonly locale: Locale; readonly href: string; readonly name?: string }[]
  readonly requestId: string
}

export interface PageBrand {
  readonly key: string
  readonly name: string
  /** A partner is not part of the group and must not look so; `brand` when absent. */
  readonly kind?: RecipientKind
  readonly look: BrandLook
  /** Home page. */
  readonly uri?: string
  readonly privacyUri?: string
}

export interface PageParts {
  /** `body[data-page]`, public interface. */
  readonly name: string
  /** The document's title; the brand's name is added. */
  readonly title: string
  readonly main: Html
  /** Pages with a list or a long form: a slim header in place of the large picture. */
  readonly wide?: boolean
  /** Where the browser goes on at once, by itself. */
  readonly goOn?: string
  /** The page has a passkey button or signal. */
  readonly passkeys?: boolean
  /** What stands beside the brand in the header (portal navigation). */
  readonly nav?: Html
}

/** A whole document. */
export function page(ctx: PageContext, parts: PageParts): Html {
  const { brand, locale, nonce, assets, t } = ctx
  const layout = parts.wide ? 'wide' : 'card'
  return html`<!doctype html>
<html lang="${locale}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
${parts.goOn !== undefined && html`<meta http-equiv="refresh" content="0;url=${parts.goOn}">`}
<meta name="theme-color" content="${palette(brand.look, 'light')['sky-1']}" media="(prefers-color-scheme: light)">
<meta name="theme-color" content="${palette(brand.look, 'dark')['sky-1']}" media="(prefers-color-scheme: dark)">
<title>${parts.title} – ${brand.name}</title>
<link rel="icon" href="${favicon(brand.look)}">
<link rel="stylesheet" href="${assets.css}">
<link rel="stylesheet" href="${assets.theme}">
<script type="module" src="${assets.js}" nonce="${nonce}"></script>
${
  parts.passkeys &&
  html`<script src="${assets.webauthn}" nonce="${nonce}" defer></script>
<script type="module" src="${assets.passkeys}" nonce="${nonce}"></script>`
}
</head>
<body data-page="${parts.name}" data-layout="${layout}" data-mark="${brand.look.mark}">
<a class="skip" href="#main">${t('common.skip')}</a>
${banner(ctx, parts)}
<main id="main" tabindex="-1">
${parts.main}
</main>
${footer(ctx)}
</body>
</html>
`
}

function banner({ brand, locale }: PageContext, { wide, nav }: PageParts): Html {
  const name = html`${mark(brand.look.mark)}<span>${brand.name}</span>`
  return html`<header class="banner">
${brand.uri ? html`<a class="wordmark" href="${brand.uri}">${name}</a>` : html`<span class="wordmark">${name}</span>`}
${!wide && brand.look.tagline && html`<p class="tagline">${localised(brand.look.tagline, locale)}</p>`}
${nav}
${scene(brand.look.mark)}
</header>`
}

function footer({ t, brand, groupName, locale, languageLinks }: PageContext): Html {
  return html`<footer class="footer">
<nav aria-label="${t('common.languages')}"><ul class="languages">${languageLinks.map(
    (link) =>
      html`<li><a${attributes({ href: link.href, hreflang: link.locale, lang: link.locale, 'aria-current': link.locale === locale && 'true' })}>${link.name ?? LOCALE_NAMES[link.locale]}</a></li>`,
  )}</ul></nav>
<p>${brand.name !== groupName && html`<span>${t(brand.kind === 'partner' ? 'common.with_group' : 'common.part_of', { brand: brand.name, group: groupName })}</span>`}
${brand.privacyUri && html`<a href="${brand.privacyUri}">${t('common.privacy', { brand: brand.name })}</a>`}</p>
</footer>`
}
