import { IntlMessageFormat } from 'intl-messageformat'
import de from '../../views/locales/de.json' with { type: 'json' }
import en from '../../views/locales/en.json' with { type: 'json' }
import it from '../../views/locales/it.json' with { type: 'json' }
import ru from '../../views/locales/ru.json' with { type: 'json' }
import { escapeMarkup, Html } from './html.ts'

export const LOCALES = ['en', 'de', 'it', 'ru'] as const
export type Locale = (typeof LOCALES)[number]
export const DEFAULT_LOCALE: Locale = 'en'

/** Each language in its own words, as a customer looks for it who cannot read the page. */
export const LOCALE_NAMES: Readonly<Record<Locale, string>> = { en: 'English', de: 'Deutsch', it: 'Italiano', ru: 'Русский' }

/** Names of all messages; a test holds that every locale has the same ones with the same placeholders. */
export type MessageKey = keyof typeof en
export type Values = Readonly<Record<string, string | number>>

/** The message in one language. Values stand in ICU placeholders; no sentence is glued from parts. */
export interface Translate {
  /** Plain text; `<b>` of the message is dropped. */
  (key: MessageKey, values?: Values): string
  /** Markup: `<b>` of the message becomes `<strong>`, everything else is escaped. */
  html(key: MessageKey, values?: Values): Html
}

const CATALOGUES: Readonly<Record<Locale, Readonly<Record<MessageKey, string>>>> = { en, de, it, ru }

/** The `t` function of one locale. Cheap to call: parsed messages are shared by all callers. */
export function translator(locale: Locale): Translate {
  const catalogue = CATALOGUES[locale]
  const t = (key: MessageKey, values: Values = {}): string => {
    const message = catalogue[key]
    if (isPlain(message)) return message
    return String(parsedMessage(locale, message).format({ ...values, b: (inner: unknown[]) => inner.join('') }))
  }
  const html = (key: MessageKey, values: Values = {}): Html => {
    const message = catalogue[key]
    if (isPlain(message)) return new Html(escapeMarkup(message))
    const strong = (inner: readonly unknown[]): Html => new Html(`<strong>${escapeMarkup(inner.join(''))}</strong>`)
    const parts = [parsedMessage(locale, message).format<Html>({ ...values, b: strong })].flat()
    return new Html(parts.map((part) => (part instanceof Html ? part.toString() : escapeMarkup(String(part)))).join(''))
  }
  return Object.assign(t, { html })
}

/** Most messages have nothing to fill in; they need no parser. */
function isPlain(message: string): boolean {
  return !/[{<']/.test(message)
}

/** A memory of a pure function, not state: dropping an entry only costs time. All catalogues together have fewer messages than the bound. */
const parsedMessages = new Map<string, IntlMessageFormat>()
const MAX_PARSED = 2_000

function parsedMessage(locale: Locale, message: string): IntlMessageFormat {
  const id = `${locale} ${message}`
  const known = parsedMessages.get(id)
  if (known) return known
  if (parsedMessages.size >= MAX_PARSED) parsedMessages.clear()
  const fresh = new IntlMessageFormat(message, locale)
  parsedMessages.set(id, fresh)
  return fresh
}

/** Where a language wish can come from; the first that names a language we have wins. */
export interface LanguageWishes {
  /** Space separated, as OIDC has it; also what the language switcher sends. */
  readonly ui_locales?: string | undefined
  /** What the account or this browser chose before. */
  readonly saved?: string | undefined
  readonly acceptLanguage?: string | undefined
}

/** Picks the page's language: `ui_locales`, then the saved choice, then `Accept-Language`, then English. */
export function chooseLocale(wishes: LanguageWishes): Locale {
  const tags = [
    ...(wishes.ui_locales ?? '').split(' ').slice(0, MAX_TAGS),
    wishes.saved ?? '',
    ...acceptedLanguages(wishes.acceptLanguage ?? ''),
  ]
  for (const tag of tags) {
    const locale = parseLocale(tag)
    if (locale) return locale
  }
  return DEFAULT_LOCALE
}

/** A header is read so far and no further; browsers send fewer than ten. */
const MAX_TAGS = 20

/** `de-AT` → `de`; undefined for a language without a catalogue. */
export function parseLocale(tag: string): Locale | undefined {
  const language = tag.trim().toLowerCase().split(/[-_]/)[0]
  return LOCALES.find((locale) => locale === language)
}

/** Language tags of an `Accept-Language` header, most wanted first; a weight of 0 means "not this one" (RFC 9110 §12.5.4). */
function acceptedLanguages(header: string): readonly string[] {
  return header
    .split(',')
    .slice(0, MAX_TAGS)
    .map((range) => {
      const [tag = '', ...parameters] = range.split(';')
      const q = parameters.map((p) => /^\s*q\s*=\s*([\d.]+)\s*$/i.exec(p)?.[1]).find((v) => v !== undefined)
      return { tag, weight: q === undefined ? 1 : Number(q) }
    })
    .filter(({ weight }) => weight > 0)
    .sort((a, b) => b.weight - a.weight)
    .map(({ tag }) => tag)
}

/** Words of the group file in this language; English is always there. */
export function localised(words: Readonly<Record<string, string>>, locale: Locale): string {
  return words[locale] ?? words.en ?? ''
}

/** `22 November 2026 at 04:15 UTC` in the language's own way. Instances are built once for each language: they are slow to make. */
export function formatInstant(at: Date, locale: Locale, timeZone: string): string {
  return instantFormat(locale, timeZone).format(at)
}

/** A list as the language says it: `name, email and address`. */
export function formatList(items: readonly string[], locale: Locale): string {
  return new Intl.ListFormat(locale, { type: 'conjunction' }).format(items)
}

const instantFormats = new Map<string, Intl.DateTimeFormat>()
const MAX_INSTANT_FORMATS = 64

function instantFormat(locale: Locale, timeZone: string): Intl.DateTimeFormat {
  const id = `${locale} ${timeZone}`
  const known = instantFormats.get(id)
  if (known) return known
  if (instantFormats.size >= MAX_INSTANT_FORMATS) instantFormats.clear()
  const fresh = new Intl.DateTimeFormat(locale, {
    day: 'numeric',
    month: 'long',
    year: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    timeZone,
    timeZoneName: 'short',
  })
  instantFormats.set(id, fresh)
  return fresh
}
