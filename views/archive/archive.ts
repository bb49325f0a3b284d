import { type Html, html, raw } from '../../src/web/html.ts'
import { formatInstant, type Locale, type MessageKey, type Translate } from '../../src/web/i18n.ts'
import { COLUMN_WORDS, TABLE_WORDS } from './words.ts'

export interface ArchiveContext {
  readonly t: Translate
  readonly locale: Locale
  readonly groupName: string
}

export const ARCHIVE_SECTIONS = ['account', 'signing_in', 'devices', 'shops', 'messages', 'requests'] as const

export interface ArchiveTable {
  readonly table: string
  readonly section: (typeof ARCHIVE_SECTIONS)[number]
  readonly rows: readonly Readonly<Record<string, unknown>>[]
  /** Column → why it is left out. */
  readonly withheld: Readonly<Record<string, string>>
  readonly more: boolean
}

export interface ArchiveModel {
  readonly collectedAt: Date
  readonly tables: readonly ArchiveTable[]
  /** What the names of shops, clients and attributes are called. */
  readonly words: Readonly<Record<string, string>>
}

/** The readable half of an archive: one document that stands alone, without script, and asks no server for anything. */
export function archivePage(ctx: ArchiveContext, model: ArchiveModel): Html {
  const { t, locale, groupName } = ctx
  const title = t('archive.title', { group: groupName })
  const sections = ARCHIVE_SECTIONS.map((section) => ({ section, tables: model.tables.filter((table) => table.section === section) }))
  return html`<!doctype html>
<html lang="${locale}">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark"><title>${title}</title>${STYLE}</head>
<body>
<main>
<h1>${title}</h1>
<p>${t('archive.lead', { at: formatInstant(model.collectedAt, locale, 'UTC') })}</p>
<p>${t('archive.withheld')}</p>
${sections.map(
  ({ section, tables }) =>
    tables.length > 0 &&
    html`<section><h2>${t(`archive.section.${section}`)}</h2>${tables.map((table) => tableOf(ctx, model, table))}</section>`,
)}
</main>
</body>
</html>
`
}

function tableOf(ctx: ArchiveContext, model: ArchiveModel, { table, rows, withheld, more }: ArchiveTable): Html {
  const { t } = ctx
  const secrets = Object.entries(withheld).filter(([, why]) => why === 'secret')
  const heading = TABLE_WORDS[table]
  return html`<h3>${heading ? t(heading) : table}</h3>
${rows.map((row) => html`<dl>${Object.entries(row).map(([column, value]) => entry(ctx, model, column, value))}</dl>`)}
${more && html`<p>${t('archive.more')}</p>`}
${secrets.length > 0 && html`<p class="note">${t('archive.secret', { columns: secrets.map(([column]) => column).join(', ') })}</p>`}`
}

function entry(ctx: ArchiveContext, model: ArchiveModel, column: string, value: unknown): Html | false {
  if (value === null || value === undefined || (Array.isArray(value) && value.length === 0)) return false
  const words = COLUMN_WORDS[column]
  return html`<div><dt>${words ? ctx.t(words) : column}</dt><dd>${column === 'profile' ? profile(ctx, model, value) : shown(ctx, model, value)}</dd></div>`
}

const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/

function shown(ctx: ArchiveContext, { words }: ArchiveModel, value: unknown): Html | string {
  const yesOrNo: MessageKey = value === true ? 'archive.yes' : 'archive.no'
  if (typeof value === 'boolean') return ctx.t(yesOrNo)
  if (typeof value === 'string') return INSTANT.test(value) ? formatInstant(new Date(value), ctx.locale, 'UTC') : (words[value] ?? value)
  if (Array.isArray(value) && value.every((item) => typeof item === 'string')) return value.map((item) => words[item] ?? item).join(', ')
  return typeof value === 'object' ? html`<pre>${JSON.stringify(value, null, 1)}</pre>` : String(value)
}

interface StoredValue {
  readonly value?: unknown
  readonly source?: string
  readonly updated_at?: string
}

/** Each value with where it came from and since when. */
function profile(ctx: ArchiveContext, model: ArchiveModel, value: unknown): Html {
  const { t } = ctx
  const entries = Object.entries(value as Readonly<Record<string, StoredValue>>) // a profile, as accounts parses it
  return html`<table><thead><tr><th>${t('archive.attribute')}</th><th>${t('archive.value')}</th><th>${t('archive.source')}</th><th>${t('archive.since')}</th></tr></thead>
<tbody>${entries.map(
    ([name, stored]) =>
      html`<tr><th>${model.words[name] ?? name}</th><td>${shown(ctx, model, stored.value)}</td><td>${stored.source === 'customer' ? t('archive.you') : shown(ctx, model, stored.source ?? '')}</td><td>${shown(ctx, model, stored.updated_at ?? '')}</td></tr>`,
  )}</tbody></table>`
}

const STYLE = raw(`<style>
:root{color-scheme:light dark}body{margin:0;font:16px/1.5 system-ui,sans-serif}main{max-width:60rem;margin:0 auto;padding:2rem 1rem}
h1,h2,h3{line-height:1.2}h2{margin-top:2.5rem;border-bottom:1px solid}dl{margin:0 0 1rem;padding:.75rem;border:1px solid;border-radius:8px}
dl div{display:flex;flex-wrap:wrap;gap:0 1rem}dt{flex:0 0 14rem;font-weight:600}dd{margin:0;flex:1 1 16rem;overflow-wrap:anywhere}
pre{margin:0;white-space:pre-wrap;overflow-wrap:anywhere}table{border-collapse:collapse;width:100%}th,td{padding:.25rem .5rem;text-align:start;vertical-align:top;overflow-wrap:anywhere}
.note{font-size:.875rem}
</style>`)
