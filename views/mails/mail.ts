import { type Html, html, raw, render } from '../../src/web/html.ts'
import { type Locale, localised, type Translate } from '../../src/web/i18n.ts'
import { type Palette, palette } from '../../src/web/theme.ts'
import type { PageBrand } from '../elements/page.ts'

/** What every mail knows: whose mail it is and in which language. */
export interface MailContext {
  readonly t: Translate
  readonly locale: Locale
  readonly brand: PageBrand
  readonly groupName: string
}

/** A mail's words in both forms. To whom and from whom it goes is the sender's business. */
export interface MailText {
  readonly subject: string
  readonly text: string
  readonly html: string
}

export interface MailParts {
  readonly subject: string
  readonly title: string
  /** Paragraphs before the code or button. */
  readonly before: readonly string[]
  /** Said once, and nothing else in the mail may look like it. */
  readonly code?: string
  readonly button?: { readonly label: string; readonly href: string }
  readonly after: readonly string[]
  /** Why it was sent, where nobody typed the address. */
  readonly footer?: string
}

/**
 * One layout for all mails: a table with inlined styles, because mail programs know little else. Colours are `rgb()`, so that no hex code looks
 * like a sign-in code to a program that searches for one.
 */
export function mail(ctx: MailContext, parts: MailParts): MailText {
  return { subject: parts.subject, text: plainText(ctx, parts), html: render(document(ctx, parts)) }
}

/** A partner is not said to be part of the group. */
function footerWords({ t, brand, groupName }: MailContext, { footer }: MailParts): string {
  if (footer !== undefined) return footer
  if (brand.name === groupName || brand.kind === 'partner') return t('mail.footer_alone', { brand: brand.name })
  return t('mail.footer', { brand: brand.name, group: groupName })
}

function plainText(ctx: MailContext, parts: MailParts): string {
  const { title, before, code, button, after } = parts
  const action = button ? [`${button.label}: ${button.href}`] : []
  const blocks = [
    title,
    ...before,
    ...(code === undefined ? [] : [`    ${code}`]),
    ...action,
    ...after,
    `-- \n${ctx.brand.name}\n${footerWords(ctx, parts)}`,
  ]
  return `${blocks.join('\n\n')}\n`
}

const FONTS = {
  sans: "'Segoe UI',Roboto,'Helvetica Neue',Arial,sans-serif",
  serif: "Georgia,'Times New Roman',serif",
  rounded: "'Arial Rounded MT Bold','Segoe UI',Roboto,Arial,sans-serif",
  mono: "Menlo,Consolas,'Courier New',monospace",
} as const

function document(ctx: MailContext, parts: MailParts): Html {
  const { brand, locale } = ctx
  const colours = palette(brand.look, 'light')
  const heading = FONTS[brand.look.font]
  const weight = brand.look.font === 'serif' ? 'normal' : 'bold'
  const paragraph = (words: string): Html =>
    html`<p style="margin:0 0 16px;font-size:16px;line-height:25px;color:${rgb(colours.text)}">${words}</p>`
  return html`<!doctype html>
<html lang="${locale}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><meta name="color-scheme" content="light dark"><meta name="supported-color-schemes" content="light dark"><title>${parts.title}</title>${darkStyle(brand)}</head>
<body class="ground" style="margin:0;padding:0;background:${rgb(colours.ground)}">
<div style="display:none;max-height:0;overflow:hidden">${parts.before[0] ?? parts.title}</div>
<table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0"><tr><td align="center" style="padding:32px 16px">
<table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0" style="max-width:520px">
<tr><td class="brand" style="padding:28px 32px 26px;background:${rgb(colours.brand)};border-radius:${cornersOf(brand, 'top')}">
<p class="on-brand" style="margin:0;font-family:${heading};font-size:24px;line-height:30px;font-weight:${weight};color:${rgb(colours['on-brand'])}">${brand.name}</p>
${brand.look.tagline && html`<p class="on-brand" style="margin:4px 0 0;font-family:${FONTS.sans};font-size:14px;line-height:20px;color:${rgb(colours['on-brand'])}">${localised(brand.look.tagline, locale)}</p>`}</td></tr>
<tr><td class="surface" style="padding:32px;background:${rgb(colours.surface)};border-radius:${cornersOf(brand, 'bottom')};font-family:${FONTS.sans}">
<h1 style="margin:0 0 16px;font-family:${heading};font-size:26px;line-height:32px;font-weight:${weight};color:${rgb(colours.text)}">${parts.title}</h1>
${parts.before.map(paragraph)}
${parts.code !== undefined && codeBox(colours, brand, parts.code)}
${parts.button && buttonBox(colours, brand, parts.button)}
${parts.after.map(paragraph)}</td></tr>
<tr><td style="padding:20px 32px;font-family:${FONTS.sans}"><p class="muted" style="margin:0;font-size:13px;line-height:19px;color:${rgb(colours.muted)}">${footerWords(ctx, parts)}</p></td></tr>
</table></td></tr></table>
</body></html>
`
}

function codeBox(colours: Palette, brand: PageBrand, code: string): Html {
  return html`<p class="code" style="margin:8px 0 24px;padding:18px 8px;background:${rgb(colours.tint)};border-radius:${radius(brand)};text-align:center;font-family:${FONTS.mono};font-size:32px;line-height:40px;letter-spacing:6px;font-weight:bold;color:${rgb(colours.text)}">${code}</p>`
}

function buttonBox(colours: Palette, brand: PageBrand, { label, href }: { readonly label: string; readonly href: string }): Html {
  return html`<p style="margin:8px 0 24px"><a class="button" href="${href}" style="display:inline-block;padding:14px 24px;background:${rgb(colours.brand)};border-radius:${radius(brand)};font-size:16px;line-height:22px;font-weight:bold;text-decoration:none;color:${rgb(colours['on-brand'])}">${label}</a></p>`
}

/** Dark colours for mail programs that read a style sheet; the others show the light ones. Built from our own numbers only. */
function darkStyle({ look }: PageBrand): Html {
  const dark = palette(look, 'dark')
  const rules = [
    `.ground{background:${rgb(dark.ground)}!important}`,
    `.surface{background:${rgb(dark.surface)}!important}`,
    `.surface h1,.surface p{color:${rgb(dark.text)}!important}`,
    `.brand{background:${rgb(dark['sky-2'])}!important}`,
    `.on-brand{color:${rgb(dark['on-sky'])}!important}`,
    `.surface .code{background:${rgb(dark.tint)}!important}`,
    `.muted{color:${rgb(dark.muted)}!important}`,
    `.surface .button{background:${rgb(dark.brand)}!important;color:${rgb(dark['on-brand'])}!important}`,
  ]
  return raw(`<style>@media (prefers-color-scheme:dark){${rules.join('')}}</style>`)
}

const radius = ({ look }: PageBrand): string => `${look.radiusPx}px`
const cornersOf = (brand: PageBrand, side: 'top' | 'bottom'): string => {
  const corner = `${Math.min(brand.look.radiusPx, 16)}px`
  return side === 'top' ? `${corner} ${corner} 0 0` : `0 0 ${corner} ${corner}`
}

/** `#b4235a` → `rgb(180,35,90)`. */
function rgb(hex: string): string {
  const channel = (at: number): number => Number.parseInt(hex.slice(at, at + 2), 16)
  return `rgb(${channel(1)},${channel(3)},${channel(5)})`
}
