import assert from 'node:assert/strict'
import { readdir, readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { IntlMessageFormat } from 'intl-messageformat'
import { html, render } from '../../src/web/html.ts'
import {
  chooseLocale,
  formatInstant,
  formatList,
  LOCALES,
  type Locale,
  localised,
  type MessageKey,
  translator,
} from '../../src/web/i18n.ts'

const root = new URL('../../', import.meta.url)
const catalogueOf = async (locale: Locale): Promise<Record<string, string>> =>
  JSON.parse(await readFile(new URL(`views/locales/${locale}.json`, root), 'utf8'))

test('every language has every message, in the same order, with the same placeholders', async () => {
  const english = await catalogueOf('en')
  for (const locale of LOCALES) {
    const catalogue = await catalogueOf(locale)
    assert.deepEqual(Object.keys(catalogue), Object.keys(english), locale)
    for (const [key, message] of Object.entries(catalogue)) {
      assert.deepEqual(placeholders(message, locale), placeholders(english[key]!, 'en'), `${locale} ${key}`)
    }
  }
})

test('plurals have every form their language needs', async () => {
  for (const locale of LOCALES) {
    const needed = new Intl.PluralRules(locale).resolvedOptions().pluralCategories.filter((form) => form !== 'many' || locale === 'ru')
    for (const [key, message] of Object.entries(await catalogueOf(locale))) {
      for (const forms of pluralForms(message, locale)) assert.deepEqual(forms.toSorted(), needed.toSorted(), `${locale} ${key}`)
    }
  }
})

test('messages have typographic quotes, which are no ICU syntax, and no blanks at their ends', async () => {
  for (const locale of LOCALES) {
    for (const [key, message] of Object.entries(await catalogueOf(locale))) {
      assert.doesNotMatch(message, /['"]|^\s|\s$|\.\.\.| {2}/, `${locale} ${key}`)
      assert.notEqual(message, '', `${locale} ${key}`)
    }
  }
})

test('every message is used, and every message that is used exists', async () => {
  const source = await sourceText()
  const keys = Object.keys(await catalogueOf('en'))
  const literal = [...source.matchAll(/['`]([a-z_]+(?:\.[a-z_]+)+)['`]/g)].map((match) => match[1]!)
  const prefixes = [...source.matchAll(/`([a-z_]+(?:\.[a-z_]+)*\.)\$\{/g)].map((match) => match[1]!)

  const unused = keys.filter((key) => !literal.includes(key) && !prefixes.some((prefix) => key.startsWith(prefix)))
  assert.deepEqual(unused, [])
  for (const prefix of prefixes.filter((p) => keys.some((key) => key.startsWith(p.split('.')[0]!)))) {
    assert.ok(
      keys.some((key) => key.startsWith(prefix)),
      prefix,
    )
  }
})

test('values stand where they belong, and bold words become strong in markup only', () => {
  const t = translator('en')

  assert.equal(t('details.lead', { email: 'a@b.example' }), 'a@b.example is confirmed. Now choose a password.')
  assert.equal(render(t.html('details.lead', { email: '<i>' })), '<strong>&lt;i&gt;</strong> is confirmed. Now choose a password.')
  assert.equal(render(html`${t('common.skip')}`), 'Skip to content')
})

test('counted things follow the language', () => {
  const tries = (locale: Locale, minutes: number) => translator(locale)('password.error.too_many_tries', { minutes })

  assert.match(tries('en', 1), /1 minute\./)
  assert.match(tries('de', 2), /2 Minuten/)
  assert.match(tries('it', 1), /1 minuto/)
  assert.match(tries('ru', 1), /1 минуту/)
  assert.match(tries('ru', 3), /3 минуты/)
  assert.match(tries('ru', 5), /5 минут\./)
})

test('the language comes from ui_locales, then what was saved, then Accept-Language, then it is English', () => {
  assert.equal(chooseLocale({ ui_locales: 'fr-CA it-CH', saved: 'ru', acceptLanguage: 'de' }), 'it')
  assert.equal(chooseLocale({ ui_locales: 'fr', saved: 'ru', acceptLanguage: 'de' }), 'ru')
  assert.equal(chooseLocale({ acceptLanguage: 'fr, de-AT;q=0.7, it;q=0.9' }), 'it')
  assert.equal(chooseLocale({ acceptLanguage: 'ru;q=0, *' }), 'en')
  assert.equal(chooseLocale({ ui_locales: '../../x', acceptLanguage: ';;;,q=,' }), 'en')
  assert.equal(chooseLocale({}), 'en')
})

test('words of the group file fall back to English', () => {
  assert.equal(localised({ en: 'Name', ru: 'Имя' }, 'ru'), 'Имя')
  assert.equal(localised({ en: 'Name', ru: 'Имя' }, 'de'), 'Name')
})

test('instants and lists are written as the language writes them', () => {
  const at = new Date('2026-03-01T09:30:00Z')

  assert.equal(formatInstant(at, 'de', 'Europe/Berlin'), '1. März 2026 um 10:30 MEZ')
  assert.match(formatInstant(at, 'en', 'UTC'), /March 1, 2026 at 09:30\sAM UTC/)
  assert.equal(formatList(['Aurora', 'Borealis'], 'it'), 'Aurora e Borealis')
})

/** TypeScript of views and src: where keys are used. */
async function sourceText(): Promise<string> {
  const folders = await Promise.all(['views', 'src'].map((folder) => readdir(new URL(folder, root), { recursive: true })))
  const files = folders.flatMap((names, i) => names.filter((name) => name.endsWith('.ts')).map((name) => `${['views', 'src'][i]}/${name}`))
  return (await Promise.all(files.map((file) => readFile(new URL(file, root), 'utf8')))).join('\n')
}

type Element = ReturnType<IntlMessageFormat['getAst']>[number]

const parse = (message: string, locale: string): readonly Element[] => new IntlMessageFormat(message, locale).getAst()

/** Every element of a message, those within plural forms and tags too. */
const everyElement = (elements: readonly Element[]): readonly Element[] =>
  elements.flatMap((element) => {
    const inner =
      'children' in element ? element.children : 'options' in element ? Object.values(element.options).flatMap((o) => o.value) : []
    return [element, ...everyElement(inner)]
  })

/** Placeholder names and tags, with text and plural signs (types 0 and 7) left out. */
const placeholders = (message: string, locale: string): readonly string[] =>
  [
    ...new Set(everyElement(parse(message, locale)).flatMap((e) => (e.type !== 0 && e.type !== 7 ? [`${e.type} ${e.value}`] : []))),
  ].toSorted()

const pluralForms = (message: string, locale: string): readonly string[][] =>
  everyElement(parse(message, locale)).flatMap((e) => ('options' in e ? [Object.keys(e.options)] : []))

/** Holds at compile time: keys are a closed union. */
export const known: MessageKey = 'common.skip'
