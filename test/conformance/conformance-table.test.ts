import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { BASIC_MODULES } from './basic-modules.ts'

/** docs/conformance.md names a test as a link to its file, then its titles in “quotation marks”. */
const page = readFileSync(new URL('../../docs/conformance.md', import.meta.url), 'utf8')
const references = [...page.matchAll(/\]\(\.\.\/(test\/[^)]+\.ts)\)((?: “[^”]+”)+)/g)].flatMap(([, file, titles]) =>
  [...titles!.matchAll(/“([^”]+)”/g)].map(([, title]) => ({ file: file!, title: title! })),
)

test('every test that docs/conformance.md names exists under that title', () => {
  const sources = new Map<string, string>()
  const gone = references.filter(({ file, title }) => {
    const path = new URL(`../../${file}`, import.meta.url)
    if (!sources.has(file)) sources.set(file, existsSync(path) ? readFileSync(path, 'utf8') : '')
    return !["'", '"', '`'].some((quote) => sources.get(file)!.includes(`${quote}${title}${quote}`))
  })

  assert.ok(references.length > 80, `${references.length} references were found`)
  assert.deepEqual(gone, [])
})

test('every link of docs/conformance.md and of the folder’s README leads to a file', () => {
  const pages = { 'docs/conformance.md': page, 'test/conformance/README.md': readFileSync(new URL('README.md', import.meta.url), 'utf8') }
  const broken = Object.entries(pages).flatMap(([name, text]) =>
    [...text.matchAll(/\]\((?!https?:|#)([^)#]+)(?:#[^)]*)?\)/g)]
      .map(([, link]) => link!)
      .filter((link) => !existsSync(new URL(link, new URL(`../../${name}`, import.meta.url))))
      .map((link) => `${name}: ${link}`),
  )

  assert.deepEqual(broken, [])
})

test('docs/conformance.md has a row for every module of the Basic plan, with its check', () => {
  const missing = BASIC_MODULES.filter(
    ({ name, proves }) => !page.includes(`| \`${name}\` | [basic-modules](../test/conformance/basic-modules.ts) “${proves}” |`),
  )

  assert.deepEqual(
    missing.map(({ name }) => name),
    [],
  )
})
